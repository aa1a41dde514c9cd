"""Lines: what changes is masked, what is said stays, and trouble is told from its denial."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.rootmail.alarms import FAILURE, GRAVE, NEUTRAL, WARNING, alarm_of
from classifier.rootmail.masks import LINE_CHARS, LINES_HEAD, LINES_TAIL, read_lines, shown


def template(line: str, host: str = "") -> str:
    return shown(read_lines(line, host)[0].template)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Feb  3 13:13:36 web sshd[483]: x", "Mar 12 01:02:03 web sshd[77]: x"),
        ("2026-02-03T13:13:36.123+01:00 started", "2027-12-31 00:00:00 UTC started"),
        ("Mon Feb  2 05:07:01 UTC 2026", "Tue Mar 31 15:07:01 CEST 2026"),
        ("banned 203.0.113.5 after 5 attempts", "banned 2001:db8::17 after 12 attempts"),
        ("from ann@example.org size 3 kB", "from bob.x@mail.example.net size 7.2 MB"),
        ("id 55358adb705d24ab683a2a73241238a517369041", "id 0eb5dd4ff80fc83b9f830348e1ff84a9d96b6ca1"),
        ("dump-Mon.sql 1.8M", "dump-Fri.sql 111"),
        ("sent 310,807 bytes", "sent 9 bytes"),
        ("backup    done  in 3s", "backup done in 12s"),
        ("erstellt am 3. März 2026 um 12:00", "erstellt am 12. Dez. 2027 um 01:30"),
    ],
)
def test_what_changes_is_masked(one: str, other: str) -> None:
    assert template(one) == template(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/bin/ls", "/bin/cat"),
        ("rsync error: disk full", "rsync error: broken pipe"),
        ("md0 : active raid1 [U_]", "md0 : active raid1 [UU]"),
        ("root     0 /root /bin/bash", "svc      0 /root /bin/bash"),
    ],
)
def test_what_is_said_stays(one: str, other: str) -> None:
    assert template(one) != template(other)


def test_the_name_of_the_host_is_masked_in_both_forms() -> None:
    assert template("disk on web01 full", "web01.example.net") == "disk on <host> full"
    assert template("disk on web01.example.net full", "web01.example.net") == "disk on <host> full"
    assert template("disk on web011 full", "web01.example.net") == "disk on web# full"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("total 305,871 bytes in 2 minutes", (305871.0, 120.0)),
        ("1.8M Feb", (1.8e6,)),
        ("464 KiB in backup set", (464 * 1024.0,)),
        ("Duration: 0.07 seconds", (0.07,)),
        ("98% of /srv", (98.0,)),
        ("1.234.567 Zeilen", (1234567.0,)),
    ],
)
def test_numbers_are_kept_in_base_units(line: str, values: tuple[float, ...]) -> None:
    assert read_lines(line)[0].values == pytest.approx(values)


def test_a_percentage_is_marked() -> None:
    line = read_lines("disk 3 of 9 is 98% full")[0]
    assert [bool(line.percent >> at & 1) for at in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("line", "grade"),
    [
        ("kernel: blk_update_request: I/O error, dev sdb, sector 7", GRAVE),
        ("No space left on device (28)", GRAVE),
        ("www-data : user NOT in sudoers", GRAVE),
        ("curl: (7) Failed to connect: Connection refused", FAILURE),
        ("backup exit status 2", FAILURE),
        ("pg_dump: Fehler: Verbindung fehlgeschlagen", FAILURE),
        ("エラー: 接続に失敗しました", FAILURE),
        ("WARNING: disk 91% used", WARNING),
        ("shop.example.com: expires (24 days left)", WARNING),
        ("0 errors", NEUTRAL),
        ("failed: 0, errors: 0", NEUTRAL),
        ("no problems found", NEUTRAL),
        ("array was DEGRADED, now optimal", NEUTRAL),
        ("backup exit status 0", NEUTRAL),
        ("Another message will be sent in 24 hours if the problem persists.", NEUTRAL),
        ("Mail queue is empty", NEUTRAL),
        ("", NEUTRAL),
    ],
)
def test_trouble_is_told_from_its_denial(line: str, grade: int) -> None:
    lines = read_lines(line or "x")
    assert alarm_of(lines[0].reading if line else "").grade == grade


def test_a_zero_is_told_from_other_numbers_only_in_the_reading() -> None:
    zero, one = read_lines("status 0")[0], read_lines("status 1")[0]
    assert zero.template == one.template
    assert zero.reading != one.reading


def test_long_logs_are_bounded() -> None:
    lines = read_lines("\n".join(f"{'a' * 2000} {number}" for number in range(100_000)))
    assert len(lines) == LINES_HEAD + LINES_TAIL
    assert max(len(line.text) for line in lines) == LINE_CHARS


@given(st.text(max_size=600))
def test_any_text(text: str) -> None:
    for line in read_lines(text, "host.example.net"):
        assert "\n" not in line.template
        assert len(line.values) <= 8
        assert alarm_of(line.reading) == alarm_of(line.reading)
