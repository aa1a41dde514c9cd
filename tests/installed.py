"""What only some tests need: skipped, with a reason, where it is not installed; in CI it must be."""

from __future__ import annotations

import importlib
import os
import shutil
from typing import Any

import pytest


def installed(module: str, reason: str) -> Any:
    """Import a package, or skip the test; in CI fail."""
    if os.environ.get("CI"):
        return importlib.import_module(module)
    return pytest.importorskip(module, reason=reason)


def program_or_skip(name: str, reason: str) -> str:
    """Find a program, or skip the test; in CI fail."""
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if program is None and os.environ.get("CI"):
        pytest.fail(f"{name} is not installed, and CI must not skip these tests")
    if program is None:
        pytest.skip(reason)
    return program
