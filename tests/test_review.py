"""``review``: what needs a human, grouped by sender; a key a label; learned at once, undone at will."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cli_mail import mail, run, write_mbox

from classifier import Classifier
from classifier.cli.exits import USAGE
from classifier.engine.sitting import Sitting, choose, urgency
from classifier.errors import ProfileNotWritten
from classifier.mailboxes import Stored
from classifier.profile import Profile

MAILS = [
    *(mail("important", 500 + n) for n in range(3)),
    *(f"From: Bob <bob@example.com>\nSubject: question {n}\n\nshall we meet?\n".encode() for n in range(3)),
    b"From: eve@example.com\nSubject: [red]not markup[/red] \x1b[31m\n\n[b]bold[/b]\x1b[2J\n",
    b"Subject: nobody wrote this\n\n\n",
    *(mail("spam", 600 + n) for n in range(4)),
]


@pytest.fixture
def triage(tiny_model: Path, tmp_path: Path) -> Classifier:
    return Classifier.load(tiny_model, profile=tmp_path / "p.sqlite", me=["ada@example.org"])


@pytest.fixture
def sitting(triage: Classifier) -> Sitting:
    stored = [Stored("m.mbox", str(number), raw) for number, raw in enumerate(MAILS)]
    return Sitting(triage, choose(triage.classify_many(stored), 100))


def learned(triage: Classifier) -> dict[str, str]:
    said = {str(number): triage.learned_as(raw) for number, raw in enumerate(MAILS)}
    return {number: label for number, label in said.items() if label is not None}


# What is chosen


def test_the_uncertain_and_the_important_are_chosen_and_no_others(triage: Classifier) -> None:
    verdicts = list(triage.classify_many(MAILS))
    wanted = [each for each in verdicts if each.unsure or each.label == "important"]
    assert 0 < len(wanted) < len(verdicts)
    assert choose(verdicts, 100) == wanted
    few = choose(verdicts, 3)
    assert sorted(map(urgency, few)) == sorted(sorted(map(urgency, wanted))[-3:])
    assert choose([], 3) == []


def test_senders_stand_together_the_most_urgent_first(sitting: Sitting) -> None:
    senders = [item.sender for item in sitting.items]
    seen = list(dict.fromkeys(senders))
    assert senders == sorted(senders, key=seen.index)
    best = [max(urgency(item.verdict) for item in sitting.items if item.sender == each) for each in seen]
    assert best == sorted(best, reverse=True)
    assert "bob@example.com" in seen
    assert "" in seen


def test_what_is_said_is_learned_judged_anew_and_taken_back(sitting: Sitting, triage: Classifier) -> None:
    before = [tuple(item.verdict.log_odds) for item in sitting.items]
    bob = next(item for item in sitting.items if item.sender == "bob@example.com")
    sitting.say([bob], "spam")
    assert sitting.said() == 1
    for _ in range(20):
        sitting.freshen(2)
    others = [each for each in sitting.group(bob) if each is not bob]
    assert len(others) == 2
    for each in others:
        assert each.verdict.log_odds.spam == triage.classify(each.verdict.message).log_odds.spam
    sitting.say(others, "important")
    assert [each.label for each in sitting.group(bob)] == ["spam", "important", "important"]
    assert sitting.undo() == tuple(others)
    assert sitting.undo() == (bob,)
    assert sitting.undo() == ()
    for _ in range(20):
        sitting.freshen(5)
    assert [tuple(item.verdict.log_odds) for item in sitting.items] == before
    assert learned(triage) == {}


def test_undoing_brings_back_what_was_known_before(triage: Classifier) -> None:
    triage.learn(MAILS[3], "important")
    sitting = Sitting(triage, choose(triage.classify_many(MAILS), 100))
    bob = next(item for item in sitting.items if item.verdict.message.raw == MAILS[3])
    assert (bob.known, bob.label) == ("important", None)
    sitting.say([bob], "spam")
    sitting.say([bob], "ham")
    assert sitting.undo() == (bob,)
    assert bob.label == "spam"
    sitting.undo()
    assert bob.label is None
    assert learned(triage) == {"3": "important"}


def test_a_sender_is_learned_whole_or_not_at_all(
    sitting: Sitting, triage: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = next(item for item in sitting.items if item.sender == "bob@example.com")
    original, calls = Classifier.learn, []

    def learn(self: Classifier, *args: object, **options: object) -> bool:
        calls.append(args)
        if len(calls) == 3:
            raise ProfileNotWritten("the disk is full")
        return original(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Classifier, "learn", learn)
    with pytest.raises(ProfileNotWritten):
        sitting.say(sitting.group(bob), "spam")
    assert sitting.said() == 0
    assert learned(triage) == {}
    assert sitting.undo() == ()


# The screen

textual = pytest.importorskip("textual")


def on_screen(sitting: Sitting, act: Callable[..., Awaitable[None]]) -> None:
    from classifier.cli.review_screen import ReviewScreen

    async def go() -> None:
        app = ReviewScreen(sitting)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            await act(app, pilot)

    asyncio.run(go())


def test_a_key_labels_and_goes_on(sitting: Sitting, triage: Classifier) -> None:
    first, second = sitting.items[:2]

    async def act(app, pilot) -> None:  # type: ignore[no-untyped-def]
        assert app.item is first
        await pilot.press("s")
        assert (first.label, app.item) == ("spam", second)
        await pilot.press("i", "u", "h", "n")
        assert [item.label for item in sitting.items[:4]] == ["spam", "important", "unimportant", "ham"]
        assert app.sub_title == f"4 of {len(sitting.items)} labelled"
        assert app.item is sitting.items[5]
        await pilot.press("z", "z")
        assert app.item is sitting.items[2]
        assert sitting.said() == 2
        await pilot.press("z", "z", "z")
        assert sitting.said() == 0

    on_screen(sitting, act)
    assert learned(triage) == {}


def test_shift_labels_a_sender(sitting: Sitting) -> None:
    async def act(app, pilot) -> None:  # type: ignore[no-untyped-def]
        while app.item.sender != "bob@example.com":
            await pilot.press("n")
        await pilot.press("j", "u", "I")
        labels = [item.label for item in sitting.items if item.sender == "bob@example.com"]
        assert sorted(map(str, labels)) == ["important", "important", "unimportant"]

    on_screen(sitting, act)
    assert sitting.said() == 3


def test_going_on_ends_when_all_are_labelled(sitting: Sitting) -> None:
    async def act(app, pilot) -> None:  # type: ignore[no-untyped-def]
        for _ in sitting.items:
            await pilot.press("u")
        await pilot.press("n")
        assert sitting.said() == len(sitting.items)

    on_screen(sitting, act)


def shown(app: object) -> str:
    from textual.widgets import Static

    return str(app.query_one("#message", Static).content)  # type: ignore[attr-defined]


def test_text_of_strangers_is_harmless_and_reasons_are_shown(sitting: Sitting) -> None:
    async def act(app, pilot) -> None:  # type: ignore[no-untyped-def]
        for _ in range(len(sitting.items)):
            if app.item.sender == "eve@example.com":
                break
            await pilot.press("n")
        assert "[red]not markup[/red]" in shown(app)
        assert "[b]bold[/b]" in shown(app)
        assert "\x1b" not in shown(app)
        rows = [str(app.left.get_option_at_index(n).prompt) for n in range(app.left.option_count)]
        assert any("[red]not markup" in row for row in rows)
        assert not any("\x1b" in row for row in rows)
        await pilot.press("e")
        assert "Is it spam?" in shown(app)
        await pilot.press("j")
        await pilot.press("enter")
        assert "Is it spam?" not in shown(app)

    on_screen(sitting, act)


def test_others_are_judged_anew_while_no_key_is_pressed(sitting: Sitting, triage: Classifier) -> None:
    async def act(app, pilot) -> None:  # type: ignore[no-untyped-def]
        while app.item.sender != "bob@example.com":
            await pilot.press("n")
        await pilot.press("s")
        for _ in range(20):
            await pilot.pause(0.05)

    on_screen(sitting, act)
    for item in sitting.items:
        if item.label is None:
            assert item.verdict.log_odds == triage.classify(item.verdict.message).log_odds


def test_a_profile_that_cannot_be_written_is_said_and_nothing_is_lost(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise ProfileNotWritten("p.sqlite: the disk is full")

    async def act(app, pilot) -> None:  # type: ignore[no-untyped-def]
        await pilot.press("s", "U")
        await pilot.pause()
        assert app.item is sitting.items[0]
        assert any("the disk is full" in each.message for each in app._notifications)

    monkeypatch.setattr(Classifier, "learn", fail)
    on_screen(sitting, act)
    assert sitting.said() == 0


def test_without_a_terminal_or_textual_it_says_so(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = write_mbox(tmp_path / "m.mbox", MAILS)
    result = run("review", "-m", tiny_model, box)
    assert result.exit_code == USAGE
    assert "needs a terminal" in result.stderr
    monkeypatch.setattr("classifier.cli.review.find_spec", lambda _: None)
    result = run("review", "-m", tiny_model, box)
    assert result.exit_code == USAGE
    assert 'pip install "mailtriage[review]"' in result.stderr
    assert not list(tmp_path.rglob("profile.sqlite3"))


def test_what_is_reviewed_lasts(sitting: Sitting, triage: Classifier) -> None:
    sitting.say(sitting.items[:2], "spam")
    assert triage.profile is not None
    again = Profile(triage.profile.path)
    rows = again.file.read("SELECT label, source FROM corrections WHERE until IS NULL")
    assert rows == [("spam", "review")] * 2
