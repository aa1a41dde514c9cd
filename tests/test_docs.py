"""What the documents say is what the program does: help texts, README blocks, the changelog."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_mail import run

import classifier
from classifier.cli.group import COMMANDS

REPO = Path(__file__).resolve().parent.parent
README = REPO / "README.md"
HELP = REPO / "tests" / "help"
ELISION = "…"

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """One command of a console block, and what it should print."""

    command: str
    output: list[str]


def steps(block: str) -> Iterator[Step]:
    """Cut a console block at its prompts; a line that ends in a backslash goes on."""
    for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:.*\\\n)*.*", piece)
        assert command is not None
        yield Step(command[0], piece[command.end() :].strip("\n").splitlines())


def blocks(language: str) -> list[str]:
    return [match[2] for match in FENCE.finditer(README.read_text(encoding="utf-8")) if match[1] == language]


def agrees(expected: list[str], printed: list[str]) -> bool:
    """Compare output; a line that is only an ellipsis stands for any number of lines."""
    expected, printed = [line.rstrip() for line in expected], [line.rstrip() for line in printed]
    if ELISION not in expected:
        return expected == printed
    at = expected.index(ELISION)
    head, tail = expected[:at], expected[at + 1 :]
    return printed[: len(head)] == head and (not tail or printed[-len(tail) :] == tail)


def refreshed(expected: list[str], printed: list[str]) -> list[str]:
    """Put new output where the old stood, elided where it was elided."""
    if ELISION not in expected:
        return printed
    at = expected.index(ELISION)
    tail = len(expected) - at - 1
    return [*printed[:at], ELISION, *(printed[-tail:] if tail else [])]


@pytest.fixture
def desk(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder as after cloning, where commands may write, and `mailtriage` on the path."""
    place, programs = tmp_path / "clone", tmp_path / "bin"
    place.mkdir()
    programs.mkdir()
    (place / "data").symlink_to(REPO / "data")
    script = programs / "mailtriage"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m classifier "$@"\n')
    script.chmod(0o755)
    home = {name: str(tmp_path / name) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    path = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(REPO)}
    return place, os.environ | home | path | {"TZ": "UTC"}


def printed_by(command: list[str], desk: tuple[Path, dict[str, str]]) -> list[str]:
    done = subprocess.run(
        command,
        cwd=desk[0],
        env=desk[1],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("number", range(len(blocks("console"))))
def test_console_blocks_of_the_readme_are_true(
    number: int, desk: tuple[Path, dict[str, str]], update_golden: bool
) -> None:
    block = blocks("console")[number]
    written = ""
    for step in steps(block):
        printed = printed_by(["bash", "-c", step.command], desk)
        if not update_golden:
            assert agrees(step.output, printed), f"$ {step.command}\n" + "\n".join(printed)
        lines = [f"$ {step.command}", *refreshed(step.output, printed)]
        written += "\n".join(line.rstrip() for line in lines) + "\n"
    if update_golden:
        README.write_text(README.read_text(encoding="utf-8").replace(block, written), encoding="utf-8")


def test_python_blocks_of_the_readme_run_and_print_what_they_say(
    desk: tuple[Path, dict[str, str]], update_golden: bool
) -> None:
    text = README.read_text(encoding="utf-8")
    found = list(
        re.finditer(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", text, re.MULTILINE | re.DOTALL)
    )
    assert found
    for match in found:
        printed = printed_by([sys.executable, "-c", match[1]], desk)
        said = (match[2] or "").splitlines()
        if update_golden and match[2]:
            again = "\n".join(refreshed(said, printed)) + "\n"
            README.write_text(README.read_text(encoding="utf-8").replace(match[2], again), encoding="utf-8")
            continue
        assert agrees(said, printed), match[1] + "\n".join(printed)


def test_false_output_is_noticed() -> None:
    assert agrees(["a", "b "], ["a", "b"])
    assert agrees(["a", ELISION, "z"], ["a", "b", "c", "z"])
    assert agrees(["a", ELISION], ["a", "b"])
    assert not agrees(["a"], ["a", "b"])
    assert not agrees(["a", ELISION, "z"], ["a", "b"])
    assert not agrees(["a", "b"], ["a", "c"])
    assert refreshed(["a", ELISION, "z"], ["A", "b", "c", "Z"]) == ["A", ELISION, "Z"]


def test_a_block_is_cut_at_its_prompts() -> None:
    assert list(steps("$ one \\\n    two\nout\n$ three\n")) == [
        Step("one \\\n    two", ["out"]),
        Step("three", []),
    ]


def commands() -> list[str]:
    """Every command; those of a group as "group command"."""
    groups = {name: import_module(module).command for name, module in COMMANDS.items()}
    inner = [f"{name} {sub}" for name, group in groups.items() for sub in getattr(group, "commands", ())]
    return [*COMMANDS, *inner]


@pytest.mark.parametrize("name", ["", *commands()])
def test_help_texts_are_those_checked_in(name: str, update_golden: bool) -> None:
    shown = run(*name.split(), "--help", terminal_width=80).stdout
    path = HELP / f"{name.replace(' ', '-') or 'mailtriage'}.txt"
    if update_golden:
        HELP.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown, (
        "pytest tests/test_docs.py --update-golden, then read the diff"
    )


def test_no_help_text_outlives_its_command() -> None:
    assert {path.stem for path in HELP.glob("*.txt")} == {
        "mailtriage",
        *(name.replace(" ", "-") for name in commands()),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"`(?:mailtriage )?{name}\b", README.read_text(encoding="utf-8"))


def test_the_changelog_knows_this_version() -> None:
    text = (REPO / "CHANGELOG.md").read_text(encoding="utf-8")
    assert classifier.__version__ in re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_file_that_a_document_names_exists() -> None:
    for document in (README, REPO / "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (REPO / target).exists(), f"{document.name} links to {target}"
