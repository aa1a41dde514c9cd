"""Compressed mailboxes: known by their first bytes, never by their names, and unpacked as a stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from typing import BinaryIO, cast

_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


class DamagedError(OSError):
    """Compressed data that cannot be unpacked further."""

    @staticmethod
    def reason(error: BaseException) -> str:
        """Say in words for people why a stream ended early."""
        if isinstance(error, EOFError):
            return "the compressed data ends early"
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return (
            text if isinstance(error, OSError) and error.errno else f"the compressed data is damaged ({text})"
        )


# What the unpackers raise on bad data; lzma.LZMAError and zlib.error are plain exceptions.
DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)


def compression_of(head: bytes) -> str:
    """Name the compression that a file begins with: "gzip", "bzip2", "xz", "zstd" or ''."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            if name == "bzip2" and not head[3:4].isdigit():
                continue
            return name
    return ""


def decompressed(stream: BinaryIO, kind: str) -> BinaryIO:
    """Wrap a compressed stream.

    Parameters
    ----------
    stream : BinaryIO
        Closed together with what is returned.
    kind : str
        From `compression_of`.

    Returns
    -------
    BinaryIO
        The unpacked bytes. Concatenated members are read one after the other. Reading raises one of
        `DAMAGE` where the data breaks.
    """
    if kind == "gzip":
        return cast(BinaryIO, _Owning(gzip.GzipFile(fileobj=stream), stream))
    if kind == "bzip2":
        return cast(BinaryIO, _Owning(bz2.BZ2File(stream), stream))
    if kind == "xz":
        return cast(BinaryIO, _Owning(lzma.LZMAFile(stream), stream))
    return cast(BinaryIO, _Owning(_zstd(stream), stream))


def _zstd(stream: BinaryIO) -> _Zstd:
    import zstandard

    reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True, closefd=False)
    return _Zstd(reader, zstandard.ZstdError)


class _Zstd(io.RawIOBase):
    """A zstandard reader whose errors are `DamagedError`, and that notices an early end."""

    def __init__(self, reader: BinaryIO, error: type[Exception]) -> None:
        self._reader, self._error = reader, error

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        try:
            return self._reader.read(size)
        except self._error as error:
            raise DamagedError(str(error)) from error


class _Owning(io.RawIOBase):
    """A decompressor that closes the file beneath it."""

    def __init__(self, unpacker: io.IOBase, beneath: BinaryIO) -> None:
        self._unpacker, self._beneath = unpacker, beneath

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` unpacked bytes."""
        return cast(BinaryIO, self._unpacker).read(size)

    def close(self) -> None:
        """Close both."""
        if not self.closed:
            self._unpacker.close()
            self._beneath.close()
        super().close()
