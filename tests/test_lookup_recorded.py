"""Files of recorded answers: what was written comes back, and what is damaged is named by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import AnswersError, ConfigError
from classifier.lookup import Answer, Recorded, Status, open_lookup
from classifier.lookup.recorded import AnswersFile, line_of, read_answers

FIRST = Answer("example.org", "MX", Status.FOUND, ("10 mx.example.org",), ttl=300, taken=1767225600.125)
SECOND = Answer("mx.example.org", "A", Status.FOUND, ("192.0.2.1",), ("real.example.org",), 60, 1767225601.0)
FAILED = Answer("example.net", "MX", Status.TEMPERROR, taken=1767225602.0)
VERSION = b'{"format":"mailtriage-answers","version":1}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def test_what_was_written_comes_back_with_its_time(path: Path) -> None:
    with AnswersFile(path) as file:
        assert file.add([FIRST, SECOND, FAILED, Answer("never.asked", "MX", Status.OFF)]) == 3
    assert path.read_bytes().startswith(VERSION)
    assert list(read_answers(path)) == [FIRST, SECOND, FAILED]


def test_a_second_run_adds_and_keeps_what_is_there(path: Path) -> None:
    with AnswersFile(path) as file:
        file.add([FAILED])
    better = Answer("example.net", "MX", Status.ABSENT, ttl=60, taken=1767300000.0)
    with AnswersFile(path) as file:
        assert list(file.known) == [FAILED]
        assert file.add([better, FIRST]) == 2
        assert file.add([better, FIRST, FAILED]) == 0  # nothing new, and a failure never covers an answer
    answers = read_answers(path)
    assert answers.get("example.net", "MX") == better
    assert len(path.read_bytes().splitlines()) == 4


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_repaired_by_writing_and_named_by_reading(path: Path, cut: int) -> None:
    whole = VERSION + line_of(FIRST) + line_of(SECOND)
    path.write_bytes(whole[:-cut])
    with pytest.raises(AnswersError, match=r"line 3.*torn"):
        read_answers(path)
    with AnswersFile(path) as file:
        assert file.repaired == len(line_of(SECOND)) - cut
        file.add([FAILED])
    assert list(read_answers(path)) == [FIRST, FAILED]


@pytest.mark.parametrize("beginning", [b"", VERSION[:10], VERSION[:-1]])
def test_a_torn_version_line_is_begun_anew(path: Path, beginning: bytes) -> None:
    path.write_bytes(beginning)
    with AnswersFile(path) as file:
        file.add([FIRST])
    assert list(read_answers(path)) == [FIRST]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1.*no file of recorded"),
        (b"From ada@example.org\n", "line 1.*no file of recorded"),
        (b"[]\n", "line 1.*no file of recorded"),
        (b'{"format":"mailtriage-answers","version":2}\n', "line 1.*version 2.*reads 1"),
        (VERSION + b"{\n", "line 2"),
        (VERSION + b"7\n", "line 2.*not an object"),
        (VERSION + line_of(FIRST) + b'{"name":"x"}\n', "line 3.*lacks 'type'"),
        (VERSION + b'{"name":"x","type":"TXT","status":"absent","taken":1}\n', "line 2.*unknown type"),
        (VERSION + b'{"name":"x","type":"MX","status":"fine","taken":1}\n', "line 2.*lacks 'fine'"),
        (VERSION + b'{"name":"x","type":"MX","status":"off","taken":1}\n', "line 2"),
        (VERSION + b'{"name":"x","type":"MX","status":"found","taken":1}\n', "line 2.*found means records"),
        (VERSION + b'{"name":"x","type":"MX","status":"found","records":["mx"],"taken":1}\n', "line 2"),
        (
            VERSION + b'{"name":"x","type":"A","status":"found","records":[1],"taken":1}\n',
            "line 2.*not a string",
        ),
        (
            VERSION + b'{"name":"x","type":"A","status":"found","records":"a","taken":1}\n',
            "line 2.*not a list",
        ),
        (VERSION + b'{"name":"x","type":"A","status":"absent","taken":"now"}\n', "line 2"),
        (VERSION + b'{"name":"x","type":"A","status":"absent","ttl":1e999,"taken":1}\n', "line 2"),
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(AnswersError, match=message):
        read_answers(path)
    if content:  # an empty file is a fine place to begin
        with pytest.raises(AnswersError, match=message):
            AnswersFile(path)
    assert path.read_bytes() == content


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match=r"absent\.jsonl: cannot be read"):
        read_answers(tmp_path / "absent.jsonl")
    with pytest.raises(AnswersError, match="cannot be written"):
        AnswersFile(tmp_path / "no" / "folder.jsonl")


def test_two_writers_do_not_mix(path: Path) -> None:
    with AnswersFile(path), pytest.raises(AnswersError, match="another process"):
        AnswersFile(path)


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.jsonl"
    path.write_bytes(VERSION + garbage)
    complaint = ""
    try:
        assert read_answers(path).get("example.org", "MX").status is Status.OFF
    except AnswersError as error:
        complaint = str(error)
    assert not complaint or str(path) in complaint


def test_recorded_lookups_read_off_where_nothing_is_recorded(path: Path) -> None:
    with AnswersFile(path) as file:
        file.add([FIRST])
    with open_lookup(f"recorded:{path}") as lookup:
        assert lookup.mode == "recorded"
        answers = lookup.answers_for(["example.org", "example.com"])
    assert answers.get("example.org", "MX") == FIRST
    assert answers.get("example.com", "MX").status is Status.OFF


def test_lookups_are_off_unless_asked_for() -> None:
    lookup = open_lookup()
    assert isinstance(lookup, Recorded)
    assert lookup.mode == "off"
    assert lookup.answers_for(["example.org"]).topology("example.org").outcome == "off"


@pytest.mark.parametrize("mode", ["on", "", "recorded", "LIVE"])
def test_other_modes_are_refused(mode: str) -> None:
    with pytest.raises(ConfigError, match="off, live or recorded:FILE"):
        open_lookup(mode)
