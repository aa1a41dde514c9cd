"""``audit``: a fair sample, an interval that holds, answers kept, a reminder that comes in time."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cli_mail import WORDS, mail, objects, run, write_mbox

from classifier.budget.binomial import clopper_pearson
from classifier.cli.exits import MODEL, OK, USAGE
from classifier.cli.opening import Personal
from classifier.config import Settings, profile_path
from classifier.errors import LabelError
from classifier.evaluate.audit import Audit, Draw, Pile, Tally
from classifier.evaluate.audit_table import read_table, write_table
from classifier.profile import Profile

DAY = 86_400


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    kinds = [label for label in WORDS for _ in range({"important": 5, "unimportant": 40, "spam": 12}[label])]
    return write_mbox(tmp_path / "m.mbox", [mail(label, 500 + n) for n, label in enumerate(kinds)])


@pytest.fixture
def asked(tiny_model: Path, mbox: Path) -> tuple[object, ...]:
    return "-m", tiny_model, "--me", "ada@example.org", mbox


def piles(asked: tuple[object, ...]) -> Counter[str]:
    told = objects(run("classify", *asked))
    return Counter("" if each["unsure"] or each["label"] == "important" else each["label"] for each in told)


# The draw


def test_every_message_of_a_pile_is_as_likely_to_be_drawn() -> None:
    seen: Counter[int] = Counter()
    for seed in range(2000):
        draw: Draw[int] = Draw(3, seed)
        for number in range(10):
            draw.offer("spam", number)
        seen.update(item for _, item in draw.mixed())
    assert set(seen) == set(range(10))
    assert all(480 < count < 720 for count in seen.values())  # 600 expected, six standard deviations


def test_a_draw_depends_on_the_seed_alone_and_hides_the_piles() -> None:
    def drawn(seed: int) -> list[tuple[str, int]]:
        draw: Draw[int] = Draw(5, seed)
        for number in range(50):
            draw.offer(["spam", "unimportant"][number % 2], number)
        return draw.mixed()

    assert drawn(1) == drawn(1) != drawn(2)
    order = [pile for pile, _ in drawn(1)]
    assert Counter(order) == {"spam": 5, "unimportant": 5}
    assert order not in (sorted(order), sorted(order, reverse=True))


# The interval


def test_a_pile_looked_through_leaves_no_doubt() -> None:
    assert Pile(7, 7, 2).lost() == (2.0, 2, 2)
    assert Pile(0, 0, 0).lost() == (0.0, 0, 0)


def test_what_was_found_is_bounded_by_clopper_and_pearson() -> None:
    estimate, low, high = Pile(1000, 30, 0).lost(0.95)
    assert (estimate, low) == (0.0, 0)
    assert high == -int(-1000 * clopper_pearson(0, 30)[1] // 1)
    estimate, low, high = Pile(1000, 50, 5).lost()
    assert estimate == 100.0
    assert low == int(1000 * clopper_pearson(5, 50)[0])
    assert 5 <= low < 100 < high < 1000
    assert Pile(40, 30, 0).lost()[2] <= 10  # no more can be lost than were not looked at


@pytest.mark.parametrize(
    ("lost", "sizes"), [((4, 1), (60, 30)), ((0, 0), (60, 30)), ((30, 3), (300, 25)), ((1, 0), (400, 10))]
)
def test_the_interval_of_both_piles_holds_as_often_as_it_says(
    lost: tuple[int, int], sizes: tuple[int, int]
) -> None:
    lot, held = random.Random(11), 0
    for _ in range(400):
        found = [
            sum(lot.sample([1] * bad + [0] * (size - bad), min(20, size)))
            for bad, size in zip(lost, sizes, strict=True)
        ]
        given = {
            name: Pile(size, min(20, size), count)
            for name, size, count in zip(("unimportant", "spam"), sizes, found, strict=True)
        }
        _, low, high = Audit(given, 10).lost()
        held += low <= sum(lost) <= high
    assert held >= 0.95 * 400


def test_nothing_looked_at_is_nothing_known() -> None:
    audit = Tally({"unimportant": 5, "spam": 0}, 3).audit()
    assert audit.lost()[1:] == (0, 5)
    assert audit.to_json()["lost"] == {"estimate": None, "low": 0, "high": 5}


# On the terminal


def test_answers_make_a_report_and_are_kept(asked: tuple[object, ...]) -> None:
    sizes = piles(asked)
    assert sizes["unimportant"] > 10
    assert sizes["spam"] > 5
    answers = b"i\n" + b"u\n" * 14 + b"n\n" + b"s\n" * 50
    result = run("audit", *asked, "--sample", 8, input=answers)
    assert result.exit_code == OK, result.output
    assert f"unimportant: {sizes['unimportant']} put away, " in result.stdout
    kept = Profile().last_audit()
    assert kept is not None
    looked = sum(pile["looked_at"] for pile in kept.report["piles"].values())
    assert looked == 15  # 16 drawn, one of which nobody could say
    assert sum(pile["important"] for pile in kept.report["piles"].values()) == 1
    assert kept.report["shown"] == sizes[""]
    low, high = kept.report["lost"]["low"], kept.report["lost"]["high"]
    assert f", {low} to {high} with 95% confidence, of " in result.stdout
    assert "m.mbox" in result.stdout.splitlines()[-1]  # where the lost one lies


def test_the_reader_is_not_told_what_a_message_was_taken_for(asked: tuple[object, ...]) -> None:
    result = run("audit", *asked, "--sample", 3, input=b"v\nq\n")
    before = result.stdout.split("unimportant: ")[0]
    assert "1 of 6" in before
    assert "(case" in before  # the text, asked for with v
    assert before.count("unimportant") == 1  # in the list of keys alone


def test_going_back_and_stopping(asked: tuple[object, ...]) -> None:
    result = run("audit", *asked, "--sample", 3, "-f", "json", input=b"i\nb\nu\nx\nu\nq\n")
    told = json.loads(result.stdout.splitlines()[-1])
    assert sum(pile["looked_at"] for pile in told["piles"].values()) == 2
    assert sum(pile["important"] for pile in told["piles"].values()) == 0


def test_stopping_at_once_keeps_nothing(asked: tuple[object, ...]) -> None:
    result = run("audit", *asked, input=b"")
    assert result.exit_code == OK
    assert "nothing was looked at" in result.stdout
    assert not profile_path().exists()


def test_what_was_answered_is_learned_on_request(asked: tuple[object, ...]) -> None:
    run("audit", *asked, "--sample", 2, "--learn", input=b"i\n" * 4)
    told = json.loads(run("profile", "show", "-f", "json").stdout)
    assert told["corrections"] == {"important": 4}
    assert told["said_by"] == {"audit": 4}
    run("audit", *asked, "--profile", "off", "--sample", 2, input=b"s\n" * 4)
    assert json.loads(run("profile", "show", "-f", "json").stdout)["corrections"] == {"important": 4}


# With a table


def fill(table: Path, label: str) -> None:
    head, *rows = table.read_text().rstrip("\n").split("\n")
    assert head.startswith("label\tfrom\tsubject")
    table.write_text("\n".join([head, *(label + row for row in rows)]) + "\n")


def test_a_table_is_written_filled_in_and_read(asked: tuple[object, ...], tmp_path: Path) -> None:
    table = tmp_path / "sample.tsv"
    result = run("audit", *asked, "--tsv", table, "--sample", 4)
    assert result.exit_code == OK
    assert not profile_path().exists()
    assert "exists; it may hold answers" in run("audit", *asked, "--tsv", table).stderr
    fill(table, "unimportant")
    result = run("audit", "--read", table)
    assert "important mail lost: none found" in result.stdout
    kept = Profile().last_audit()
    assert kept is not None
    assert [pile["looked_at"] for pile in kept.report["piles"].values()] == [4, 4]
    sizes = piles(asked)
    assert {name: pile["size"] for name, pile in kept.report["piles"].items()} == {
        name: sizes[name] for name in ("unimportant", "spam")
    }
    model = asked[:2]
    assert "without an answer" not in result.stderr
    rows = table.read_text().split("\n")
    half = tmp_path / "half.tsv"
    half.write_text("\n".join([*rows[:3], *(row.removeprefix("unimportant") for row in rows[3:])]))
    result = run("audit", "--read", half)
    assert "6 of 8 were left without an answer" in result.stderr
    result = run("audit", *model, "--read", table, "--learn")
    assert "learned 8 of 8 messages: 8 unimportant" in result.stdout


def written(tmp_path: Path) -> list[str]:
    table = tmp_path / "t.tsv"
    row = {"from": "a\tb", "subject": "s", "date": "", "mailbox": "m", "key": "0", "pile": "spam"}
    write_table(table, [row, {**row, "key": "1", "pile": "unimportant"}], {"spam": 1, "unimportant": 9}, 3)
    return table.read_text().rstrip("\n").split("\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda rows: [rows[0].replace("pile_size", "x"), *rows[1:]],
            "line 1: no table of an audit; it lacks",
        ),
        (lambda rows: [*rows, "urgent" + rows[1]], "line 4: unknown label 'urgent'"),
        (lambda rows: [*rows, rows[1].replace("spam", "ham")], "line 4: unknown pile 'ham'"),
        (
            lambda rows: [*rows, rows[2].replace("\t9\t", "\t8\t")],
            "line 4: two sizes for the pile",
        ),
        (lambda rows: [*rows, "\t".join(rows[1].split("\t")[:4])], "line 4: "),
        (lambda rows: [*rows, rows[1].replace("\t1\t", "\tone\t")], "line 4: "),
        (lambda rows: [*rows, "spam" + rows[1]], "line 4: the same message as line 2"),
        (
            lambda rows: [rows[0], "spam" + rows[1], "spam" + rows[1].replace("\t0\t", "\t7\t")],
            "2 answers for 1 messages",
        ),
        (lambda rows: [""], "line 1"),
    ],
)
def test_a_table_that_is_wrong_names_the_line(tmp_path: Path, change: Any, said: str) -> None:
    rows = written(tmp_path)
    (tmp_path / "t.tsv").write_text("\n".join(change(rows)) + "\n")
    with pytest.raises(LabelError, match=f"t.tsv.*{said}"):
        read_table(tmp_path / "t.tsv")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("audit",), USAGE),
        (("audit", "--read", "x.tsv", "m.mbox"), USAGE),
        (("audit", "-"), USAGE),
        (("audit", "--read", "nowhere.tsv"), USAGE),
        (("audit", "--profile", "nowhere.sqlite", "m.mbox"), MODEL),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], code: int) -> None:
    assert run(*arguments).exit_code == code


# The reminder


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("taken", "days", "said"),
    [
        (None, 89, ""),
        (None, 90, "no audit in 90 days"),
        (80, 169, ""),
        (80, 170, "the last audit was 90 days ago"),
        (80, 10, ""),  # the clock went back
    ],
)
def test_an_old_audit_is_remembered_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, taken: int | None, days: int, said: str
) -> None:
    profile = Profile(create=True)
    start = profile.created
    if taken is not None:
        profile.add_audit({}, start + taken * DAY)
    heard: list[object] = []
    monkeypatch.setattr("classifier.cli.opening.complain", heard.append)
    personal = Personal("", Settings())
    personal.remind(profile, start + days * DAY + 1)
    assert not heard  # no terminal
    monkeypatch.setattr("classifier.cli.opening.sys.stderr", Terminal())
    personal.remind(profile, start + days * DAY + 1)
    assert [str(each)[: len(said)] for each in heard] == ([said] if said else [])
    personal.remind(None)
    assert len(heard) == bool(said)
