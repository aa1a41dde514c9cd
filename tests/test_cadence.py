"""Rhythms: found where there are any, kept apart from chance, and broken by silence alone."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.digest.late import SURE
from classifier.rootmail.cadence import (
    DAY,
    GRACE,
    HOUR,
    LENGTHS,
    MINUTE,
    find_overdue,
    find_rhythm,
    next_due,
)
from classifier.rootmail.cycle import Cycle

START = datetime(2026, 3, 2, 4, 5, tzinfo=UTC).timestamp()  # a Monday


def every(length: float, count: int, jitter: float = 0.0, start: float = START) -> list[float]:
    chance = random.Random(7)
    return [start + n * length + chance.uniform(0, jitter) for n in range(count)]


@pytest.mark.parametrize(
    ("length", "name"),
    [
        (5 * MINUTE, "every 5 minutes"),
        (HOUR, "hourly"),
        (4 * HOUR, "every 4 hours"),
        (DAY, "daily"),
        (2 * DAY, "every 2 days"),
        (5 * DAY, "every 5 days"),
        (7 * DAY, "weekly"),
    ],
)
def test_a_rhythm_is_found(length: float, name: str) -> None:
    rhythm = find_rhythm(every(length, 12, jitter=min(length / 20, 10 * MINUTE)))
    assert rhythm.name == name
    assert rhythm.explained == 1
    assert len(rhythm.slots) == 1


def test_a_job_that_waits_at_random_is_still_daily() -> None:
    assert find_rhythm(every(DAY, 30, jitter=HOUR)).name == "daily"


def test_a_daily_job_around_midnight_has_one_slot() -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC).timestamp() - 10 * MINUTE
    rhythm = find_rhythm(every(DAY, 20, jitter=20 * MINUTE, start=midnight))
    assert (rhythm.name, len(rhythm.slots)) == ("daily", 1)


def test_weekdays_are_weekdays() -> None:
    times = [each for n, each in enumerate(every(DAY, 42)) if n % 7 < 5]
    rhythm = find_rhythm(times)
    assert rhythm.name == "weekdays"
    saturday = START + 40 * DAY
    assert find_overdue(rhythm, saturday + 6 * HOUR) is None
    monday = find_overdue(rhythm, START + 42 * DAY + 6 * HOUR)
    assert monday is not None
    assert monday.expected == START + 42 * DAY


def test_weekdays_are_missed_after_five_weeks_with_a_holiday() -> None:
    days = [day for day in range(35) if day % 7 < 5 and day != 15]
    rhythm = find_rhythm([START + day * DAY for day in days])
    assert rhythm.name == "weekdays"
    monday = find_overdue(rhythm, START + 35 * DAY + 6 * HOUR)
    assert monday is not None
    assert monday.confidence >= SURE


def test_a_day_that_skips_promises_less_than_the_others() -> None:
    days = [day for day in range(56) if day % 7 < 5 and day != 14]
    rhythm = find_rhythm([START + day * DAY for day in days])
    promised = [rhythm.kept(slot) for slot in sorted(rhythm.slots, key=lambda slot: slot.filled)]
    assert promised[0] < promised[1] == promised[-1] < 1


def test_the_first_of_the_month_is_monthly() -> None:
    times = [datetime(2026, month, 1, 3, tzinfo=UTC).timestamp() for month in range(1, 8)]
    rhythm = find_rhythm(times)
    assert rhythm.name == "monthly"
    assert next_due(rhythm, times[-1] + DAY) == datetime(2026, 8, 1, 3, tzinfo=UTC).timestamp()
    late = find_overdue(rhythm, datetime(2026, 9, 1, 12, tzinfo=UTC).timestamp())
    assert late is not None
    assert late.missed == 2


def test_two_times_a_day_are_two_slots() -> None:
    rhythm = find_rhythm(sorted([*every(DAY, 20), *every(DAY, 20, start=START + 9 * HOUR)]))
    assert (rhythm.cycle.length, len(rhythm.slots)) == (DAY, 2)


def test_extras_do_not_hide_a_rhythm() -> None:
    extras = [START + n * DAY + 7.77 * HOUR * (1 + n % 3) for n in (3, 8, 9, 14, 21)]
    assert find_rhythm(sorted([*every(DAY, 25), *extras])).name == "daily"


@pytest.mark.parametrize("seed", range(8))
def test_chance_has_no_rhythm(seed: int) -> None:
    chance = random.Random(seed)
    times = [START]
    for _ in range(40):
        times.append(times[-1] + chance.expovariate(1 / (9 * HOUR)))
    assert not find_rhythm(times).slots


@pytest.mark.parametrize("count", range(4))
def test_few_arrivals_are_no_rhythm(count: int) -> None:
    rhythm = find_rhythm(every(DAY, count))
    assert rhythm.name == "irregular"
    assert find_overdue(rhythm, START + 99 * DAY) is None
    assert next_due(rhythm, START) is None


@pytest.mark.parametrize(("silent", "missed"), [(0, 0), (1, 1), (4, 4)])
def test_silence_is_counted(silent: int, missed: int) -> None:
    rhythm = find_rhythm(every(DAY, 30))
    found = find_overdue(rhythm, START + (29 + silent) * DAY + 2 * HOUR)
    assert (found.missed if found else 0) == missed
    if found:
        assert found.expected == START + 30 * DAY
        assert found.confidence > 0.95


def test_a_mail_at_another_time_shows_that_a_job_is_alive() -> None:
    due = START + 30 * DAY
    silent, alive = every(DAY, 30), [*every(DAY, 30), due + 4 * HOUR]
    assert find_overdue(find_rhythm(silent), due + 9 * HOUR) is not None
    assert find_overdue(find_rhythm(alive), due + 9 * HOUR) is None
    assert find_overdue(find_rhythm(alive), due + DAY + 9 * HOUR) is not None


def test_a_job_that_skips_is_not_given_a_long_cycle_that_fits_it() -> None:
    chance = random.Random(5)
    times = [each for each in every(DAY, 60) if chance.random() < 0.7]
    assert len(find_rhythm(times).slots) <= 1


def test_grace_is_given() -> None:
    rhythm = find_rhythm(every(DAY, 30))
    due = START + 30 * DAY
    assert find_overdue(rhythm, due + GRACE - 1) is None
    assert find_overdue(rhythm, due + GRACE + 1) is not None


def test_a_job_that_often_skips_is_not_soon_late() -> None:
    chance = random.Random(3)
    skipping = [each for each in every(DAY, 60) if chance.random() < 0.85]
    steady = every(DAY, 60)
    now = skipping[-1] + 1.2 * DAY
    skipped, missed = find_overdue(find_rhythm(skipping), now), find_overdue(find_rhythm(steady), now + DAY)
    assert skipped is None or (missed is not None and skipped.confidence < missed.confidence)


def test_more_silence_is_more_confidence() -> None:
    rhythm = find_rhythm(every(DAY, 5))
    sure = [
        late.confidence for n in (1, 2, 3) if (late := find_overdue(rhythm, START + (4 + n) * DAY + 3 * HOUR))
    ]
    assert len(sure) == 3
    assert sure == sorted(sure)
    assert sure[0] < 0.9 < sure[1]


def test_the_wall_clock_decides_where_the_zone_is_told() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 3, 1, 3, 30, tzinfo=berlin)
    times = [(first + timedelta(days=n)).timestamp() for n in range(60)]  # summer time begins on 29 March
    told = find_rhythm([each - START for each in times[40:]], zone=120)
    assert told.name == "daily"
    untold = find_rhythm(times)
    assert untold.name == "daily"
    assert find_overdue(untold, times[-1] + HOUR) is None


def test_a_clock_that_is_set_back_an_hour_is_no_alarm() -> None:
    times = every(DAY, 30)
    assert find_overdue(find_rhythm(times), times[-1] + DAY + HOUR) is None


def test_arrivals_of_a_clock_that_jumped_are_borne() -> None:
    times = [*every(DAY, 30), START + 5000 * DAY, 0.0, -5.0]
    rhythm = find_rhythm(times)
    assert 0 <= rhythm.explained <= 1


@given(
    st.lists(st.integers(0, 2**32), max_size=64),
    st.integers(-720, 840),
    st.integers(0, 2**32),
)
def test_any_arrivals_are_borne(times: list[int], zone: int, now: int) -> None:
    rhythm = find_rhythm(map(float, times), zone)
    assert rhythm == find_rhythm(map(float, reversed(times)), zone)
    late = find_overdue(rhythm, float(now))
    assert late is None or (late.missed > 0 and 0 < late.confidence < 1 and late.expected < now)
    due = next_due(rhythm, float(now))
    assert due is None or due > now


@given(st.sampled_from((0.0, *LENGTHS)), st.floats(0, 2**32), st.floats(0, DAY))
def test_a_place_leads_back_to_its_time(length: float, time: float, start: float) -> None:
    cycle = Cycle(length, start)
    number, phase = cycle.place(time)
    assert cycle.moment(number, phase) == pytest.approx(time, abs=1e-3)
    assert phase >= -1e-3
