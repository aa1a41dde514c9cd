"""The two hashes that scoring needs, without OpenSSL, which ``hashlib`` brings: two and a half milliseconds.

Python's own `random` takes them from the same place for the same reason.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another Python
    from hashlib import blake2b
try:
    from _sha2 import sha256  # type: ignore[import-not-found, unused-ignore] # from Python 3.12 on
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found, unused-ignore] # Python 3.11
    except ImportError:
        from hashlib import sha256

__all__ = ["blake2b", "sha256"]
"""As in `hashlib`."""
