"""Jobs that fell silent, where clocks are wrong, offices are closed, and several hosts go by one schedule."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from click.testing import CliRunner

from classifier.cli.group import cli
from classifier.digest.late import find_late
from classifier.digest.moments import Span, is_believed
from classifier.rootmail.record import Record

MONDAY = datetime(2026, 3, 2, 4, 5, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0


def record(host: str, times: Iterable[datetime], job: str = "dump", zone: int = 0) -> Record:
    told = Record(host, "cron", job, "root")
    for each in times:
        told.add((), each.timestamp(), zone)
    return told


def daily(host: str, days: Iterable[int], job: str = "dump", hour: int = 0) -> Record:
    return record(host, (MONDAY + timedelta(days=day, hours=hour) for day in days), job)


def workdays(host: str, without: Iterable[int] = (), weeks: int = 14, job: str = "report") -> Record:
    days = [day for day in range(7 * weeks) if day % 7 < 5 and day not in without]
    return daily(host, days, job, hour=4)


def late(records: list[Record], day: float) -> set[str]:
    return {each.host for each in find_late(records, MONDAY.timestamp() + day * DAY)}


def test_of_several_hosts_with_one_schedule_the_silent_one_is_named() -> None:
    hosts = [daily(f"web{number}", range(30)) for number in range(5)] + [daily("web9", range(28))]
    assert late(hosts, 29.2) == {"web9"}


FRIDAY = 95
"""Of the fourteenth week."""


def test_a_holiday_is_no_alarm() -> None:
    hosts = [daily("a", range(99), hour=1), daily("b", range(99), hour=1)]
    offices = [workdays("a", without=[FRIDAY]), workdays("b", without=[FRIDAY])]
    assert late([*hosts, *offices], FRIDAY + 0.9) == set()
    assert late(offices, FRIDAY + 0.9) == {
        "a",
        "b",
    }  # the villain: hosts that say nothing at all are no holiday
    one_works = [workdays("a", without=[FRIDAY]), workdays("b")]
    assert late([*hosts, *one_works], FRIDAY + 0.9) == {"a"}
    assert late([hosts[0], offices[0]], FRIDAY + 0.9) == {"a"}  # one host alone may be ill


def test_the_third_day_in_a_row_is_no_holiday() -> None:
    hosts = [daily("a", range(99), hour=1), daily("b", range(99), hour=1)]
    gone = [FRIDAY - 2, FRIDAY - 1, FRIDAY]
    offices = [workdays("a", without=gone), workdays("b", without=gone)]
    assert late([*hosts, *offices], FRIDAY - 1 + 0.9) == set()
    assert late([*hosts, *offices], FRIDAY + 0.9) == {"a", "b"}


@pytest.mark.parametrize("zone_told", [True, False])
@pytest.mark.parametrize("first", [datetime(2026, 2, 20, 3, 30), datetime(2026, 10, 1, 3, 30)])
def test_summer_time_begins_and_ends_without_an_alarm(first: datetime, zone_told: bool) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    times = [(first + timedelta(days=day)).replace(tzinfo=berlin) for day in range(60)]
    for count in range(20, 60):
        zone = int((times[count - 1].utcoffset() or timedelta()).total_seconds() // 60) if zone_told else 0
        told = record("web1", times[:count], zone=zone)
        assert not find_late([told], times[count].timestamp() - 1), times[count]


def test_silence_is_named_across_the_change_to_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    times = [datetime(2026, 3, 1, 3, 30, tzinfo=berlin) + timedelta(days=day) for day in range(28)]
    (found,) = find_late(
        [record("web1", times, zone=60)], datetime(2026, 3, 30, 12, tzinfo=berlin).timestamp()
    )
    assert found.missed == 2


def test_a_host_whose_clock_was_set_back_is_judged_by_the_rest() -> None:
    times = [MONDAY + timedelta(days=day) for day in range(30)]
    reset = [datetime(1970, 1, 1, 0, 3, tzinfo=UTC), datetime(2000, 1, 1, 0, 1, tzinfo=UTC)]
    again = [MONDAY + timedelta(days=day, minutes=2) for day in range(20, 24)]  # a snapshot was restored
    host = record("web1", [*times[:25], *reset, *again, *times[25:]])
    assert late([host], 29.5) == set()
    assert late([host], 31.5) == {"web1"}


def cron(host: str, when: datetime) -> str:
    stamp = format_datetime(when)
    return (
        f"From root@{host} Mon Mar  2 04:05:00 2026\nFrom: root@{host}.example.org\nTo: root@example.org\n"
        f"Subject: Cron <root@{host}> /bin/dump\nMessage-ID: <{when.timestamp()}@{host}>\nDate: {stamp}\n"
        "X-Cron-Env: <SHELL=/bin/sh>\n\ndone\n\n"
    )


def run(command: str, *paths: Path) -> str:
    words = [command, "--profile", "off", "--me", "ada@example.org", *map(str, paths)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_one_mail_from_the_future_does_not_make_every_job_late(tmp_path: Path) -> None:
    for host in ("web1", "web2"):
        mails = [cron(host, MONDAY + timedelta(days=day)) for day in range(20)]
        if host == "web1":
            mails.insert(10, cron(host, datetime(2098, 1, 1, tzinfo=UTC)))
            mails.insert(15, cron(host, datetime(1970, 1, 1, tzinfo=UTC)))
        (tmp_path / host).write_text("".join(mails))
    boxes = tmp_path / "web1", tmp_path / "web2"
    assert run("overdue", *boxes) == ""
    jobs = [orjson.loads(line) for line in run("jobs", *boxes).splitlines()]
    assert {job["rhythm"] for job in jobs} == {"daily"}
    told = run("digest", *boxes)
    assert told.splitlines()[0].startswith("2026-03-02")
    assert "Overdue" not in told
    assert "42 mails folded" in told


def test_a_wrong_clock_counts_where_there_is_no_other() -> None:
    span = Span()
    for moment in (0.0, time.time() + 400 * DAY):
        assert not is_believed(moment)
        span.add(moment)
    assert (span.first, span.last) == (0.0, pytest.approx(time.time() + 400 * DAY, abs=60))
    span.add(1e9)
    assert (span.first, span.last) == (1e9, 1e9)
