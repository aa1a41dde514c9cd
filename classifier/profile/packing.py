"""What a learned message taught, as bytes that tell nothing without the profile's key."""

from __future__ import annotations

from classifier.errors import ModelFormatError, ProfileError
from classifier.features import Schema
from classifier.learners.online import TEACHES, Correction
from classifier.profile.key import seal, unseal


class Packer:
    """Turns corrections of one schema into sealed bytes, and back.

    Parameters
    ----------
    schema : Schema
    key : bytes
    """

    def __init__(self, schema: Schema, key: bytes) -> None:
        self.schema, self._key = schema, key

    def pack(self, correction: Correction) -> bytes:
        """Pack what a message taught.

        Parameters
        ----------
        correction : Correction
            One whose label is none teaches nothing and becomes no bytes.

        Returns
        -------
        bytes
            Different each time.
        """
        plain = correction.to_bytes(self.schema) if correction.label in TEACHES else b""
        return seal(self._key, plain)

    def close(self, plain: bytes) -> bytes:
        """Seal bytes that tell of mail.

        Parameters
        ----------
        plain : bytes

        Returns
        -------
        bytes
        """
        return seal(self._key, plain)

    def open(self, sealed: bytes) -> bytes:
        """Undo `close`.

        Parameters
        ----------
        sealed : bytes

        Returns
        -------
        bytes

        Raises
        ------
        ModelFormatError
            If they are damaged.
        """
        try:
            return unseal(self._key, sealed)
        except ValueError as error:
            raise ModelFormatError(str(error)) from None

    def unpack(self, label: str, sealed: bytes) -> Correction:
        """Undo `pack`.

        Parameters
        ----------
        label : str
            That of the correction.
        sealed : bytes

        Returns
        -------
        Correction

        Raises
        ------
        ProfileError
            If the bytes are damaged or of another version.
        """
        try:
            correction = Correction.from_bytes(self.schema, self.open(sealed))
        except ModelFormatError as error:
            raise ProfileError(f"a learned message is damaged: {error}") from None
        if correction.label != label:
            raise ProfileError(f"a learned message is damaged: {correction.label}, not {label}")
        return correction
