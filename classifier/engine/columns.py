"""The whole way with one batch, to columns: no header is read twice, no verdict is made that nobody keeps."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.engine.batches import Mail
from classifier.engine.deciding import spared
from classifier.engine.judge import Judge
from classifier.mailboxes import Stored
from classifier.output.envelope import envelopes
from classifier.output.judged import Judged


def lay_out(judge: Judge, batch: Sequence[Mail], *, observe: bool = False) -> Judged:
    """Judge one batch.

    Parameters
    ----------
    judge : Judge
    batch : sequence of bytes, Message or Stored
        No more than are hashed at once.
    observe : bool, default False
        Whether each enters the history before the next one is looked at.

    Returns
    -------
    Judged
        The same as of the verdicts that `Judge.judge` gives.
    """
    facts = judge.facts([judge.open_message(mail) for mail in batch], observe=observe)
    sheet = judge.extractor.sheet(facts)
    log_odds = judge.log_odds(judge.extractor.rows_of(facts, sheet), facts)
    cuts, fields, sparing = judge.cuts, sheet.fields, not judge.allow_local_spam
    decided = []
    each_of = zip(log_odds, facts, fields.oldest_received(), fields.body_start, strict=True)
    for odds, each, received, begin in each_of:
        asked = sparing and odds.spam > cuts.ham and (received is not None or begin < 0)  # a relay or oddness
        no_spam = asked and spared(odds, cuts, each, received)
        decided.append((*cuts.decide(odds, spared=no_spam), no_spam))
    stored = [mail if isinstance(mail, Stored) else None for mail in batch]
    return Judged.laid_out(stored, envelopes(sheet), log_odds, decided)
