"""Memory that is freed and wanted again a moment later, kept."""

from __future__ import annotations

import sys

KEPT = 64 << 20
"""Bytes that stay with the process; the arrays of one batch are a quarter of it."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h of the GNU C library


def keep_freed_memory() -> None:
    """Ask the C library not to give memory back to the system batch by batch.

    It does so by default with whatever is large, and each batch then pays for clean pages anew: 6 % of the
    time to judge P1's test part. For processes of our own only; with another library nothing happens.
    """
    if sys.platform != "linux":
        return
    import ctypes  # numpy has imported it already

    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    if adjust is not None:
        adjust(_TRIM_THRESHOLD, KEPT)
        adjust(_MMAP_THRESHOLD, KEPT // 2)
