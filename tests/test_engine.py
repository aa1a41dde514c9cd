"""The whole way: any bytes in, the same verdicts out however many processes and whatever the batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_mail import WORDS, mail, mixed, write_mbox
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Classifier, Message, open_mailbox
from classifier.engine import train
from classifier.engine.batches import BATCH
from classifier.errors import LabelError, ModelFormatError, TrainingError
from classifier.features import Schema
from classifier.learners import Tables
from classifier.lookup import open_lookup
from classifier.mailboxes import Stored
from classifier.store import Model
from classifier.verdict import Cuts, Verdict

SCHEMA = Schema(bits=12)
PIECES = [
    b"Subject: ",
    b"From: ",
    b"Received: from a by b; ",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\0",
    b"=?utf-8?q?",
    b"--b",
]
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=9)), max_size=40).map(b"".join)


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Classifier:
    return Classifier.load(tiny_model)


def told(verdicts: Iterator[Verdict]) -> list[tuple[Any, ...]]:
    """What two runs must agree on, to the bit."""
    return [(each.stored and each.stored.key, *each.log_odds, each.label, each.unsure) for each in verdicts]


def various(count: int) -> list[bytes]:
    """Mails of very different length, so that rows differ in where they start in the arrays."""
    return [
        raw + b"%d cheap disk pills\n" % n * (n * 37 % 90) for n, raw in enumerate(mixed(count // 3 + 1))
    ][:count]


@settings(max_examples=80, deadline=None)
@given(soup)
def test_any_bytes_get_a_verdict(tiny: Classifier, raw: bytes) -> None:
    verdict = tiny.classify(raw)
    assert verdict.label in verdict.p
    assert np.isfinite(verdict.log_odds).all()


def test_it_knows_what_it_was_taught(tiny: Classifier) -> None:
    labels = [tiny.classify(raw).label for raw in mixed(4)]
    assert labels == list(WORDS) * 4


@pytest.mark.parametrize("size", [1, 3, 63, 65])
def test_the_batch_makes_no_difference(tiny: Classifier, size: int) -> None:
    mails = various(130)
    together = told(tiny.classify_many(mails))
    apart = [each for at in range(0, 130, size) for each in told(tiny.judge(mails[at : at + size]))]
    assert together == apart


@pytest.fixture(scope="module")
def long_mbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More messages than one span or one batch."""
    return write_mbox(tmp_path_factory.mktemp("mbox") / "long.mbox", various(300))


def test_processes_make_no_difference(tiny_model: Path, long_mbox: Path) -> None:
    classifier = Classifier.load(tiny_model, me=["ada@example.org"])
    classifier.learn(mixed(1)[0], "spam")
    alone = list(classifier.classify_many(open_mailbox(long_mbox)))
    two = list(classifier.classify_many(open_mailbox(long_mbox), jobs=2))
    assert len(two) == 300
    assert told(iter(two)) == told(iter(alone))
    assert two[7].clues == alone[7].clues


def test_processes_take_any_iterable_and_explain(tiny: Classifier) -> None:
    mails: list[Any] = various(150)
    mails[::3] = [Message(raw) for raw in mails[::3]]
    mails[1::3] = [Stored("box", str(n), raw) for n, raw in enumerate(mails[1::3])]
    alone = list(tiny.classify_many(iter(mails)))
    two = list(tiny.classify_many(iter(mails), jobs=2, explain=1))
    assert told(iter(two)) == told(iter(alone))
    assert two[100].clues == alone[100].clues


def test_an_empty_source_has_no_verdicts(tiny: Classifier) -> None:
    assert list(tiny.classify_many([])) == list(tiny.classify_many([], jobs=2)) == []


def test_problems_found_by_workers_come_home(tiny: Classifier, tmp_path: Path) -> None:
    for number, raw in enumerate([*mixed(1), b"\x7fELF\0\0\0" * 90]):
        (tmp_path / f"{number}.eml").write_bytes(raw)
    alone, two = open_mailbox(tmp_path), open_mailbox(tmp_path)
    assert told(tiny.classify_many(alone)) == told(tiny.classify_many(two, jobs=2))
    assert [str(each) for each in alone.problems] == [str(each) for each in two.problems]
    assert alone.problems


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stream_is_read_only_so_far_ahead(tiny: Classifier, jobs: int) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"Subject: %d\n\n" % taken

    verdicts = tiny.classify_many(endless(), jobs=jobs)
    for _ in range(BATCH + 1):
        next(verdicts)
    verdicts.close()
    assert taken <= (2 * BATCH if jobs == 1 else BATCH * (4 * jobs + 2))


def test_huge_messages_are_not_gathered(tiny: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.engine.batches.BATCH_BYTES", 1000)
    sizes: list[int] = []
    judge = Classifier.judge

    def noting(self: Classifier, some: list[bytes], **options: bool) -> object:
        sizes.append(len(some))
        return judge(self, some, **options)

    monkeypatch.setattr(Classifier, "judge", noting)
    mails = [b"Subject: x\n\n" + b"y" * 600] * 5
    assert len(list(tiny.classify_many(mails))) == 5
    assert sizes == [2, 2, 1]


class Counting:
    """A lookup that cannot travel."""

    mode = "recorded"

    def __init__(self) -> None:
        self.inner = open_lookup("off")
        self.asked = 0

    def answers_for(self, domains: Any, *, name_servers: bool = False) -> Any:
        self.asked += 1
        return self.inner.answers_for(domains, name_servers=name_servers)

    def close(self) -> None:
        """Nothing is open."""


def test_a_lookup_given_as_an_object_is_asked_whatever_the_jobs(tiny: Classifier) -> None:
    lookup: Any = Counting()
    classifier = Classifier(tiny.model, lookup=lookup)
    assert len(list(classifier.classify_many(mixed(2), jobs=2))) == 6
    assert lookup.asked


def test_headers_only_reads_no_body(tiny_model: Path) -> None:
    headers = Classifier.load(tiny_model, view="headers")
    raw = mail("important", 3)
    other = raw.partition(b"\n\n")[0] + b"\n\ncheap pills, buy now\n"
    assert headers.classify(raw).log_odds == headers.classify(other).log_odds
    assert Classifier.load(tiny_model).classify(raw).log_odds != headers.classify(raw).log_odds
    assert headers.classify(raw).message.body_start == len(headers.classify(raw).message.raw)


def test_an_empty_classifier_is_unsure_and_can_be_taught() -> None:
    empty = Classifier(schema=SCHEMA)
    before = empty.classify(mixed(1)[0])
    assert before.unsure
    assert before.log_odds == (0.0, 0.0)
    assert empty.learn(mixed(1)[0], "spam")
    assert empty.classify(mixed(1)[0]).log_odds.spam > 1


def test_a_damaged_model_never_looks_like_a_verdict() -> None:
    weights = np.full((SCHEMA.n_columns, 2), np.nan, np.float16)
    classifier = Classifier(Model(Tables(SCHEMA, weights, np.zeros(2)), Cuts(), {"name": "bad"}))
    with pytest.raises(ModelFormatError, match="bad is damaged"):
        classifier.classify(b"Subject: x\n\n")


def labelled(*labels: str, count: int = 12) -> tuple[list[bytes], list[str]]:
    """Mails of some kinds; ham looks unimportant."""
    kind = {"ham": "unimportant"}
    pairs = [(mail(kind.get(label, label), n), label) for n in range(count) for label in labels]
    return [raw for raw, _ in pairs], [label for _, label in pairs]


def test_spam_alone_leaves_importance_open() -> None:
    classifier = Classifier(schema=SCHEMA).fit(*labelled("spam", "ham", count=30))
    verdict = classifier.classify(mail("spam", 99))
    assert verdict.label == "spam"
    ham = classifier.classify(mail("unimportant", 99))
    assert ham.log_odds.spam < -1
    assert ham.log_odds.importance == 0
    assert ham.unsure


def test_importance_alone_leaves_spam_open() -> None:
    classifier = Classifier(schema=SCHEMA).fit(*labelled("important", "unimportant"))
    for label, sign in (("important", 1), ("unimportant", -1)):
        verdict = classifier.classify(mail(label, 99))
        assert (verdict.label, verdict.log_odds.spam) == (label, 0)
        assert verdict.log_odds.importance * sign > 1


def test_partial_labels_teach_both_questions() -> None:
    classifier = Classifier(schema=SCHEMA).fit(*labelled("spam", "ham", "important", "unimportant"))
    trained = classifier.card["trained"]
    assert (trained["spam"]["positives"], trained["spam"]["negatives"]) == (12, 36)
    assert (trained["importance"]["positives"], trained["importance"]["negatives"]) == (12, 12)


@pytest.mark.parametrize("labels", [("spam",), ("ham",), ("important",), ("spam", "spam"), ()])
def test_a_missing_answer_is_said_in_words(labels: tuple[str, ...]) -> None:
    with pytest.raises(TrainingError, match="nothing to tell apart in") as caught:
        Classifier(schema=SCHEMA).fit(*labelled(*labels))
    assert all(label in str(caught.value) for label in labels)


def test_wrong_labels_are_refused_and_nothing_is_forgotten() -> None:
    classifier = Classifier(schema=SCHEMA)
    classifier.learn(b"Subject: x\n\n", "spam")
    with pytest.raises(LabelError, match="'maybe'"):
        classifier.fit([b"a", b"b"], ["spam", "maybe"])
    with pytest.raises(ValueError, match="shorter"):
        classifier.fit([b"a", b"b"], ["spam"])
    assert len(classifier.corrections) == 1


def test_mail_without_bodies_can_be_learned() -> None:
    raws, labels = labelled("spam", "ham")
    classifier = Classifier(schema=SCHEMA, view="headers").fit(raws, labels)
    assert classifier.classify(mail("spam", 99)).log_odds.spam > 1


def sources() -> list[tuple[str, list[Stored]]]:
    return [(label, [Stored("in/" + label, str(n), mail(label, n)) for n in range(12)]) for label in WORDS]


def test_a_model_is_the_same_file_whatever_the_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    for jobs in (1, 2):
        train(sources(), schema=SCHEMA, seed=3, jobs=jobs).save(tmp_path / str(jobs))
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    card = Classifier.load(tmp_path / "1").card
    assert card["created"] == "2026-01-01T00:00:00+00:00"
    entries = {each["mailbox"]: each["messages"] for each in card["training"]["sources"]}
    assert entries == dict.fromkeys(WORDS, 12)


def test_without_that_variable_the_date_is_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    created = train(sources(), schema=SCHEMA).card["created"]
    assert abs(datetime.fromisoformat(created).timestamp() - time.time()) < 600


def test_a_source_without_mail_is_named() -> None:
    with pytest.raises(TrainingError, match="no message to learn as spam"):
        train([*sources(), ("spam", [])], schema=SCHEMA)
