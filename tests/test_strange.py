"""Machine mail in words that no model knows: a rule speaks, and the less the more words are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Classifier
from classifier.features import Schema
from classifier.features.schema import VIEWS
from classifier.history import Ram
from classifier.learners import Tables
from classifier.learners.strange import ENOUGH, FAMILIAR, PRIOR, STRANGE, known_share, lean
from classifier.mail import Message
from classifier.store import Model
from classifier.verdict import Cuts

DAY = 86400.0
BEGIN = 1_772_000_000.0
USUAL = "copied {} files\nexit status 0\n"
FAULT = USUAL + "rsync error: no space left on device\n"


def mail(body: str, day: int) -> bytes:
    return (
        f"From: root@web01.example.net (Cron Daemon)\nMessage-ID: <{day}@web01.example.net>\n"
        f"Subject: Cron <root@web01> nightly\n\n{body.format(100 + day)}"
    ).encode()


def after_ten_days(model: Model | None = None) -> Classifier:
    classifier = Classifier(model, schema=None if model else Schema(bits=12, views=VIEWS), memory=Ram())
    for day in range(10):
        classifier.observe(mail(USUAL, day), now=BEGIN + day * DAY)
    return classifier


def importance(classifier: Classifier, raw: bytes) -> float:
    return classifier.classify(raw, now=BEGIN + 10 * DAY).log_odds.importance


def knowing(share: float, examples: int = ENOUGH) -> Model:
    """Make a model that knows so much of all words, and thinks nothing of any."""
    tables = Tables.empty(Schema(bits=12, views=VIEWS))
    body = tables.schema.blocks[VIEWS.index("body")]
    some = np.random.default_rng(0).permutation(np.arange(body.start, body.stop))
    tables.weights[some[: int(share * len(some))], 1] = 1e-7
    return Model(tables, Cuts(), {"trained": {"importance": {"positives": examples, "negatives": 5000}}})


def test_who_knows_nothing_ranks_a_new_fault_above_the_every_day() -> None:
    classifier = after_ten_days()
    assert importance(classifier, mail(FAULT, 10)) > importance(classifier, mail(USUAL, 10)) + 1
    assert importance(classifier, mail(USUAL, 10)) < PRIOR


def test_who_knows_the_words_is_not_told_by_a_rule() -> None:
    fault = mail(FAULT, 10)
    assert importance(after_ten_days(knowing(1.0)), fault) == pytest.approx(0, abs=1e-3)
    assert importance(after_ten_days(knowing(0.3)), fault) > 0.5


def test_who_knows_the_words_from_a_handful_of_examples_is_told_by_the_rule_all_the_same() -> None:
    assert importance(after_ten_days(knowing(1.0, examples=ENOUGH // 4)), mail(FAULT, 10)) > 0.5


def test_mail_of_people_and_mail_without_a_past_are_left_alone() -> None:
    person = b"From: Ada <ada@example.org>\nMessage-ID: <1@example.org>\n\nno space left on device\n"
    assert importance(after_ten_days(), person) == 0
    assert Classifier(schema=Schema(bits=12, views=VIEWS)).classify(mail(FAULT, 10)).log_odds.importance == 0


def test_the_reason_is_a_clue_and_all_clues_add_up() -> None:
    classifier = after_ten_days()
    verdict = classifier.classify(mail(FAULT, 10), now=BEGIN + 10 * DAY)
    reasons = verdict.explanation.importance
    (clue,) = (each for each in reasons.clues if each.name == "job.urgency")
    assert float(clue.value) > 1
    told = sum(each.contribution for each in reasons.clues) + reasons.bias
    assert told == pytest.approx(verdict.log_odds.importance, abs=1e-6)


def test_the_batch_makes_no_difference() -> None:
    classifier = after_ten_days(knowing(0.3))
    mails = [mail(FAULT, 10), mail(USUAL, 11), b"From: ada@example.org\n\nhello\n"]
    together = [each.log_odds for each in classifier.judge(mails)]
    assert together == [classifier.judge([each])[0].log_odds for each in mails]


def test_no_words_are_no_strange_words() -> None:
    classifier = after_ten_days()
    rows = classifier.extractor.rows(classifier.facts([Message(b"Subject: x\n\n"), Message(mail(FAULT, 10))]))
    known = known_share(classifier.model.tables, rows, ENOUGH)
    assert math.isnan(known[0])
    assert known[1] == 0
    assert lean(np.zeros(2), known, np.array([5.0, 5.0]))[0] == 0


shares = st.floats(0, 1)


@given(st.floats(-20, 20), shares, shares, st.floats(1, 12))
def test_the_more_is_known_the_less_the_rule_adds(
    log_odds: float, one: float, other: float, urgency: float
) -> None:
    less, more = sorted((max(one, STRANGE), max(other, STRANGE)))
    moved = lean(np.full(2, log_odds), np.array([less, more]), np.full(2, urgency))
    assert moved[0] >= moved[1] >= 0
    assert lean(np.array([log_odds]), np.array([FAMILIAR]), np.array([urgency]))[0] == 0


def test_a_handful_of_labels_moves_little_where_the_rule_is_all_there_is_and_many_count_in_full() -> None:
    few, many = (
        lean(np.array([-1.0]), np.zeros(1), np.ones(1), taught=np.array([4.0]), labels=labels)[0]
        for labels in (2, 10_000)
    )
    assert -1.0 + 4.0 + few == pytest.approx(PRIOR, abs=0.1)
    assert -1.0 + 4.0 + many == pytest.approx(PRIOR + 4.0, abs=0.1)


def test_labels_on_top_of_no_model_leave_the_ranking_by_the_rule() -> None:
    classifier = after_ten_days()
    for day in range(3):
        classifier.learn(mail(USUAL, day), "unimportant")
    assert importance(classifier, mail(FAULT, 10)) > importance(classifier, mail(USUAL, 10)) + 1
