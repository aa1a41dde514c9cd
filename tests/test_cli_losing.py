"""--max-lost, --cost and --allow-local-spam, wherever mail is judged, and what a model says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_mail import chatty, mail, mixed, objects, run, write_mbox

from classifier.cli.group import COMMANDS, cli

LOCAL = b"Received: by db01.example.org (Postfix, from userid 0)\n\tid 4F; Thu, 1 Jan 2026 03:00:00 +0000\n"


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    return write_mbox(tmp_path / "in.mbox", mixed())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("mail")
    labels = ("important", "unimportant", "spam")
    return {
        label: write_mbox(home / f"{label}.mbox", [chatty(label, n) for n in range(80)]) for label in labels
    }


@pytest.fixture(scope="module")
def promising(folders: dict[str, Path]) -> Path:
    path = folders["spam"].parent / "m.mailtriage"
    given = [part for label, place in folders.items() for part in (f"--{label}", place)]
    result = run("train", "-o", path, "--bits", 12, "--max-lost", "5%", *given)
    assert result.exit_code == 0, result.stderr
    for protected in ("mail that is no spam", "important mail"):
        assert f"promise: of {protected} at most 1/20 is called" in result.stdout
    assert "cannot be promised" not in result.stderr
    assert "  lost: important mail: of 80 held out (copies once), " in result.stdout
    return path


def test_every_command_that_judges_takes_the_same_options() -> None:
    judging = {
        name
        for name in COMMANDS
        if any("--dns" in param.opts for param in command_of(name)) and name not in {"route", "mx", "lookup"}
    }
    assert judging >= {"classify", "explain", "sort"}
    for name in judging:
        options = {option for param in command_of(name) for option in param.opts}
        assert {"--max-lost", "--cost", "--allow-local-spam"} <= options, name


def command_of(name: str) -> list:  # type: ignore[type-arg]
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    return command.params


def test_what_cannot_be_promised_is_said_and_nothing_is_put_away(mbox: Path, promising: Path) -> None:
    result = run("classify", "-m", promising, "--max-lost", "1/1000", mbox)
    assert result.exit_code == 0
    assert "160 held out without a loss promise 1/53, it takes 2995; nothing is called spam" in result.stderr
    assert "80 held out without a loss promise 1/27, it takes 2995; nothing is called unimp" in result.stderr
    found = objects(result)
    assert {one["label"] for one in found} == {"important"}
    assert all(one["unsure"] for one in found if one["message_id"][1:5] != "impo")


def test_what_can_be_promised_is_done_quietly(mbox: Path, promising: Path) -> None:
    result = run("classify", "-m", promising, "--max-lost", "1/25", mbox)
    assert "cannot be" not in result.stderr
    assert [one["label"] for one in objects(result)] == ["important", "unimportant", "spam"] * 4


def test_a_model_without_evidence_promises_nothing(mbox: Path, promising: Path, tmp_path: Path) -> None:
    from classifier.store import load_model, save_model

    model = load_model(promising)
    del model.card["evidence"], model.card["promise"]
    save_model(model, tmp_path / "bare")
    result = run("classify", "-m", tmp_path / "bare", "--max-lost", "10%", mbox)
    assert "the model's card has no evidence" in result.stderr
    assert {one["label"] for one in objects(result)} == {"important"}
    told = run("models", "--format", "text", tmp_path / "bare").stdout
    assert "no promise" in told
    assert "no budget can be promised" in told


@pytest.mark.parametrize("command", ["classify", "explain", "sort"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--max-lost", "lots"), "'lots' is no share of the mail"),
        (("--max-lost", "2"), "'2' is not between 0 and 1/2"),
        (("--cost", "100"), "'100' is no ratio of costs"),
        (("--cost", "1:9"), "makes losing mail cheaper than reading it"),
        (("--cost", "9:1", "--max-lost", "1%"), "exclude each other"),
    ],
)
def test_wrong_terms_are_wrong_usage(
    mbox: Path, tmp_path: Path, command: str, options: tuple[str, ...], words: str
) -> None:
    into = ("--into", tmp_path / "out") if command == "sort" else ()
    result = run(command, *options, *into, mbox)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


def test_training_refuses_wrong_terms_before_it_reads(tmp_path: Path) -> None:
    result = run("train", "-o", tmp_path / "m", "--max-lost", "0", "--spam", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "not between 0 and 1/2" in result.stderr


def test_the_configuration_may_set_the_terms(mbox: Path, promising: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('max_lost = "1/1000"\nallow_local_spam = true\n')
    result = run("--config", config, "classify", "-m", promising, mbox)
    assert "1/1000" in result.stderr
    result = run("--config", config, "classify", "-m", promising, "--cost", "3:1", mbox)
    assert "1/1000" not in result.stderr
    for text, words in {
        'max_lost = "x"': "'x' is no share",
        'max_lost = "1%"\ncost = "9:1"': "exclude each other",
        'allow_local_spam = "yes"': "must be true or false",
    }.items():
        config.write_text(text)
        result = run("--config", config, "classify", "-m", promising, mbox)
        assert result.exit_code == 2
        assert f"{config}: " in result.stderr
        assert words in result.stderr


def test_costs_move_the_cuts(mbox: Path, promising: Path) -> None:
    kinds = [
        [one["label"] for one in objects(run("classify", "-m", promising, "--cost", cost, mbox))]
        for cost in ("2:1", "1000000000:1")
    ]
    assert kinds[0] == ["important", "unimportant", "spam"] * 4
    assert kinds[1] == ["important"] * 12


def test_mail_of_our_own_is_spam_only_where_it_is_allowed(tmp_path: Path, promising: Path) -> None:
    raw = LOCAL + mail("spam", 3)
    box = write_mbox(tmp_path / "in.mbox", [raw])
    one, other = (
        objects(run("classify", "-m", promising, "--cost", "2:1", *allow, box))[0]
        for allow in ((), ("--allow-local-spam",))
    )
    assert (one["spared"], other["spared"]) == (True, False)
    assert other["label"] == "spam" != one["label"]
    assert one["log_odds"] == other["log_odds"]
    told = run("explain", "-m", promising, "--cost", "2:1", box).stdout
    assert "Not spam, whatever the sum says: a program on one of your own hosts handed this in" in told
    assert "--allow-local-spam" in told


def test_sorting_puts_away_only_what_the_budget_allows(mbox: Path, promising: Path, tmp_path: Path) -> None:
    strict = run("sort", "-m", promising, "--max-lost", "1/1000", "--dry-run", "--into", tmp_path, mbox)
    assert "12 important" in strict.stdout
    loose = run("sort", "-m", promising, "--max-lost", "5%", "--dry-run", "--into", tmp_path, mbox)
    assert all(f"4 {label}" in loose.stdout for label in ("important", "unimportant", "spam"))


def test_a_model_says_in_words_what_it_promises(promising: Path) -> None:
    told = run("models", "--format", "text", promising).stdout
    assert "of important mail at most 1/20 is called unimportant or spam" in told
    assert "mail that is no spam: of 160 held out (copies once), " in told
    assert any("1/1000" in line and line.count("not promised") == 2 for line in told.splitlines())
    card = json.loads(run("models", promising).stdout)
    assert card["promise"]["max_lost"] == "1/20"


def test_explain_names_what_would_turn_the_label(mbox: Path, promising: Path) -> None:
    for key in (one["key"] for one in objects(run("classify", "-m", promising, mbox))):
        one = json.loads(run("explain", "-m", promising, "-f", "jsonl", mbox, key).stdout)
        last = run("explain", "-m", promising, mbox, key).stdout.split("\n\n")[-1].replace("\n", " ")
        turn = one["counterfactual"]
        if turn is None:
            assert last.startswith(f"This would be {one['label']} without any")
            continue
        assert turn["label"] != one["label"]
        named = len(turn["clues"])
        assert f"this would be {turn['label']}." in last or f"{named} clues at least to make this" in last
