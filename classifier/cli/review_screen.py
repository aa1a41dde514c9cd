"""The screen of ``mailtriage review``: senders and their messages on the left, the one at hand on the right.

Text of mail is stripped of control characters and never read as markup: it comes from strangers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Header, OptionList, Static
from textual.widgets.option_list import Option

from classifier.cli.explain import explained
from classifier.engine.sitting import Item, Sitting
from classifier.errors import ProfileNotWritten
from classifier.output.safe import bounded, clean

CLUES = 8
"""Clues of each question, where the reader asks why."""

TEXT = 40_000
"""Characters of a message's text that are shown."""

FRESHEN = 8
"""Messages judged anew in one breath, between two keys."""

MARKS = {"important": "!", "unimportant": "·", "spam": "x", "ham": "o"}
STYLES = {"important": "bold green", "unimportant": "dim", "spam": "red", "ham": "cyan"}
KEYS = {"i": "important", "u": "unimportant", "s": "spam", "h": "ham"}


class ReviewScreen(App[bool]):
    """Lets a reader label the messages of a sitting; `run` returns True where Ctrl-C ended it.

    Parameters
    ----------
    sitting : Sitting
    """

    CSS = """
    #list { width: 45%; min-width: 30; text-wrap: nowrap; text-overflow: ellipsis; }
    #right { width: 1fr; padding: 0 1; }
    """
    TITLE = "mailtriage review"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"say('{label}')", label) for key, label in KEYS.items()),
        *(
            Binding(key.upper(), f"say_all('{label}')", f"all {label}", show=False)
            for key, label in KEYS.items()
        ),
        Binding("n,space", "onward", "next"),
        Binding("z", "undo", "undo"),
        Binding("e", "explain", "explain"),
        Binding("j", "down", "down", show=False),
        Binding("k", "up", "up", show=False),
        Binding("question_mark", "keys", "keys", key_display="?"),
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "interrupt", "quit", show=False, priority=True),
    ]

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self.sitting = sitting
        self.why = False
        self._rows: dict[str, Item] = {str(number): item for number, item in enumerate(sitting.items)}
        self._names = {id(item): name for name, item in self._rows.items()}

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Header()
        with Horizontal():
            yield OptionList(*self._options(), id="list")
            with VerticalScroll(id="right", can_focus=False):
                yield Static(id="message", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Begin at the first message."""
        self.left.focus()
        self.left.action_first()
        self._count()
        self.set_interval(0.05, self._freshen)

    @property
    def left(self) -> OptionList:
        """The list on the left."""
        return self.query_one("#list", OptionList)

    @property
    def item(self) -> Item | None:
        """The message at hand."""
        at = self.left.highlighted
        name = None if at is None else self.left.get_option_at_index(at).id
        return self._rows.get(name) if name else None

    def on_option_list_option_highlighted(self, _: OptionList.OptionHighlighted) -> None:
        """Show the message that the reader has moved to."""
        self._show()

    def on_option_list_option_selected(self, _: OptionList.OptionSelected) -> None:
        """Let enter explain."""
        self.action_explain()

    def action_say(self, label: str) -> None:
        """Label the message at hand and go on."""
        if (item := self.item) and self._say([item], label):
            self.action_onward()

    def action_say_all(self, label: str) -> None:
        """Label all open messages of the sender at hand and go on."""
        if item := self.item:
            group = [each for each in self.sitting.group(item) if each.label is None or each is item]
            if self._say(group, label):
                self.notify(f"{len(group)} {label}", timeout=2)
                self.action_onward()

    def action_onward(self) -> None:
        """Go to the next message without a label; at the end begin again."""
        item = self.item
        start = 0 if item is None else self.sitting.items.index(item) + 1
        items = self.sitting.items[start:] + self.sitting.items[:start]
        following = next((each for each in items if each.label is None), None)
        if following is None:
            self.notify("all are labelled", timeout=3)
        else:
            self._go_to(following)

    def action_undo(self) -> None:
        """Take the last step back and go there."""
        try:
            undone = self.sitting.undo()
        except ProfileNotWritten as error:
            self.notify(clean(str(error)), severity="error", markup=False)
            return
        if not undone:
            self.notify("nothing to undo", timeout=2)
            return
        for item in undone:
            self._redraw(item)
        self._go_to(undone[0])
        self._count()

    def action_explain(self) -> None:
        """Show why instead of the text, or the text again."""
        self.why = not self.why
        self._show()

    def action_down(self) -> None:
        """Go down, as in vi."""
        self.left.action_cursor_down()

    def action_up(self) -> None:
        """Go up, as in vi."""
        self.left.action_cursor_up()

    def action_interrupt(self) -> None:
        """End as programs end at Ctrl-C; what was said is kept."""
        self.exit(True)

    def action_keys(self) -> None:
        """List all keys."""
        shifted = ", ".join(f"{key.upper()} {label}" for key, label in KEYS.items())
        self.notify(
            f"all of this sender: {shifted}\nj k or arrows move, n goes to the next open one\n"
            "e or enter explains, z undoes, q ends",
            title="keys",
            timeout=8,
        )

    def _say(self, items: list[Item], label: str) -> bool:
        try:
            self.sitting.say(items, label)
        except ProfileNotWritten as error:
            self.notify(clean(str(error)), severity="error", markup=False)
            return False
        for item in items:
            self._redraw(item)
        self._count()
        return True

    def _freshen(self) -> None:
        """Judge a few outdated messages anew while no key is pressed."""
        fresh = self.sitting.freshen(FRESHEN)
        for item in fresh:
            self._redraw(item)
        if any(item is self.item for item in fresh):
            self._show()

    def _go_to(self, item: Item) -> None:
        self.left.highlighted = self.left.get_option_index(self._names[id(item)])
        self._show()

    def _redraw(self, item: Item) -> None:
        self.left.replace_option_prompt(self._names[id(item)], _row(item))

    def _count(self) -> None:
        self.sub_title = f"{self.sitting.said()} of {len(self.sitting.items)} labelled"

    def _show(self) -> None:
        """Fill the right side."""
        if item := self.item:
            width = max(40, self.query_one("#right").size.width - 3)
            lines = explained(item.verdict, CLUES, width) if self.why else _message(item)
            text = Text()
            for line, titled in lines:
                text.append(line + "\n", style="bold" if titled else "")
            self.query_one("#message", Static).update(text)
            self.query_one("#right", VerticalScroll).scroll_home(animate=False)

    def _options(self) -> Iterator[Option]:
        """Lay out the list: a line for each sender, below it the messages."""
        sender = None
        for name, item in self._rows.items():
            if item.sender != sender:
                sender = item.sender
                yield Option(
                    Text(bounded(sender or "(no sender)", 200), style="bold underline"), disabled=True
                )
            yield Option(_row(item), id=name)


def _row(item: Item) -> Text:
    """One message of the list: what it is said to be, or taken for, and its subject."""
    label, subject = item.label or item.verdict.label, bounded(item.verdict.message.subject, 200)
    mark = "?" if item.verdict.unsure and not item.label else MARKS[label]
    text = Text(f"{'>' if item.label else ' '}{mark} {item.verdict.p['important']:4.0%} ")
    text.append(subject or "(no subject)", style="" if item.label else "bold")
    if item.label:
        text.stylize(STYLES[label])

    return text


def _message(item: Item) -> Iterator[tuple[str, bool]]:
    """Lay out a message as a mail program would."""
    verdict, message = item.verdict, item.verdict.message
    yield bounded(message.subject, 998) or "(no subject)", True
    for name in ("from", "to", "date"):
        yield f"{name.capitalize() + ':':6}{bounded(message.headers.get(name), 998)}", False
    chances = ", ".join(f"{label} {chance:.0%}" for label, chance in verdict.p.items())
    said = f"you: {item.label}; " if item.label else f"you before: {item.known}; " if item.known else ""
    yield f"{said}{verdict.label}{' (unsure)' if verdict.unsure else ''}: {chances}", False
    yield "", False
    for line in message.text[:TEXT].split("\n"):
        yield clean(line.rstrip()), False
