"""What a learned message taught, as bytes that tell nothing without the profile's key."""

from __future__ import annotations

import numpy as np

from classifier.errors import ProfileError
from classifier.features import Schema
from classifier.learners.elias_fano import pack_numbers, unpack_numbers
from classifier.learners.online import Correction
from classifier.profile.key import seal, unseal

VERSION = 1
"""First byte of every record."""


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
        """Pack what a message taught, without its label.

        Parameters
        ----------
        correction : Correction

        Returns
        -------
        bytes
            Different each time.
        """
        head = np.array([*correction.steps, *correction.counts], "<i8")
        parts = [bytes([VERSION, len(correction.steps)]), head.tobytes()]
        ends = np.cumsum(correction.counts)
        for block, end, count in zip(self.schema.blocks, ends, correction.counts, strict=True):
            columns = correction.columns[end - count : end] - np.uint32(block.start)
            parts.append(pack_numbers(columns, block.bits))
        return seal(self._key, b"".join(parts))

    def unpack(self, label: str, sealed: bytes) -> Correction:
        """Undo `pack`.

        Parameters
        ----------
        label : str
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
            data = unseal(self._key, sealed)
            if data[0] != VERSION:
                raise ValueError(f"of version {data[0]}, not {VERSION}")
            steps, blocks = data[1], self.schema.blocks
            at = 2 + 8 * (steps + len(blocks))
            head = np.frombuffer(data[2:at], "<i8")
            counts = head[steps:].astype(np.int64)
            columns = []
            for block, count in zip(blocks, counts.tolist(), strict=True):
                found, at = unpack_numbers(data, at, count, block.bits)
                columns.append(found + np.uint32(block.start))
            if at != len(data):
                raise ValueError("too long")
            return Correction(label, np.concatenate(columns), counts, (int(head[0]), int(head[1])))
        except (IndexError, ValueError) as error:
            raise ProfileError(f"a learned message is damaged: {error}") from None
