"""The report: valid HTML that shows what strangers wrote, executes none of it and asks nobody anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from cli_mail import mail, run, write_mbox
from hypothesis import given
from hypothesis import strategies as st

from classifier.evaluate.course import course, learning_curve
from classifier.evaluate.outcomes import Outcomes
from classifier.evaluate.report import Report, write_report
from classifier.evaluate.report.scales import Linear, Log, Mirror, around
from classifier.evaluate.results import evaluate
from classifier.evaluate.worst import Mistake
from classifier.markup import h, page
from classifier.verdict import Clue

VILLAIN = '<script>alert("pwned")</script><img src=x onerror=alert(1)>&amp;\x1b[31m\u202e\ud800'
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Checker(HTMLParser):
    """Collects what is open, what is wrong, and everything that could reach out or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.wrong.append(f"{tag} has an attribute twice")
        for name, value in attrs:
            if name.startswith("on") or name in {"src", "href", "action", "data", "srcset"}:
                self.wrong.append(f"{tag} {name}={value}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def complaints(text: str) -> list[str]:
    """Say what is wrong with a page: tags that do not nest, scripts, anything loaded from elsewhere."""
    checker = Checker()
    checker.feed(text)
    checker.close()
    found = [*checker.wrong, *(f"<{tag}> stays open" for tag in checker.open)]
    found += [f"<{tag}>" for tag in checker.tags & {"script", "iframe", "object", "embed", "link", "base"}]
    style = re.sub(r"(?s)^.*<style>|</style>.*$", "", text) if "<style>" in text else ""
    found += re.findall(r"@import|url\(|expression\(", style)
    tags = re.findall(r"<[^>]*>", text)
    found += [tag for tag in tags if re.search(r"https?:|//\w", tag)]
    if not text.startswith("<!DOCTYPE html>") or "<title>" not in text or 'charset="utf-8"' not in text:
        found.append("no whole document")
    return found


def judged(n: int = 60, kinds: tuple[str, ...] = ("spam", "important", "unimportant", "ham")) -> Outcomes:
    rng = np.random.default_rng(7)
    gold = np.array([kinds[number % len(kinds)] for number in range(n)])
    log_odds = rng.normal(0, 4, (n, 2)) + 2 * np.stack([gold == "spam", gold == "important"], axis=1)
    label = np.where(log_odds[:, 0] > 3, "spam", np.where(log_odds[:, 1] > 0, "important", "unimportant"))
    return Outcomes(gold, log_odds, label, np.abs(log_odds[:, 0]) < 1)


def mistake(text: str) -> Mistake:
    clue = Clue(text, text, -1.5, -0.5)
    return Mistake(4.2, 7, "spam", "important", text, "12", text, text, "spam", (clue, clue))


def written(path: Path, seen: Outcomes, text: str = "x", learned: bool = True) -> str:
    told = [("mail", text), ("model", "none")]
    counts = np.arange(len(seen)) if learned else None
    report = Report(text, told, evaluate(seen, resamples=20), seen, [mistake(text)], counts)
    write_report(path, report)
    return path.read_text(encoding="utf-8")


def test_a_report_is_whole_and_asks_nobody_anything(tmp_path: Path) -> None:
    text = written(tmp_path / "r.html", judged())
    assert not complaints(text)
    for said in ("1-ROCA%", "Reliability", "Scores", "Learning curve", "Confusion", "Worst mistakes"):
        assert said in text
    assert text.count("<svg") == 9
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["r.html"]


def test_what_strangers_wrote_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    text = written(tmp_path / "r.html", judged(), VILLAIN)
    assert not complaints(text)
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(") >= 5
    assert not set("\x1b\u202e\ud800") & set(text)


@pytest.mark.parametrize(
    "page_of",
    [
        '<!DOCTYPE html><title>x</title><meta charset="utf-8"><p>{}</p>',
        "<!DOCTYPE html><title>x</title><meta charset=\"utf-8\"><p title='{}'>",
        "<p>whole?</p>",
        "<!DOCTYPE html><title>x</title><meta charset=\"utf-8\"><style>@import 'x'</style>",
        '<!DOCTYPE html><title>x</title><meta charset="utf-8"><a href="https://e.example">x</a>',
    ],
)
def test_a_villainous_page_is_caught(page_of: str) -> None:
    assert complaints(page_of.format(VILLAIN))


@given(st.text())
def test_any_text_can_be_an_element(text: str) -> None:
    checker = Checker()
    written_out = page(h("p", text, h("b", text), text, title=text))
    checker.feed(written_out)
    checker.close()
    assert checker.tags == {"p", "b"}
    assert not checker.open
    assert not checker.wrong
    assert written_out.isprintable() or "\n" in written_out


@pytest.mark.parametrize(
    ("kinds", "charts"),
    [
        (("spam", "ham"), 4),
        (("important", "unimportant"), 4),
        (("ham",), 0),
        (("spam", "important"), 4),
        (("spam", "unimportant", "important"), 8),
    ],
)
def test_charts_are_drawn_for_the_questions_that_labels_answer(
    tmp_path: Path, kinds: tuple[str, ...], charts: int
) -> None:
    text = written(tmp_path / "r.html", judged(60, kinds), learned=False)
    assert text.count("<svg") == charts
    assert not complaints(text)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_few_messages_are_enough(tmp_path: Path, n: int) -> None:
    assert not complaints(written(tmp_path / "r.html", judged(n, ("spam", "ham"))))


def test_scores_that_are_all_equal_or_extreme_can_be_drawn(tmp_path: Path) -> None:
    seen = judged(20, ("spam", "ham"))
    for log_odds in (np.zeros((20, 2)), np.full((20, 2), 1e300), np.tile([[-1e9, 1e9]], (20, 1))):
        text = written(tmp_path / "r.html", Outcomes(seen.gold, log_odds, seen.label, seen.unsure))
        assert not complaints(text)
        assert "nan" not in re.sub(r"<style>.*</style>", "", text, flags=re.DOTALL).lower()


def test_the_command_writes_a_report_with_escaped_subjects(tmp_path: Path) -> None:
    wicked = [mail("spam", number).replace(b"cheap", VILLAIN[:30].encode(), 1) for number in range(6)]
    good = [mail("important", number) for number in range(6)]
    spam, ham = write_mbox(tmp_path / "s", wicked), write_mbox(tmp_path / "h", good)
    report = tmp_path / "r.html"
    result = run(
        *("replay", "--model", "none", "--resamples", 0, "--me", "ada@example.org", "--sort", "stored"),
        *("--ham", ham, "--spam", spam, "--report", report, "-o", os_devnull()),
    )
    assert result.exit_code == 0, result.stderr
    text = report.read_text(encoding="utf-8")
    assert not complaints(text)
    assert "&lt;script&gt;" in text


def os_devnull() -> str:
    import os

    return os.devnull


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "r.html", judged())
    before = (tmp_path / "r.html").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        written(tmp_path / "r.html", judged(8))
    assert (tmp_path / "r.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["r.html"]


def test_a_course_ends_with_the_figure_of_the_whole() -> None:
    seen = judged(400)
    run_of = course(seen.questions()["spam"])
    whole = evaluate(seen, resamples=0).questions["spam"].figures["1-ROCA%"].value
    assert run_of.so_far[-1] == pytest.approx(whole)
    assert run_of.messages[-1] == 400
    last = evaluate(seen.take(np.arange(360, 400)), resamples=0).questions["spam"].figures["1-ROCA%"].value
    assert run_of.lately[-1] == pytest.approx(last)


def test_a_learning_curve_counts_every_message_once() -> None:
    seen = judged(300)
    blocks = learning_curve(seen, np.arange(300))
    assert sum(block.messages for block in blocks) == 300
    assert [round(block.learned) for block in blocks] == [0, 5, 14, 34, 74, 150, 250]
    assert sum(block.unsure for block in blocks) == seen.unsure.sum()


@given(st.floats(1e-6, 1e6), st.floats(1.5, 1e6))
def test_scales_keep_order_and_their_ends(low: float, factor: float) -> None:
    high = low * factor
    for scale in (Linear(low, high, 10, 300), Log(low, high, 10, 300), Mirror(-high, high, 300, 10)):
        places = [scale.at(value) for value in np.linspace(scale.low, scale.high, 9).tolist()]
        assert sorted(places, reverse=scale.start > scale.stop) == places
        assert {round(places[0], 6), round(places[-1], 6)} == {10, 300}
        assert scale.at(1e30) == pytest.approx(scale.stop)
        ticks, slack = scale.ticks(), 0.01 * max(abs(scale.low), abs(scale.high)) + 1e-9
        assert len(ticks) <= 20
        assert all(scale.low - slack <= tick <= scale.high + slack for tick in ticks)


def test_the_ends_of_a_logarithmic_axis_are_decades() -> None:
    assert around([0.0, 0.03, 2.0], 1e-3, 100) == (0.01, 10)
    assert around([], 1e-3, 100) == (1e-3, 100)
    low, high = around([0.0, float("nan")], 1e-3, 1e-3)
    assert low < high
