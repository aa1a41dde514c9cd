"""Signals on trial: computed for a sample first, and for all mail only where they pay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_mail import run

from classifier.engine import reading, train
from classifier.engine.harvest import harvest
from classifier.features import Schema
from classifier.mailboxes import open_mailbox
from classifier.training import trial

SCHEMA = Schema(bits=12)
CUES = {"spam": ("casino", "pills"), "ham": ("meeting", "minutes")}
MAILS = 240


def written(folder: Path, *, telling: str) -> list[tuple[str, Path]]:
    """Write a mailbox a class; what tells them apart is a word, or whether the sender's name is shouted."""
    random = np.random.default_rng(3)
    paths = []
    for label, cues in CUES.items():
        mails = []
        for _ in range(MAILS):
            words = " ".join(f"w{each}" for each in random.integers(0, 3000, 12))
            name = "".join(random.choice(list("abcdefghijklmnop"), 9))
            name = name.upper() if label == "spam" and telling == "signals" else name
            word = random.choice(cues) if telling == "words" else "the"
            mails.append(
                f"From a@example.org Thu Jan  1 00:00:00 2026\nFrom: {name} <a@example.org>\n"
                f"Subject: {words[:20]}\n\n{word} {words}\n\n"
            )
        path = folder / f"{label}.mbox"
        path.write_text("".join(mails))
        paths.append((label, path))
    return paths


@pytest.fixture
def _little_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "TRIAL_BYTES", 0)
    monkeypatch.setattr(trial, "FEWEST", 40)


def test_a_sample_holds_the_signals_that_all_mail_would_have(tmp_path: Path) -> None:
    sources = [(label, open_mailbox(path)) for label, path in written(tmp_path, telling="words")]
    whole = [each.rows for each in harvest(sources, SCHEMA, None)]
    sampled = [each.rows for each in harvest(sources, SCHEMA, None, every=8)]
    for all_rows, some in zip(whole, sampled, strict=True):
        assert all_rows is not None
        assert some is not None
        chosen = np.arange(0, len(some), 8)
        assert np.array_equal(some.blocks[0].columns, all_rows.blocks[0].take(chosen).columns)
        assert np.array_equal(np.flatnonzero(some.blocks[0].counts), chosen)
        for mine, yours in zip(some.blocks[1:], all_rows.blocks[1:], strict=True):
            assert np.array_equal(mine.columns, yours.columns)


@pytest.mark.usefixtures("_little_is_enough")
def test_where_words_tell_signals_are_not_computed(tmp_path: Path) -> None:
    sources = [(label, open_mailbox(path)) for label, path in written(tmp_path, telling="words")]
    classifier = train(sources, schema=SCHEMA)
    assert classifier.model.tables.schema.signals == ()
    training = classifier.card["training"]
    assert "of 60 messages held out" in training["left_out"]["signals"]
    assert training["messages"] == sum(each["messages"] for each in training["sources"]) == 2 * MAILS


@pytest.mark.usefixtures("_little_is_enough")
def test_where_signals_alone_tell_they_are_computed_for_all(tmp_path: Path) -> None:
    sources = [(label, open_mailbox(path)) for label, path in written(tmp_path, telling="signals")]
    classifier = train(sources, schema=SCHEMA)
    assert "author.name_upper" in classifier.model.tables.schema.signals
    assert classifier.card["trained"]["spam"]["out_of_fold"]["1-ROCA%"] < 5
    training = classifier.card["training"]
    assert "signals" not in training["left_out"]
    assert sum(each["messages"] for each in training["sources"]) == 2 * MAILS  # read twice, counted once


@pytest.mark.usefixtures("_little_is_enough")
def test_where_mail_does_not_fit_in_memory_the_trial_decides_for_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [(label, open_mailbox(path)) for label, path in written(tmp_path, telling="words")]
    rows = [each.rows for each in harvest(sources, SCHEMA, None, every=reading.EVERY) if each.rows]
    columns = sum(len(block.columns) for each in rows for block in each.blocks)
    monkeypatch.setattr(reading, "IN_MEMORY", columns - 1)
    classifier = train(sources, schema=SCHEMA)
    assert classifier.model.tables.schema.signals == ()
    training = classifier.card["training"]
    assert "messages held out" in training["left_out"]["signals"]
    assert training["messages"] == sum(each["messages"] for each in training["sources"]) == 2 * MAILS


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("body", ["", "the same in each"])
def test_where_headers_alone_are_learned_their_words_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: bool, body: str
) -> None:
    if not in_memory:
        monkeypatch.setattr(reading, "IN_MEMORY", 0)
    schema = SCHEMA.only(("header", "body", "grams"))
    sources = []
    for label, path in written(tmp_path, telling="words"):
        lines = path.read_text().replace("\n\n", "\nX-Text: ")  # what was the body
        path.write_text(lines.replace("\nX-Text: From ", f"\n\n{body}\n\nFrom "))
        sources.append((label, open_mailbox(path)))
    classifier = train(sources, schema=schema)
    assert ("header" in classifier.model.tables.schema.views) == bool(body)
    assert classifier.card["trained"]["spam"]["out_of_fold"]["1-ROCA%"] < 5


@pytest.mark.usefixtures("_little_is_enough")
def test_training_says_what_it_left_out_unless_it_is_to_be_thorough(tmp_path: Path) -> None:
    (spam, junk), (ham, good) = written(tmp_path, telling="words")
    command = ["train", f"--{spam}", str(junk), f"--{ham}", str(good), "--bits", "12", "-o"]
    said = run(*command, str(tmp_path / "spare.mailtriage"))
    assert said.exit_code == 0, said.output
    assert "left out: signals: they change the log-loss of" in said.output
    thorough = run(*command, str(tmp_path / "all.mailtriage"), "--thorough")
    assert thorough.exit_code == 0, thorough.output
    assert "they change the log-loss" not in thorough.output
