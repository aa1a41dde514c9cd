"""The short way of `classify` reads and does what the long way does, or leaves it alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import mail
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.cli import light
from classifier.cli.classify import command
from classifier.cli.group import cli
from classifier.cli.light import understood

SETTINGS = {"help_option_names": cli.context_settings["help_option_names"]}
"""Of the group: click keeps a command's help option as it was first asked for."""

WORDS = ("-m", "--model", "--me", "--profile", "-f", "--format", "--explain", "--view", "--jobs", "--", "-h")
WORDS += (
    "-",
    "a.mbox",
    "x@example.org",
    "jsonl",
    "csv",
    "text",
    "3",
    "-3",
    "off",
    "",
    "--me=a@b",
    "--explain=7",
)
WORDS += ("--format=jsonl", "--model=", "-mfile", "--mode", "--profile=off", "-o", "1000000")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=7))
def test_what_it_understands_click_understands_the_same(words: list[str]) -> None:
    line = understood(["classify", *words])
    if line is None:
        return
    with command.make_context("classify", list(words), **SETTINGS) as ctx:
        asked = ctx.params
    assert asked["mailboxes"] == line.paths
    assert asked["me"] == line.me
    assert (asked["model"], asked["profile"]) == (line.model, line.profile)
    assert (asked["explain"] or 0) == line.explain
    assert asked["form"] in (None, "jsonl")
    rest = set(asked) - {"mailboxes", "me", "model", "profile", "explain", "form"}
    usual = command.make_context("classify", ["x"], **SETTINGS).params
    assert {name: asked[name] for name in rest} == {name: usual[name] for name in rest}


def test_the_common_lines_take_it() -> None:
    assert understood(["classify", "-f", "jsonl", "-"]) is not None
    assert understood(
        ["classify", "-m", "m", "--me=a@b", "--profile", "off", "--explain", "2", "-f", "jsonl", "x"]
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-"],
        ["explain", "-"],
        *(["classify", *rest] for rest in (["-"], ["-f", "csv", "-"], ["--jobs", "2", "-"], ["-f", "jsonl"])),
        *(["classify", "-f", "jsonl", *rest, "-"] for rest in (["--", "x"], ["--explain", "x"], ["-m"])),
    ],
)
def test_others_do_not(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light, "_on_terminal", lambda: True)
    assert understood(words) is None


MAIN = "from classifier.cli import main; main()"
LONG = "import sys; from classifier.cli.group import cli; cli(sys.argv[1:], prog_name='mailtriage')"


@pytest.mark.parametrize(
    "case", ["mail", "rubbish", "nothing", "no model", "wrong address", "clues", "config"]
)
def test_both_ways_end_alike(tiny_model: Path, tmp_path: Path, case: str) -> None:
    given = {"rubbish": b"\0\1\2" * 50, "nothing": b""}.get(case, mail("spam", 1))
    config = tmp_path / "config.toml"
    config.write_text('me = "bob@example.org"\n' if case != "config" else "nonsense = 1\n")
    words = ["classify", "-m", str(tiny_model), "--profile", "off", "-"]
    words += {"clues": ["--explain", "3"], "wrong address": ["--me", "nobody"]}.get(case, [])
    if case == "no model":
        words[2] = str(tmp_path / "gone")
    told = []
    for script in (MAIN, LONG):
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            input=given,
            capture_output=True,
            check=False,
            env={"MAILTRIAGE_CONFIG": str(config), "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        )
        told.append((done.returncode, done.stdout, done.stderr))
    assert told[0] == told[1]
    assert (told[0][0] == 0) == (case in ("mail", "clues", "nothing"))


def test_it_does_without_click(tiny_model: Path) -> None:
    script = (
        f"import atexit, sys; atexit.register(lambda: print('click' in sys.modules, file=sys.stderr)); {MAIN}"
    )
    words = ["classify", "-m", str(tiny_model), "--me", "ada@example.org", "--profile", "off", "-"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], input=mail("spam", 1), capture_output=True, check=True
    )
    assert done.stderr == b"False\n"
