"""Messages to rows: alone or together, LF or CRLF, and what must not matter does not."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_facts import with_crlf, with_lf
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from classifier.features import Extractor, MailVectorizer, Rows, Schema
from classifier.features.extractor import hash_signal
from classifier.features.naming import name_columns
from classifier.features.schema import HISTORY_BITS, SIGNAL_BITS
from classifier.learners import BayesLearner
from classifier.mail import Message
from classifier.signals import REGISTRY, Facts, Site, observe

SMALL = Extractor(Schema(bits=14))
PORTABLE = Extractor(Schema(bits=14, portable=True))
FEW = Extractor(Schema(bits=14).only(["header", "grams"]))
GOLDEN_MAILS = sorted((Path(__file__).parent / "mail").glob("*.eml"))
PIECES = [b"Subject: ", b"Received: from a by b; ", b"Date: ", b"\n", b"\r\n", b"\n\n", b" ", b"\t", b"\0",
          b"\xff", b"Content-Type: text/html\n\n<a href=x>", b"List-Id: ", b"<", b"long" * 12]  # fmt: skip
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=9)), max_size=40).map(b"".join)

MAIL = b"""Received: from out.example.net (out.example.net [192.0.2.7])
\tby mx.example.org (Postfix) with ESMTPS id ABC123
\tfor <ada@example.org>; Mon, 5 Jan 2026 10:00:00 +0100
Message-ID: <20260105100000.77@out.example.net>
Date: Mon, 5 Jan 2026 10:00:00 +0100
From: Bob <bob@example.net>
To: ada@example.org
Subject: the minutes of our meeting

Dear Ada,
here are the minutes.
"""


def rows(*raws: bytes, extractor: Extractor = SMALL) -> Rows:
    return extractor.rows([Facts(Message(raw)) for raw in raws])


def columns(raw: bytes, extractor: Extractor = SMALL) -> list[list[int]]:
    return [block.columns.tolist() for block in rows(raw, extractor=extractor).blocks]


def split(batch: Rows) -> list[list[list[int]]]:
    """Columns by message and block."""
    cut = [np.split(block.columns, np.cumsum(block.counts)[:-1]) for block in batch.blocks]
    return [[part.tolist() for part in each] for each in zip(*cut, strict=True)]


def test_rows_taken_are_the_rows_of_their_messages() -> None:
    raws = [MAIL, b"Subject: x\n\n", MAIL.replace(b"minutes", b"hours"), b""]
    chosen = np.array([2, 0, 0, 3])
    taken = rows(*raws).take(chosen)
    assert split(taken) == split(rows(*(raws[at] for at in chosen)))
    assert len(rows(*raws).take(np.zeros(0, int))) == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(soup, min_size=1, max_size=6), st.sampled_from([1, 63, 64, 65, 200]))
def test_a_row_is_the_same_in_any_batch(raws: list[bytes], size: int) -> None:
    alone = [columns(raw) for raw in raws]
    together = split(rows(*(raws[at % len(raws)] for at in range(size))))
    assert together == [alone[at % len(raws)] for at in range(size)]


def test_no_messages_make_no_rows() -> None:
    assert len(rows()) == 0
    assert rows().to_csr().shape == (0, SMALL.schema.n_columns)


@settings(max_examples=60, deadline=None)
@given(soup)
def test_names_are_exactly_the_columns(raw: bytes) -> None:
    for extractor in (SMALL, PORTABLE, FEW):
        named = name_columns(extractor, Facts(Message(raw)))
        found: list[list[int]] = [[] for _ in extractor.schema.blocks]
        for block, column, name in zip(named.block, named.column, named.name, strict=True):
            found[block].append(column)
            assert named.names[name][0]
        assert len(set(named.names)) == len(named.names)
        assert [sorted(each) for each in found] == columns(raw, extractor)


@pytest.mark.parametrize("path", GOLDEN_MAILS, ids=lambda path: path.stem)
def test_twins_of_other_line_ends_have_the_same_columns(path: Path) -> None:
    raw = path.read_bytes()
    assert columns(with_lf(raw))[1:] == columns(with_crlf(raw))[1:]
    lf, crlf = (set(observe(Facts(Message(twin)))) for twin in (with_lf(raw), with_crlf(raw)))
    assert {name for name in lf ^ crlf if not name.startswith("structure.size")} == set()


@pytest.mark.parametrize("length", [3300, 3400, 3500, 3600, 9000])
@pytest.mark.parametrize("line", [1, 7, 70])
def test_twins_agree_however_long_they_are(length: int, line: int) -> None:
    body = b"".join(b"%d" % (n % 7) * line + b"\n" for n in range(length // (line + 1)))
    raw = MAIL + body
    assert columns(raw)[3] == columns(with_crlf(raw))[3]
    folded = b"X-Long: " + b"\n ".join(b"%d" % n * 3 for n in range(length // 8)) + b"\n" + MAIL
    assert columns(folded)[3] == columns(with_crlf(folded))[3]


STORAGE = [b"Delivered-To: ada@example.org", b"X-Original-To: ada@example.org", b"Status: RO", b"X-Status: A",
           b"X-UID: 77", b"X-Keywords: work", b"Content-Length: 9999", b"X-Mozilla-Status: 0001",
           b"X-Gmail-Labels: Spam"]  # fmt: skip
VERDICTS = [b"X-Spam-Status: Yes, score=9", b"X-Spam-Flag: YES", b"X-Bogosity: Ham", b"X-Mailtriage: spam",
            b"X-CRM114-Status: GOOD", b"X-Rspamd-Score: 12", b"x-SPAM-anything: 1"]  # fmt: skip


@pytest.mark.parametrize("field", STORAGE + VERDICTS)
@pytest.mark.parametrize("extractor", [SMALL, PORTABLE], ids=["plain", "portable"])
def test_marks_of_storage_and_of_filters_change_no_words(field: bytes, extractor: Extractor) -> None:
    assert columns(field + b"\n" + MAIL, extractor)[1:] == columns(MAIL, extractor)[1:]
    last = MAIL.replace(b"\n\n", b"\n" + field + b"\n\n", 1)
    assert columns(last, extractor)[1:] == columns(MAIL, extractor)[1:]


@pytest.mark.parametrize("extractor", [SMALL, PORTABLE], ids=["plain", "portable"])
def test_dates_change_no_words_but_zones_do(extractor: Extractor) -> None:
    later = MAIL.replace(b"Mon, 5 Jan 2026 10:00:00", b"Sun, 31 Dec 2034 23:59:58")
    assert later.count(b"2034") == 2
    assert columns(later, extractor)[1:] == columns(MAIL, extractor)[1:]
    date = MAIL.replace(b"\nDate: Mon, 5 Jan 2026 10:00:00 +0100", b"\nDate: Mon, 5 Jan 2026 10:00:00 -0800")
    assert columns(date, extractor)[1] != columns(MAIL, extractor)[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"by mx.example.org (Postfix)", b"by collector.example.test (Exim 4.97)"),
        (b"id ABC123", b"id XYZ789"),
        (b"for <ada@example.org>", b"for <zoe@example.test>"),
        (b"\nFrom: ", b"\nList-Id: <club.example.org>\nList-Unsubscribe: <mailto:off@example.org>\nFrom: "),
        (b"\nFrom: ", b"\nReturn-Path: <bounce-7@example.net>\nX-BeenThere: club@example.org\nFrom: "),
        (b"\nFrom: ", b"\nErrors-To: boss@example.org\nSender: club-admin@example.org\nFrom: "),
        (b"<20260105100000.77@", b"<19991231235959.68@"),
    ],
)
def test_portable_rows_do_not_know_whose_mail_it_is(old: bytes, new: bytes) -> None:
    assert old in MAIL
    assert columns(MAIL.replace(old, new), PORTABLE)[1:] == columns(MAIL, PORTABLE)[1:]
    assert columns(MAIL.replace(old, new), SMALL)[1:] != columns(MAIL, SMALL)[1:]  # the villain: a plain row


def test_what_was_said_and_by_whom_does_matter() -> None:
    for old in (b"out.example.net (", b"bob@", b"minutes of our meeting", b"Dear Ada"):
        assert columns(MAIL.replace(old, b"other"), PORTABLE)[1:] != columns(MAIL, PORTABLE)[1:]


def test_blocks_have_length_one_or_none() -> None:
    X = rows(MAIL, b"", b"Subject: x\n\n").to_csr()
    for block in SMALL.schema.blocks:
        lengths = np.asarray(
            X[:, block.start : block.stop].multiply(X[:, block.start : block.stop]).sum(axis=1)
        )
        assert all(abs(length - 1) < 1e-5 or length == 0 for length in lengths.ravel())


@pytest.mark.parametrize(("history", "bits", "most"), [(False, SIGNAL_BITS, 8), (True, HISTORY_BITS, 24)])
def test_signals_known_beforehand_share_hardly_a_column(history: bool, bits: int, most: int) -> None:
    known: list[str] = []
    for signal in REGISTRY.values():
        if ("history" in signal.needs) == history:
            known += [f"{signal.name}=yes", f"{signal.name}=no"] if signal.kind == "flag" else signal.bins
    taken = {hash_signal(name) >> (64 - bits) for name in known}
    assert len(known) > 300
    # Chance lets n * n / 2 / 2**bits pairs share a column: of 700 names 3.7 of 2**16, of 620 twelve of 2**14.
    # A hash that clumps shares many more.
    assert len(known) - len(taken) <= most


def test_a_view_left_out_sets_nothing_and_moves_nothing() -> None:
    assert columns(MAIL, FEW) == [[], columns(MAIL)[1], [], columns(MAIL)[3], []]


def test_the_site_reaches_the_signals() -> None:
    site = Site(me=frozenset({"ada@example.org"}))
    assert MailVectorizer(site=site).transform([MAIL]).nnz != 0
    mine, nobodys = (MailVectorizer(site=each).transform([MAIL]) for each in (site, None))
    assert (mine != nobodys).nnz > 0


def test_the_vectorizer_is_a_transformer_like_any_other() -> None:
    vectorizer = MailVectorizer(schema=Schema(bits=12), site=Site(me=frozenset({"a@example.org"})))
    assert clone(vectorizer).get_params() == vectorizer.get_params()
    X = vectorizer.fit_transform([MAIL, Message(MAIL), b""])
    assert X.dtype == np.float32
    assert X.shape == (3, Schema(bits=12).n_columns)
    assert (X[0] != X[1]).nnz == 0
    assert (vectorizer.transform(iter([MAIL])) != X[:1]).nnz == 0
    again = pickle.loads(pickle.dumps(vectorizer))
    assert (again.transform([MAIL]) != X[:1]).nnz == 0
    names = vectorizer.get_feature_names_out()
    assert len(set(names)) == X.shape[1]
    assert vectorizer.set_output(transform="default").transform([MAIL]).shape[0] == 1


def test_the_vectorizer_feeds_a_pipeline() -> None:
    pipeline = make_pipeline(MailVectorizer(), BayesLearner()).set_params(
        mailvectorizer__schema=Schema(bits=12)
    )
    mails = [b"Subject: %s %d\n\n%s" % (word, n, word) for n in range(5) for word in (b"pills", b"minutes")]
    pipeline.fit(mails, ["spam", "ham"] * 5)
    assert pipeline.predict([b"Subject: pills\n\n", b"Subject: minutes\n\n"]).tolist() == ["spam", "ham"]


# See the golden hashes of test_features_kernels: if this fails and is meant to, raise KERNEL.
def test_golden_columns() -> None:
    mail = b"Subject: Hi\nStatus: RO\nDate: Mon, 5 Jan 2026 10:00:00 +0100\n\nHi you\n"
    header, body, grams = columns(mail, Extractor(Schema(bits=12)))[1:4]
    assert header == HEADER
    assert body == BODY
    assert grams[:12] == GRAMS
    assert hash_signal("machine.cron=yes") == SIGNAL


HEADER = [320, 895]
BODY = [1764, 2337, 3909]
GRAMS = [0, 157, 447, 482, 490, 669, 715, 1211, 1439, 1570, 1628, 1859]
SIGNAL = 15278471320172590350
