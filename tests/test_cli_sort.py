"""mailtriage sort: every message copied once, byte for byte, under its own label; the source left alone."""

from __future__ import annotations

import lzma
import mailbox as python_mailbox
from pathlib import Path

import pytest
from cli_mail import mail, mixed, run, write_mbox

from classifier.engine import Classifier
from classifier.mailboxes import open_mailbox

LABELS = ("important", "unimportant", "spam")


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    return write_mbox(tmp_path / "in.mbox", [*mixed(), mail("spam", 3) + b"\n>From here\n>>From there\n"])


def held(path: Path) -> list[bytes]:
    return [one.raw for one in open_mailbox(path)] if path.exists() else []


def expected(source: Path, model: Path) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {label: [] for label in LABELS}
    for verdict in Classifier.load(model, me=["ada@example.org"]).classify_many(open_mailbox(source)):
        assert verdict.stored is not None
        found[verdict.label].append(verdict.stored.raw)
    return found


@pytest.mark.parametrize("form", ["mbox", "maildir"])
def test_every_message_lies_under_its_label(tmp_path: Path, mbox: Path, tiny_model: Path, form: str) -> None:
    before = mbox.read_bytes()
    result = run("sort", "-m", tiny_model, mbox, "--into", tmp_path / "out", "--as", form)
    assert result.exit_code == 0
    for label, raws in expected(mbox, tiny_model).items():
        place = tmp_path / "out" / (f"{label}.mbox" if form == "mbox" else label)
        assert sorted(held(place)) == sorted(raws)
        assert f"{len(raws):>8} {label} to {place}" in result.stdout
    assert mbox.read_bytes() == before


def test_the_records_of_an_mbox_are_copied_as_they_are(tmp_path: Path, mbox: Path, tiny_model: Path) -> None:
    run("sort", "-m", tiny_model, mbox, "--into", tmp_path / "out")
    copied = b"".join((tmp_path / "out" / f"{label}.mbox").read_bytes() for label in LABELS)
    assert sorted(copied.split(b"From root@")) == sorted(mbox.read_bytes().split(b"From root@"))


def test_running_it_again_copies_nothing_twice(tmp_path: Path, mbox: Path, tiny_model: Path) -> None:
    run("sort", "-m", tiny_model, mbox, "--into", tmp_path / "out")
    with mbox.open("ab") as more:
        more.write(b"From root@example.org Thu Jan  1 00:00:00 2026\n" + mail("spam", 999) + b"\n")
    result = run("sort", "-m", tiny_model, mbox, "--into", tmp_path / "out")
    assert result.exit_code == 0
    assert "       1 spam to" in result.stdout
    assert "       0 important to" in result.stdout
    assert sum(len(held(tmp_path / "out" / f"{label}.mbox")) for label in LABELS) == 14


def test_a_dry_run_writes_nothing(tmp_path: Path, mbox: Path, tiny_model: Path) -> None:
    result = run("sort", "-m", tiny_model, mbox, "--into", tmp_path / "out", "--dry-run")
    assert result.exit_code == 0
    assert "       5 spam, would go to" in result.stdout
    assert not (tmp_path / "out").exists()


def test_flags_of_a_maildir_are_kept(tmp_path: Path, tiny_model: Path) -> None:
    source = python_mailbox.Maildir(tmp_path / "in")
    message = python_mailbox.MaildirMessage(mail("important", 600))
    message.set_flags("FS")
    source.add(message)
    result = run("sort", "-m", tiny_model, tmp_path / "in", "--into", tmp_path / "out", "--as", "maildir")
    assert result.exit_code == 0
    (copied,) = (tmp_path / "out" / "important" / "cur").iterdir()
    assert copied.name.endswith(":2,FS")


@pytest.mark.parametrize("source", ["compressed", "standard input", "tree"])
def test_other_mailboxes_are_sorted_as_well(
    tmp_path: Path, mbox: Path, tiny_model: Path, source: str
) -> None:
    given, stdin = tmp_path / "given", None
    if source == "compressed":
        given.write_bytes(lzma.compress(mbox.read_bytes()))
    elif source == "tree":
        given.mkdir()
        mbox.rename(given / "inner.mbox")
        (given / "one.eml").write_bytes(mail("spam", 444))
    else:
        given, stdin = Path("-"), mbox.read_bytes()
    result = run("sort", "-m", tiny_model, given, "--into", tmp_path / "out", input=stdin)
    assert result.exit_code == 0
    total = sum(len(held(tmp_path / "out" / f"{label}.mbox")) for label in LABELS)
    assert total == 13 + (source == "tree")


def test_it_does_not_sort_into_its_own_source(tmp_path: Path, tiny_model: Path) -> None:
    source = tmp_path / "mail"
    source.mkdir()
    (source / "one.eml").write_bytes(mail("spam", 1))
    result = run("sort", "-m", tiny_model, source, "--into", source / "sorted")
    assert result.exit_code == 2
    assert "lies inside the mail that is to be sorted" in result.stderr


def test_a_full_disk_ends_the_run_as_a_failure_of_the_system(
    tmp_path: Path, mbox: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("classifier.mailboxes.sinks._write", full)
    result = run("sort", "-m", tiny_model, mbox, "--into", tmp_path / "out")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_mailbox_that_changes_meanwhile_is_never_filed_wrongly(
    tmp_path: Path, mbox: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.mailboxes.mbox import Mbox

    honest = Mbox.originals
    monkeypatch.setattr(Mbox, "originals", lambda self: iter(list(honest(self))[1:]))
    result = run("sort", "-m", tiny_model, mbox, "--into", tmp_path / "out")
    assert result.exit_code == 3
    assert "has changed while it was sorted" in result.stderr
    assert not any(held(tmp_path / "out" / f"{label}.mbox") for label in LABELS)
