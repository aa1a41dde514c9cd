"""``replay --behaviour``: an archive without labels, judged as it came and learned from by what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_mail import objects, run
from test_behaviour import answers, asks, news

BEGIN = 5


def archive(days: int = 25) -> bytes:
    """Bob is answered on the same day, the news never."""
    found = []
    for day in range(days):
        stamp = f"Date: {BEGIN + day % 20:02} {('Jan', 'Feb')[day // 20]} 2026 %02d:00:00 +0000\n".encode()
        for hour, raw in ((8, asks(day)), (9, news(day)), (10, answers(day))):
            found.append(b"From x@y Thu Jan  1 00:00:00 1970\n" + stamp % hour + raw + b"\n")
    return b"".join(found)


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    place = tmp_path / "all.mbox"
    place.write_bytes(archive())
    return place


def follow(*args: object) -> tuple[int, list[dict[str, Any]], str]:
    done = run("replay", "--behaviour", *args)
    return done.exit_code, objects(done), done.stderr


def test_it_learns_what_is_answered(mbox: Path) -> None:
    code, lines, said = follow("--me", "ann@example.org", "--model", "none", "--from", "0.6", mbox)
    assert code == 0
    assert len(lines) == 50
    assert "average precision 1.000" in said
    assert "25 of yours" in said
    importance = {line["position"]: line["log_odds"]["importance"] for line in lines}
    assert importance[72] > importance[73]
    assert "gold" not in lines[0]


def test_it_wants_to_know_whose_mail_it_is(mbox: Path) -> None:
    code, _, said = follow("--model", "none", mbox)
    assert code == 2
    assert "--me" in said


def test_labels_and_behaviour_do_not_go_together(mbox: Path) -> None:
    code, _, said = follow("--me", "ann@example.org", "--spam", mbox)
    assert code == 2
    assert "without labels" in said


def test_mail_of_which_none_is_mine_is_noticed(mbox: Path) -> None:
    code, _, said = follow("--me", "somebody@else.example", "--model", "none", mbox)
    assert code == 0
    assert "none of this mail is yours" in said
