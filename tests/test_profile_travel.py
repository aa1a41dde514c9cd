"""A profile written out and read in again is the same; damage costs nothing."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cli_mail import mail, mixed

from classifier import Classifier
from classifier.engine import remembering
from classifier.errors import ProfileError, ProfileNotWritten
from classifier.features import Schema
from classifier.profile import Profile
from classifier.profile import key as key_module
from classifier.profile.key import unseal
from classifier.profile.travel import export_lines, import_lines

SCHEMA = Schema(bits=12)
MAIL = mail("spam", 1)


@pytest.fixture(autouse=True)
def no_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """History without parts, so that only what a test remembers is there."""
    monkeypatch.setattr(remembering, "_PARTS", ())


def filled(path: Path) -> Classifier:
    triage = Classifier(schema=SCHEMA, profile=Profile(path, create=True))
    profile = triage.profile
    assert profile is not None
    for number, raw in enumerate(mixed(2)):
        triage.learn(raw, ["spam", "important", "unimportant"][number % 3], now=float(number))
    triage.unlearn(mixed(2)[0], now=50.0)
    with profile.writing():  # only what is remembered below
        profile.file.write("DELETE FROM memory")
    profile.memory.put("person", b"ada@example.org", b"\x00\xff1")
    profile.own(["ada@example.org"])
    profile.add_audit({"lost": 1}, now=7.0)
    with profile.writing():
        profile.first_sight(b"f" * 16, 0)
    return triage


def lines(path: Path) -> list[bytes]:
    profile = Profile(path)
    try:
        return list(export_lines(profile))
    finally:
        profile.close()


def scores(path: Path) -> list[tuple[float, ...]]:
    triage = Classifier(schema=SCHEMA, profile=Profile(path))
    return [tuple(triage.classify(raw).log_odds) for raw in mixed(3)]


def test_an_export_imported_is_the_same_profile(tmp_path: Path) -> None:
    first, second = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    filled(first)
    exported = lines(first)
    added = import_lines(second, exported, "x.jsonl")
    assert added == {"own": 1, "schema": 1, "correction": 6, "memory": 1, "observed": 1, "audit": 1}
    assert lines(second) == exported
    assert scores(second) == scores(first)
    again = Profile(second)
    assert again.memory.get("person", b"ada@example.org") == b"\x00\xff1"
    assert again.mine == ("ada@example.org",)
    assert import_lines(second, exported, "x.jsonl").total() == 0
    assert lines(second) == exported


def test_an_export_of_a_former_version_is_taken_in(tmp_path: Path) -> None:
    first, second = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    filled(first)
    given = [json.loads(line) for line in lines(first)]
    key = bytes.fromhex(given[0]["key"])
    given[0]["mailtriage_profile"] = 1
    for kind, at in (("memory", 2), ("correction", 9)):
        for line in given:
            if kind in line:
                plain = unseal(key, b64decode(line[kind][at]["b"]))
                old = b"n" * 12 + key_module._streamed(key, b"n" * 12, plain)
                line[kind][at] = {"b": b64encode(old).decode()}
    import_lines(second, [json.dumps(line).encode() for line in given], "x")
    assert scores(second) == scores(first)
    assert Profile(second).memory.get("person", b"ada@example.org") == b"\x00\xff1"
    given[0]["mailtriage_profile"] = 2
    with pytest.raises(ProfileError, match=r"x line \d+: bytes have changed.*nothing was imported"):
        import_lines(tmp_path / "c.sqlite", [json.dumps(line).encode() for line in given], "x")


def test_joining_with_an_older_copy_keeps_the_last_word(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    triage = filled(path)
    old = lines(path)
    kept, changed, gone = mixed(2)[1:4]
    triage.learn(changed, "spam", now=100.0)
    triage.unlearn(gone, now=100.0)
    triage.learn(MAIL, "spam", now=100.0)
    before = scores(path)
    import_lines(path, old, "old.jsonl")
    assert scores(path) == before
    assert [triage.learned_as(raw) for raw in (kept, changed, gone, MAIL)] == [
        "important",
        "spam",
        None,
        "spam",
    ]
    copy = tmp_path / "b.sqlite"
    new = lines(path)
    import_lines(copy, old, "old.jsonl")
    import_lines(copy, new, "new.jsonl")
    other = Classifier(schema=SCHEMA, profile=Profile(copy))
    assert other.learned_as(changed) == "spam"
    assert other.learned_as(MAIL) == "spam"


def test_an_export_of_another_profile_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    filled(first)
    filled(second)
    before = lines(second)
    with pytest.raises(ProfileError, match=r"x\.jsonl line 1: of another profile than .*not empty"):
        import_lines(second, lines(first), "x.jsonl")
    assert lines(second) == before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda good: [], "line 1: it is empty"),
        (lambda good: good[1:], "line 1: no export of a profile"),
        (lambda good: [b"{}\n", *good], "line 1: no export"),
        (lambda good: [*good[:3], b"From ada Thu Jan  1\n"], "line 4: no JSON"),
        (lambda good: [*good[:3], b"[1]\n"], "line 4: no object"),
        (lambda good: [*good[:3], b'{"thing": []}\n'], "line 4: an unknown kind 'thing'"),
        (lambda good: [good[0], *good[3:]], "line 2: a correction for columns that no line"),
        (lambda good: [*good[:5], good[5][: len(good[5]) // 2]], "line 6: no JSON"),
        (lambda good: [*good, b'{"memory": ["person", 1, 2]}\n'], "is of another kind"),
        (lambda good: [*good, b'{"memory": ["person", {"b": "%%"}, {"b": ""}]}\n'], "line 13: "),
        (lambda good: [*good, b'{"observed": [1]}\n'], "2 values belong here"),
        (lambda good: [*good, b'{"observed": [99999999999999999999, 1]}\n'], "line 13: "),
        (lambda good: [*good, b'{"audit": [1, "[]"]}\n'], "no report"),
        (lambda good: [*good, b"[" * 100_000 + b"\n"], "no JSON"),
        (lambda good: [good[0].replace(b'"key":"', b'"key":"zz'), *good[1:]], "line 1: "),
    ],
)
def test_damage_names_the_line_and_changes_nothing(tmp_path: Path, damage: object, said: str) -> None:
    first, second = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    filled(first)
    good = lines(first)
    assert len(good) == 12
    Profile(second, create=True).close()
    before = lines(second)
    with pytest.raises(ProfileError, match="x.jsonl " + ("" if said.startswith("line") else ".*") + said):
        import_lines(second, damage(good), "x.jsonl")  # type: ignore[operator]
    assert lines(second) == before


def test_a_full_disk_is_not_called_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tmp_path / "a.sqlite"
    filled(first)

    def fail(*_: object) -> int:
        raise ProfileNotWritten("the disk is full")

    monkeypatch.setattr("classifier.profile.travel.next_epoch", fail)
    with pytest.raises(ProfileNotWritten, match=r"^the disk is full$"):
        import_lines(tmp_path / "b.sqlite", lines(first), "x.jsonl")


def test_an_export_shows_no_address_but_the_owners(tmp_path: Path) -> None:
    filled(tmp_path / "a.sqlite")
    for line in lines(tmp_path / "a.sqlite"):
        assert set(json.loads(line)) <= {"own"} or b"@" not in line
