"""The command itself: what it lists, what it imports, how it completes, what it says when misused."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import click
import pytest
from cli_mail import run

import classifier
from classifier.cli.group import COMMANDS, cli
from classifier.cli.manual import Manual


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_exists_and_has_a_manual(name: str) -> None:
    command = import_module(COMMANDS[name]).command
    assert command.name == name
    assert command.help, "a description"
    for each in command.commands.values() if isinstance(command, click.Group) else (command,):
        assert isinstance(each, Manual)
        assert each.help, "a description"
        assert each.examples, "an example"


def test_every_command_file_is_listed(repo: Path) -> None:
    offering = [
        path.stem
        for path in (repo / "classifier" / "cli").glob("*.py")
        if re.search(r"^@click\.(?:command|group)\(\n?\s*\"", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(f"classifier.cli.{stem}" for stem in offering) == sorted(COMMANDS.values())


def test_every_option_says_what_it_does() -> None:
    context = click.Context(cli)
    silent = [
        f"{name} {parameter.opts[0]}"
        for name in COMMANDS
        for parameter in cli.get_command(context, name).params  # type: ignore[union-attr]
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert not silent


def test_the_version_is_the_one_of_the_project(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert classifier.__version__ == project["version"]
    assert run("--version").stdout == f"mailtriage {project['version']}\n"


@pytest.mark.parametrize("group", [[], ["profile"]])
def test_without_arguments_it_prints_help_as_help_looks(group: list[str]) -> None:
    bare, asked = run(*group), run(*group, "--help")
    assert (bare.exit_code, bare.stdout) == (2, "")
    assert bare.stderr == asked.stdout


def test_the_list_of_commands_says_what_each_does_to_the_end() -> None:
    assert "what needs you, which job did not write, and all the rest folded." in listed()
    assert "..." not in listed() + listed("profile")


def listed(*group: str) -> str:
    """The commands in a group's help, in one line."""
    found = run(*group, "--help").stdout.partition("Commands:")[2].partition("Examples:")[0]
    return " ".join(found.split())


@pytest.mark.parametrize(
    "arguments",
    [["clasify"], ["classify"], ["classify", "--nope", "x"], ["sort", "x"], ["signals", "no.such"]],
)
def test_wrong_usage_is_code_2_on_standard_error(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_an_absent_configuration_that_was_asked_for_is_said(tmp_path: Path) -> None:
    result = run("--config", tmp_path / "absent.toml", "classify", "x.mbox")
    assert result.exit_code == 2
    assert "absent.toml: cannot be read" in result.stderr


IMPORTED = """
import sys
sys.argv = ["mailtriage", *sys.argv[1:]]
from classifier.cli import main
try:
    main()
except SystemExit:
    pass
print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_saying_the_version_imports_next_to_nothing() -> None:
    loaded = imported_by("--version")
    ours = {name for name in loaded if name.startswith("classifier.")}
    assert ours <= {
        "classifier.cli",
        "classifier.cli.exits",
        "classifier.cli.group",
        "classifier.cli.manual",
        "classifier.cli.screen",
        "classifier.errors",
        "classifier.output",
        "classifier.output.safe",
    }
    assert not loaded & {"numpy", "rich", "orjson", "platformdirs", "tomllib", "importlib.metadata", "email"}


def test_help_of_all_commands_imports_no_numpy() -> None:
    assert not imported_by("--help") & {"numpy", "rich", "sklearn", "selectolax"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_MAILTRIAGE_COMPLETE={shell}_complete" in result.stdout.replace(" ", "")


def completed(words: str) -> set[str]:
    from click.shell_completion import BashComplete

    asked = words.split(" ")
    offered = BashComplete(cli, {}, "mailtriage", "_MAILTRIAGE_COMPLETE").get_completions(
        asked[:-1], asked[-1]
    )
    return {item.value for item in offered}


def test_commands_signals_and_models_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed("cl") == {"classify"}
    assert "sender.reply_to_differs" in completed("signals sender.rep")
    assert "lists" in completed("signals li")
    monkeypatch.setattr("classifier.store.list_models", lambda: {"starter": Path("s"), "other": Path("o")})
    assert completed("classify --model st") == {"starter"}
    assert completed("models ot") == {"other"}


def test_signals_are_listed_by_group_and_explained_by_name() -> None:
    from classifier.signals import REGISTRY

    listed = run("signals").stdout
    assert all(name in listed for name in REGISTRY)
    group = run("signals", "lists").stdout
    assert "lists.list_id" in group
    assert "sender." not in group
    one = REGISTRY["sender.reply_to_differs"]
    words = " ".join(run("signals", one.name).stdout.split())
    for text in (one.doc.summary, one.doc.sees, one.doc.means, one.doc.fooled_by, one.doc.source):
        assert text in words


def test_models_are_listed_shown_and_verified(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.store.list_models", lambda: {"tiny": tiny_model})
    assert run("models").stdout.startswith("tiny ")
    assert '"name": "tiny"' in run("models", tiny_model).stdout
    assert run("models", tiny_model, "--verify").stdout == f"{tiny_model}: whole\n"
    assert run("models", "--verify").stdout.rstrip().endswith("whole")


def test_a_changed_number_in_a_model_is_noticed(tmp_path: Path, tiny_model: Path) -> None:
    changed = bytearray(tiny_model.read_bytes())
    changed[-9] ^= 1
    path = tmp_path / "changed.mailtriage"
    path.write_bytes(changed)
    result = run("models", path, "--verify")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "its arrays are not those that its card describes" in result.stderr


def test_one_damaged_model_does_not_hide_the_others(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "damaged.mailtriage"
    damaged.write_bytes(b"x")
    monkeypatch.setattr("classifier.store.list_models", lambda: {"damaged": damaged, "tiny": tiny_model})
    result = run("models")
    assert result.exit_code == 4
    assert result.stdout.startswith("tiny ")
    assert result.stderr.startswith(f"mailtriage: {damaged}: ")
