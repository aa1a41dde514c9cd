"""Dates: today's form, the obsolete ones, and what is no date at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail import Message, Timestamp
from classifier.mail.date import parse_date


def at(*fields: int) -> float:
    return datetime(*fields, tzinfo=UTC).timestamp()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds", "zone", "defects"),
    [
        ("Tue, 3 Mar 2020 09:14:58 +0100", at(2020, 3, 3, 8, 14, 58), 60, set()),
        ("3 Mar 2020 09:14 -0330", at(2020, 3, 3, 12, 44), -210, set()),
        ("Tue,  3 Mar 2020 09:14:58 +0100 (CET)", at(2020, 3, 3, 8, 14, 58), 60, set()),
        ("Tue, 03 Mar 2020 09:14:58 -0000", at(2020, 3, 3, 9, 14, 58), None, set()),
        ("Tue, 3 Mar 20 09:14:58 EST", at(2020, 3, 3, 14, 14, 58), -300, set()),
        ("Tue, 3 Mar 70 09:14:58 GMT", at(1970, 3, 3, 9, 14, 58), 0, set()),
        ("Tue Mar  3 09:14:58 2020", at(2020, 3, 3, 9, 14, 58), None, {"odd_date"}),
        ("2020-03-03T09:14:58+01:00", at(2020, 3, 3, 8, 14, 58), 60, {"odd_date"}),
        ("2020-03-03 09:14:58", at(2020, 3, 3, 9, 14, 58), None, {"odd_date"}),
        ("Tue, 3 Mar 2020 09:14:58", at(2020, 3, 3, 9, 14, 58), None, {"odd_date"}),
        ("Tue, 3 Mar 2020 09:14:58 -1600", at(2020, 3, 3, 9, 14, 58), None, {"absurd_zone"}),
        ("Tue, 3 Mar 2020 09:14:58 +01000", at(2020, 3, 3, 9, 14, 58), None, {"absurd_zone"}),
        ("Tue, 31 Dec 2016 23:59:60 +0000", at(2017, 1, 1), 0, set()),
    ],
)
def test_dates(text: str, seconds: float, zone: int | None, defects: set[str]) -> None:
    found: set[str] = set()
    assert parse_date(text, found) == Timestamp(seconds, zone)
    assert found == defects


@pytest.mark.parametrize(
    "text",
    [
        "", "sometime", "Tue, 32 Mar 2020 09:14:58 +0100", "Tue, 3 Foo 2020 09:14:58 +0100",
        "1 Jan 0000 00:00:00 +0000",
        "Tue, 3 Mar 2020 25:14:58 +0100", "Tue, 3 Mar 2020 09:99:58 +0100", "1 Jan 99999 00:00:00 +0000",
        "2020-99-99T00:00:00",
    ],
)  # fmt: skip
def test_no_dates(text: str) -> None:
    found: set[str] = set()
    assert parse_date(text, found) is None
    assert "bad_date" in found


@given(
    moment=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)),
    zone=st.integers(-14 * 60, 14 * 60),
)
def test_what_python_writes_is_read_back(moment: datetime, zone: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=zone)))
    assert parse_date(format_datetime(moment), set()) == Timestamp(moment.timestamp(), zone)


@given(st.text(st.sampled_from("0123456789 :+-,JanFeGMTZ().\t/"), max_size=50))
def test_the_parser_takes_anything(text: str) -> None:
    stamp = parse_date(text, set())
    assert stamp is None or isinstance(stamp.seconds, float)


def test_the_first_of_two_dates_counts() -> None:
    message = Message(b"Date: 3 Mar 2020 09:14:58 +0000\nDate: 4 Mar 2020 09:14:58 +0000\n\n")
    assert message.date == Timestamp(at(2020, 3, 3, 9, 14, 58), 0)
    assert "duplicate_header" in message.all_defects()
