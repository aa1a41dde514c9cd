"""The house plan, kept by reading the imports: no room imports a higher one or a sibling."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "classifier"

# Rooms on one line are siblings. A room may import what stands above it in this list, not what is below.
LEVELS: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "digests errors markup patterns",
        "config mail",
        "mailboxes lookup history rootmail",
        "signals labels",
        "features",
        "learners",
        "verdict",
        "store reasons budget output",
        "profile",
        "training",
        "engine",
        "evaluate digest",
        "serve",
        "cli",
        "__main__",
    )
)
LEVEL = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}

JUNK_ROOMS = {"utils", "util", "common", "helpers", "helper", "misc", "tools", "shared", "lib"}
FILE_LINES, FUNCTION_LINES = 320, 60


def room_of(module: str) -> str:
    """Name the room of a dotted module: classifier.mail.headers is in mail; classifier itself in none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """Resolve the dots of a relative import."""
    if not node.level:
        return node.module or ""
    base = module.split(".")
    base = base[: len(base) - node.level + is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def imports(source: str, module: str, is_package: bool = False) -> Iterator[tuple[str, int]]:
    """Find every import of this package's own modules, also inside functions, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, module, is_package)
            names = [f"{base}.{alias.name}" for alias in node.names] if base == PACKAGE else [base]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.split(".")[0] == PACKAGE)


def offences(source: str, module: str, is_package: bool = False) -> list[str]:
    """Say which imports of a module break the plan."""
    here = room_of(module)
    found = []
    for name, line in imports(source, module, is_package):
        there = room_of(name)
        if there in {"", here} or there not in LEVEL:  # names such as classifier.__version__ are no rooms
            continue
        if LEVEL[there] >= LEVEL[here]:
            what = "a sibling" if LEVEL[there] == LEVEL[here] else "higher"
            found.append(f"{module}:{line} imports {name}, which is {what}")
    return found


def modules(repo: Path) -> list[tuple[Path, str]]:
    found = []
    for path in sorted((repo / PACKAGE).rglob("*.py")):
        parts = path.relative_to(repo).with_suffix("").parts
        found.append((path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)))
    return found


def test_every_room_has_a_level(repo: Path) -> None:
    rooms = {room_of(module) for _, module in modules(repo)} - {""}
    assert rooms <= set(LEVEL), f"rooms without a place in the plan: {sorted(rooms - set(LEVEL))}"


def test_no_room_imports_a_higher_one_or_a_sibling(repo: Path) -> None:
    found = [
        offence
        for path, module in modules(repo)
        if room_of(module)
        for offence in offences(path.read_text(encoding="utf-8"), module, path.stem == "__init__")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("classifier.mail.headers", "from classifier.signals import REGISTRY"),
        ("classifier.mail.headers", "from ..engine import Classifier"),
        ("classifier.mail.headers", "def late():\n    import classifier.cli.exits"),
        ("classifier.mailboxes.mbox", "from classifier import lookup"),
        ("classifier.lookup.live", "from ..mailboxes.base import Stored"),
        ("classifier.engine", "from classifier.cli import screen"),
        ("classifier.errors", "from .mail import Message"),
    ],
)
def test_a_villain_is_caught(module: str, source: str) -> None:
    assert offences(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("classifier.signals.sender", "from classifier.mail import Message"),
        ("classifier.mail.headers", "from .bounds import HEADER_BYTES"),
        ("classifier.cli.exits", "from classifier.errors import MailboxError"),
        ("classifier.cli.group", "from classifier import __version__"),
        ("classifier.errors", "import os, numpy"),
    ],
)
def test_an_honest_import_passes(module: str, source: str) -> None:
    assert not offences(source, module)


def test_a_package_resolves_its_own_dots() -> None:
    assert list(imports("from .base import Mailbox", "classifier.mailboxes", is_package=True)) == [
        ("classifier.mailboxes.base", 1)
    ]
    assert offences("from ..signals import x", "classifier.mail", is_package=True)


def test_no_room_is_a_junk_drawer(repo: Path) -> None:
    names = {part for path, _ in modules(repo) for part in path.relative_to(repo).with_suffix("").parts}
    assert not names & JUNK_ROOMS


def too_long(source: str, name: str) -> list[str]:
    """Say what in a module is longer than a reader should bear."""
    found = []
    lines = source.count("\n")
    if lines > FILE_LINES:
        found.append(f"{name} has {lines} lines, {FILE_LINES} are enough")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(
                    f"{name}:{node.lineno} {node.name} has {length} lines, {FUNCTION_LINES} are enough"
                )
    return found


def test_files_and_functions_stay_short(repo: Path) -> None:
    found = [
        complaint
        for path, _ in modules(repo)
        for complaint in too_long(path.read_text(encoding="utf-8"), str(path.relative_to(repo)))
    ]
    assert not found, "\n".join(found)


def test_a_long_function_and_a_long_file_are_caught() -> None:
    body = "\n".join("    x = 1" for _ in range(FUNCTION_LINES + 1))
    assert too_long(f"def f():\n{body}\n", "m.py")
    assert too_long("x = 1\n" * (FILE_LINES + 1), "m.py")
    assert not too_long("def f():\n    return 1\n", "m.py")
