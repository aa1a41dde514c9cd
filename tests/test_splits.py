"""Groups and splits: kin stays together, near-duplicates never straddle, and who breaks that is caught."""

from __future__ import annotations

import numpy as np
import pytest
from cli_mail import mail
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import TrainingError
from classifier.evaluate.kin import grouped, kin_of, near_groups
from classifier.evaluate.near import linked, near_duplicates, signatures
from classifier.evaluate.splits import Split, by_time, k_fold, straddlers
from classifier.mail import Message


def message(
    text: str,
    sender: str = "ada@example.org",
    ident: str = "<1@example.org>",
    extra: str = "",
    date: str = "Thu, 1 Jan 2026 03:00:00 +0000",
) -> Message:
    raw = f"Message-ID: {ident}\nFrom: {sender}\nDate: {date}\n{extra}Subject: x\n\n{text}\n"
    return Message(raw.encode())


TEXT = "the backup of the database has been written to the tape and was found to be whole again today"


def test_what_differs_in_numbers_or_a_word_is_nearly_the_same() -> None:
    base = " ".join([TEXT] * 3)
    texts = [
        f"{base} 17:03 4711 files",
        f"{base} 18:59 12 files",
        base.upper(),
        " ".join(reversed((TEXT * 3).split())),
        "",
    ]
    kin = [kin_of(message(text)) for text in texts]
    first, second, third, reversed_, empty = near_groups(kin).tolist()
    assert first == second == third
    assert len({first, reversed_, empty}) == 3


def test_messages_without_words_are_not_each_others_duplicates() -> None:
    assert len(set(near_duplicates(signatures([b"", b"", b"  "])).tolist())) == 3


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("abcde ", max_size=60), max_size=12))
def test_equal_texts_are_always_found(texts: list[str]) -> None:
    raws = [text.encode() for text in texts] * 2
    groups = near_duplicates(signatures(raws))
    for at, text in enumerate(texts):
        assert not text.strip() or groups[at] == groups[at + len(texts)]


@settings(deadline=None)
@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))
    )
)
def test_linked_is_transitive(case: tuple[int, list[tuple[int, int]]]) -> None:
    n, pairs = case
    groups = linked(n, np.array(pairs, np.intp).reshape(-1, 2))
    assert all(groups[a] == groups[b] for a, b in pairs)
    assert len(set(groups.tolist())) >= n - len(pairs)
    assert sorted(set(groups.tolist())) == list(range(len(set(groups.tolist()))))


def test_kin_by_sender_thread_and_host() -> None:
    kin = [
        kin_of(message("a", "Bob <BOB@example.org>", "<a@mail.example.org>")),
        kin_of(message("b", "bob@example.org", "<b@web>", "References: <root@x> <q@x>\n")),
        kin_of(message("c", "eve@web.example.com", "<c@web>", "In-Reply-To: <q@x>\n")),
        kin_of(message("d", "eve@web.example.com", "<q@x>")),
        kin_of(Message(b"\n")),
    ]
    assert grouped(kin, ["sender"]).tolist() == [0, 0, 1, 1, 2]
    assert grouped(kin, ["thread"]).tolist() == [0, 1, 1, 1, 2]
    assert [each.host for each in kin] == ["mail.example.org", "web", "web.example.com", "x", ""]
    assert grouped(kin, ["sender", "thread"]).tolist() == [0, 0, 0, 0, 1]
    assert grouped(kin, ["none"]).tolist() == [0, 1, 2, 3, 4]
    assert grouped(kin, ["none"], np.array([0, 0, 0, 1, 2])).tolist() == [0, 0, 0, 1, 2]
    with pytest.raises(ValueError, match="not by colour"):
        grouped(kin, ["colour"])


labelled = st.lists(
    st.tuples(st.sampled_from(["spam", "ham", "important", "unimportant"]), st.integers(0, 12)), min_size=20
)


@settings(deadline=None)
@given(labelled, st.integers(2, 5), st.integers(0, 5))
def test_folds_cut_no_group_and_judge_all_once(pairs: list[tuple[str, int]], folds: int, seed: int) -> None:
    labels = [label for label, _ in pairs]
    groups = np.unique([group for _, group in pairs], return_inverse=True)[1].astype(np.intp)
    near = np.arange(len(pairs)) // 2
    try:
        splits = k_fold(labels, groups, folds, near, seed)
    except TrainingError:
        return
    assert not len(straddlers(splits, groups))
    assert not len(straddlers(splits, near))
    assert sorted(np.concatenate([split.test for split in splits]).tolist()) == list(range(len(pairs)))
    for split in splits:
        assert len(split.train) + len(split.test) + split.purged == len(pairs)


def test_folds_are_of_like_size_and_mixture() -> None:
    rng = np.random.default_rng(3)
    labels = rng.choice(["spam", "ham"], 1000, p=[0.1, 0.9]).tolist()
    splits = k_fold(labels, rng.integers(0, 300, 1000), 5)
    spam = [sum(labels[at] == "spam" for at in split.test) for split in splits]
    assert max(spam) - min(spam) <= 4
    assert max(len(split.test) for split in splits) < 1.2 * min(len(split.test) for split in splits)


def test_a_splitter_that_straddles_is_caught() -> None:
    """The villain cuts by position, as KFold does by default, through groups that lie side by side."""
    groups = np.arange(40) // 3
    halves = np.arange(20), np.arange(20, 40)
    villain = [Split(halves[0], halves[1], 0), Split(halves[1], halves[0], 0)]
    assert straddlers(villain, groups).tolist() == [6]
    labels = ["spam", "ham"] * 20
    assert not len(straddlers(k_fold(labels, groups, 2), groups))


def test_time_goes_forward() -> None:
    when = np.array([5.0, 1, 2, 3, np.nan, 4, 0, 6])
    splits = by_time(["spam", "ham"] * 4, when, 3)
    # the fifth does not know its time: it stays behind the fourth
    assert [split.test.tolist() for split in splits] == [[2, 3], [4, 5], [0, 7]]
    assert [sorted(split.train.tolist()) for split in splits] == [[1, 6], [1, 2, 3, 6], [1, 2, 3, 4, 5, 6]]
    purged = by_time(["spam", "ham"] * 4, when, 1, near=np.array([0, 1, 2, 3, 4, 5, 6, 6]))
    assert purged[0].purged == 1
    assert 6 not in purged[0].train


@pytest.mark.parametrize(
    ("labels", "groups", "word"),
    [
        (["spam", "spam", "ham", "ham"], [0, 0, 1, 2], "fold 1 of 2 leaves no spam to learn from"),
        (["important"] * 2 + ["unimportant"] * 4, [0, 0, 1, 2, 3, 4], "leaves no important mail"),
        (["spam", "ham"], [0, 0], "1 groups of messages cannot fill 2 folds"),
    ],
)
def test_what_cannot_be_split_is_said(labels: list[str], groups: list[int], word: str) -> None:
    with pytest.raises(TrainingError, match=word):
        k_fold(labels, np.array(groups), 2)


def test_near_duplicates_may_leave_nothing_to_learn() -> None:
    with pytest.raises(
        TrainingError, match=r"leaves no spam to learn from \(1 near-duplicates were left out\)"
    ):
        k_fold(["spam", "spam", "ham", "ham"], np.arange(4), 2, np.array([0, 0, 1, 2]))
    with pytest.raises(TrainingError, match="no message tells when it came"):
        by_time(["spam", "ham"], [np.nan, np.nan], 1)


def test_a_day_of_one_robot_is_one_group() -> None:
    kin = [kin_of(Message(mail("unimportant", number))) for number in range(20)]
    assert len(set(near_groups(kin).tolist())) == 1
