"""mailtriage explain: the sums that are shown must come out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_mail import mail, mixed, run, write_mbox

TERM = re.compile(r" *([+-]\d+\.\d\d)(?:  (.*))?$")


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    return write_mbox(tmp_path / "in.mbox", mixed(1))


def sums(text: str) -> list[tuple[list[float], float]]:
    """Read each shown sum: its terms, and what stands under the line."""
    found = []
    for block in re.split(r"\n\n(?=.*log-odds)", text)[1:]:
        terms, total = block.split("-------")
        values = [float(match[1]) for line in terms.splitlines() if (match := TERM.match(line))]
        found.append((values, float(total.split("\n\n")[0])))
    return found


@pytest.mark.parametrize("clues", [0, 1, 5, 1000])
def test_the_terms_add_up_to_the_log_odds(mbox: Path, tiny_model: Path, clues: int) -> None:
    result = run("explain", "-m", tiny_model, "-n", clues, mbox, "0")
    assert result.exit_code == 0
    both = sums(result.stdout)
    assert len(both) == 2
    for terms, total in both:
        assert sum(terms) == pytest.approx(total, abs=0.005 * (len(terms) + 1))


def test_jsonl_gives_both_sums_in_full(mbox: Path, tiny_model: Path) -> None:
    one = json.loads(run("explain", "-m", tiny_model, "-f", "jsonl", mbox, "0").stdout)
    for question, total in one["log_odds"].items():
        told = one["explanation"][question]
        terms = [clue["contribution"] for clue in told["clues"]]
        assert told["bias"] + sum(terms) == pytest.approx(total, abs=1e-6 * (len(terms) + 1))


def test_a_single_message_needs_no_key(tiny_model: Path) -> None:
    result = run("explain", "-m", tiny_model, "-", input=mail("spam", 777))
    assert result.exit_code == 0
    assert "\nspam\n" in result.stdout.replace(", unsure", "")
    assert "Is it spam?" in result.stdout
    assert "(this decided)" in result.stdout
    assert "pills" in result.stdout, "the words of this message are the evidence"


def test_of_several_messages_one_must_be_named(mbox: Path, tiny_model: Path) -> None:
    result = run("explain", "-m", tiny_model, mbox)
    assert result.exit_code == 2
    assert "holds several messages: add a KEY" in result.stderr


@pytest.mark.parametrize("key", ["7", "x", "-1", ""])
def test_an_unknown_key_is_named(mbox: Path, tiny_model: Path, key: str) -> None:
    result = run("explain", "-m", tiny_model, "--", mbox, key)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"mailtriage: {mbox}")
    assert result.stderr.count("\n") == 1


def test_an_empty_mailbox_has_nothing_to_explain(tmp_path: Path, tiny_model: Path) -> None:
    (tmp_path / "empty.mbox").touch()
    result = run("explain", "-m", tiny_model, tmp_path / "empty.mbox")
    assert (result.exit_code, result.stdout) == (3, "")
