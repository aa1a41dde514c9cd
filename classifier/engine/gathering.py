"""From bytes to facts and columns: all waiting (DNS, memory) is done here, before anything is scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from classifier.engine.batches import Mail
from classifier.engine.remembering import Remembering
from classifier.features import Rows
from classifier.features.header_block import header_end
from classifier.lookup import gather
from classifier.mail import Message
from classifier.mailboxes import Stored
from classifier.signals import Facts

if TYPE_CHECKING:
    from classifier.lookup import Lookup

View = Literal["full", "headers"]


class Gathering(Remembering):
    """Opens mail and gathers what is known of it.

    Attributes
    ----------
    lookup : Lookup
        Where answers of the DNS come from.
    view : {'full', 'headers'}
        Whether bodies are read.
    """

    lookup: Lookup
    view: View

    def facts(
        self,
        messages: Sequence[Message],
        nows: Sequence[float | None] | None = None,
        *,
        observe: bool = False,
    ) -> list[Facts]:
        """Gather what signals need, waiting once for the whole batch.

        Parameters
        ----------
        messages : sequence of Message
        nows : sequence of float or None, optional
            When each came, in seconds since 1970; by default the messages tell.
        observe : bool, default False
            Whether each enters the history before the next one is looked at.

        Returns
        -------
        list of Facts
        """
        answers = gather(self.lookup, messages, self.site.my_domains)
        if self.history is None or not (observe or self.recalls):
            return [Facts(message, self.site, answers=answers) for message in messages]
        moments = nows if nows is not None else [None] * len(messages)
        return [
            Facts(message, self.site, answers, self._recall(self.history, message, now, observe), now)
            for message, now in zip(messages, moments, strict=True)
        ]

    def rows(self, messages: Sequence[Message]) -> Rows:
        """Turn messages into columns.

        Parameters
        ----------
        messages : sequence of Message

        Returns
        -------
        Rows
        """
        return self.extractor.rows(self.facts(messages))

    def open_message(self, mail: Mail) -> Message:
        """Open a mail (bytes, a Message or a Stored), as much of it as the view reads."""
        raw = mail.raw if isinstance(mail, Stored) else mail
        if self.view == "headers":
            whole = raw.raw if isinstance(raw, Message) else raw
            begin = header_end(whole)
            if begin < 0:
                return Message(whole[: Message(whole).body_start])
            message = raw if isinstance(raw, Message) and begin == len(whole) else Message(whole[:begin])
            message.is_header = True
            return message
        return raw if isinstance(raw, Message) else Message(raw)
