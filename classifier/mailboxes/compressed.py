"""Compressed mailboxes: known by their first bytes, never by their names, and unpacked as a stream."""

from __future__ import annotations

import io
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


# What the unpackers raise on bad data.
DAMAGE = (OSError, EOFError)


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
        import gzip  # each unpacker for its own data alone: most mail is not compressed
        import zlib

        return cast(BinaryIO, _Owning(gzip.GzipFile(fileobj=stream), stream, zlib.error))
    if kind == "bzip2":
        import bz2

        return cast(BinaryIO, _Owning(bz2.BZ2File(stream), stream))
    if kind == "xz":
        import lzma

        return cast(BinaryIO, _Owning(lzma.LZMAFile(stream), stream, lzma.LZMAError))
    return cast(BinaryIO, _Owning(_Zstd(stream), stream))


# A frame put after the end of a zstd stream: only when it comes out whole was the stream whole, because the
# library takes an early end for the end. Its content is longer than the frame, so nothing of it can leak.
_END = b"end of mail " * 20


class _Then(io.RawIOBase):
    """A stream with a few bytes after it."""

    def __init__(self, stream: BinaryIO, after: bytes) -> None:
        self._stream, self._after = stream, after

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        data = self._stream.read(size)
        if not data:
            data, self._after = self._after, b""
        return data


class _Zstd(io.RawIOBase):
    """A zstandard reader that notices an early end, and whose errors are `DamagedError`."""

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._error, self._held = zstandard.ZstdError, b""
        after = cast(BinaryIO, _Then(stream, zstandard.ZstdCompressor().compress(_END)))
        unpacker = zstandard.ZstdDecompressor()
        self._reader = unpacker.stream_reader(after, read_across_frames=True, closefd=False)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        while True:
            try:
                chunk = self._reader.read(size)
            except self._error as error:
                raise DamagedError(str(error)) from error
            if not chunk:
                if self._held != _END:
                    raise EOFError
                return b""
            data = self._held + chunk
            self._held = data[-len(_END) :]
            if len(data) > len(_END):
                return data[: -len(_END)]


class _Owning(io.RawIOBase):
    """A decompressor that closes the file beneath it, and whose errors of its own are `DamagedError`."""

    def __init__(self, unpacker: io.IOBase, beneath: BinaryIO, error: type[Exception] = DamagedError) -> None:
        self._unpacker, self._beneath, self._error = unpacker, beneath, error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` unpacked bytes."""
        try:
            return cast(BinaryIO, self._unpacker).read(size)
        except self._error as error:
            raise DamagedError(*error.args) from error

    def close(self) -> None:
        """Close both."""
        if not self.closed:
            self._unpacker.close()
            self._beneath.close()
        super().close()
