"""Poor, contradictory and repeated examples: a clear error, or a model that does not pretend to know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from classifier.errors import TrainingError
from classifier.features import Extractor, Schema
from classifier.mail import Message
from classifier.signals import Facts
from classifier.store import Model
from classifier.training import train_model

EXTRACTOR = Extractor(Schema(bits=12, views=("header", "body", "grams")))


def mail(subject: str, words: str) -> Message:
    return Message(f"From: a@example.org\nSubject: {subject}\n\n{words}\n".encode())


PILLS = mail(
    "Cheap pills", "Buy cheap pills now, no questions asked, shipped in a plain box to any door you name."
)
LUNCH = mail(
    "Lunch", "Shall we have lunch at noon on Thursday, by the river, if the weather stays as it is today?"
)


def trained(pairs: Sequence[tuple[Message, str]], seed: int = 0) -> Model:
    return train_model(EXTRACTOR, lambda some: [Facts(each) for each in some], pairs, seed=seed, jobs=1)


def log_odds(model: Model, *messages: Message) -> np.ndarray:
    rows = EXTRACTOR.rows([Facts(each) for each in messages])
    return np.asarray(model.tables.score(rows)[:, 0])


@pytest.mark.parametrize("label", ["spam", "ham", "important"])
@pytest.mark.parametrize("count", [1, 30])
def test_one_class_alone_is_an_error_that_says_what_is_lacking(label: str, count: int) -> None:
    with pytest.raises(TrainingError, match=f"{count} {label}.*spam needs"):
        trained([(PILLS, label)] * count)


def test_no_message_at_all_is_an_error() -> None:
    with pytest.raises(TrainingError, match="no messages"):
        trained([])


@pytest.mark.parametrize("times", [1, 7])
def test_a_message_with_both_labels_is_undecided(times: int) -> None:
    model = trained([(PILLS, "spam"), (PILLS, "ham")] * times)
    assert abs(log_odds(model, PILLS)[0]) < 0.2


def test_contradictions_do_not_spoil_the_rest() -> None:
    others = [
        (mail(f"{word} {n}", f"{text} {' '.join(word + str(n * k) for k in range(9))}"), label)
        for n in range(12)
        for word, text, label in (("offer", "buy now cheap", "spam"), ("notes", "see you there", "ham"))
    ]
    model = trained([*others, (LUNCH, "spam"), (LUNCH, "ham")])
    spam, ham = log_odds(model, others[0][0], others[1][0])
    assert spam > 1 > -1 > ham


@pytest.mark.parametrize("times", [1, 2, 10, 100])
def test_a_class_of_copies_promises_no_more_than_one_message_or_so(times: int) -> None:
    """A hundred copies of two messages tell these two apart; they are no hundred experiences."""
    model = trained([(PILLS, "spam"), (LUNCH, "ham")] * times)
    spam, ham, other = log_odds(model, PILLS, LUNCH, mail("Hello", "A letter about something else"))
    assert spam > 0 > ham
    assert max(abs(spam), abs(ham)) < np.log(2 * times + 1) * 3 + 0.1
    assert abs(other) < max(abs(spam), abs(ham))


def test_the_card_tells_calibration_of_mail_held_out() -> None:
    pairs = [
        (mail(f"{word} {n}", " ".join(f"{word}{n * k % 17}" for k in range(15))), label)
        for n in range(15)
        for word, label in (("offer", "spam"), ("notes", "ham"))
    ]
    told = trained(pairs).card["trained"]["spam"]
    assert 0 <= told["out_of_fold"]["calibration_error"] < 0.3
    assert 0 <= told["out_of_fold"]["brier"] < 0.1
    assert sum(told["shares"].values()) == pytest.approx(1, abs=0.01)
    alone = trained([(PILLS, "spam"), (LUNCH, "ham")]).card["trained"]["spam"]
    assert alone["out_of_fold"] == {}
