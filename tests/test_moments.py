"""Dates of a batch read together are those that are read one by one."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from classifier.mail.date import FURTHEST_ZONE, parse_date
from classifier.mail.headers import unfold
from classifier.output.envelope import utc
from classifier.output.moments import usual_moments


def one_by_one(value: bytes) -> str | None:
    stamp = parse_date(unfold(value, set()), set())
    return None if stamp is None else utc(stamp.seconds)


USUAL = (
    b" Thu, 22 Aug 2002 18:26:25 +0700",
    b" Mon, 2 Sep 2002 00:12:13 -0400",
    b" Fri,  1 Mar 2024 23:59:59 +1345",
    b"Thu, 29 Feb 2024 00:00:00 -0000 (PST)",
    b" Wed, 31 Dec 1969 19:00:00 -0500",
    b" 5 May 2002 20:34:36 -0700",
    b" Sat, 16 Mar 2002 09:36:32 GMT",
    b" Sun, 27 May 2001 12:39:01 -1600",  # a zone that nobody has, read as if none were told
)
ODD = (
    b" Tue, 31 Jul 2001 05:44:04",
    b" Thu, 29 Feb 2023 00:00:00 +0000",
    b" Mon, 0 Sep 2002 00:12:13 -0400",
    b" Wed, 01 May 0102 08:40:01 +0800",
    b" Mon, 2 Sep 2002 00:12:60 +0000",
    b" Mon, 2 Sxp 2002 00:12:00 +0000",
    b" Mon, 2 Sep 2002 00:12:00 +0060",
    b" Mon, 2 Sep 2002 00:12:00 +0000 (((",
    b"",
)


def test_usual_dates_are_read() -> None:
    assert usual_moments(USUAL) == [one_by_one(value) for value in USUAL]
    assert None not in usual_moments(USUAL)


def test_what_is_odd_is_left_to_who_reads_with_care() -> None:
    """Villain: reading a day that no month has, or a second 60 as if it were none."""
    assert usual_moments([*ODD, None]) == [None] * (len(ODD) + 1)
    assert usual_moments([]) == []


@given(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 30)), st.integers(-5999, 5999))
def test_every_moment_and_zone(moment: datetime, zone: int) -> None:
    sign, (hours, minutes) = "-" if zone < 0 else "+", divmod(abs(zone), 60)
    written = f" {moment:%a, %d %b %Y %H:%M:%S} {sign}{hours:02}{minutes:02}".encode()
    seconds = moment.replace(tzinfo=UTC).timestamp() // 1 - (zone if abs(zone) <= FURTHEST_ZONE else 0) * 60
    assert usual_moments([written]) == [utc(seconds)] == [one_by_one(written)]


@given(st.sampled_from(USUAL), st.integers(0, 40), st.binary(max_size=2), st.integers(0, 2))
@example(b" Mon, 2 Sep 2002 00:12:13 -0400", 5, b"", 1)
def test_damage_is_never_read_in_another_way(usual: bytes, at: int, put: bytes, over: int) -> None:
    damaged = usual[:at] + put + usual[at + over :]
    told = usual_moments([damaged])[0]
    assert told is None or told == one_by_one(damaged)
