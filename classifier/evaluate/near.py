"""Near-duplicates: messages that say the same in almost the same words, whatever their numbers.

A robot's mail of today and of yesterday, a spam sent a hundred times: one in the training part and one in
the test part measure memory, not judgement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.features.kernels import find_words, mix, neighbours

if TYPE_CHECKING:
    from classifier.mail import Message

Groups = NDArray[np.intp]

HASHES, BAND = 32, 4
"""Minima a message, and how many of them must agree for two messages to be looked at: of two that share 85 %
of their words and pairs, 99.7 % are."""

ALIKE = 0.85
"""Part of the minima that has to agree: an estimate of the part of words and pairs that both share. On the
root mail of eight hosts 0.75 puts up to seven kinds of mail into one group, 0.85 four, 0.9 no fewer."""

TEXT_BYTES = 6000
"""Of subject and text; as much as the features read."""

BATCH = 256

_NUMBERED = re.compile(rb"[^\s]*\d[^\s]*")
_MULTIPLIERS = np.random.default_rng(1).integers(1, 1 << 63, HASHES, np.uint64) | np.uint64(1)
_NOTHING = np.uint32(0xFFFFFFFF)


def digest_text(message: Message) -> bytes:
    """Return what makes two messages alike: subject and text, every word with a digit masked.

    Parameters
    ----------
    message : Message

    Returns
    -------
    bytes
        Lower case.
    """
    text = f"{message.subject}\n{message.skimmed[:TEXT_BYTES]}".encode("utf-8", "replace")
    return _NUMBERED.sub(b"0", text[:TEXT_BYTES].lower())


def signatures(texts: Sequence[bytes]) -> NDArray[np.uint32]:
    """Sum texts up so that the part of equal numbers estimates the part of shared words and pairs.

    Parameters
    ----------
    texts : sequence of bytes

    Returns
    -------
    ndarray of shape (n_texts, HASHES), uint32
        A text without words gets the greatest number everywhere.

    Source
    ------
    Broder 1997, "On the resemblance and containment of documents" (min-wise hashing).
    """
    found = np.full((len(texts), HASHES), _NOTHING, np.uint32)
    for begin in range(0, len(texts), BATCH):
        _, words = find_words(list(texts[begin : begin + BATCH]))
        if not len(words.hashes):
            continue
        single = mix(words.hashes)
        pairs, first = neighbours(words, single)
        segment = np.concatenate([words.segment, words.segment[first]])
        order = np.argsort(segment, kind="stable")
        hashes = np.concatenate([single, pairs])[order]
        filled, starts = np.unique(segment[order], return_index=True)
        for at, multiplier in enumerate(_MULTIPLIERS):
            high = ((hashes * multiplier) >> np.uint64(32)).astype(np.uint32)
            found[begin + filled, at] = np.minimum.reduceat(high, starts)
    return found


def near_duplicates(found: NDArray[np.uint32]) -> Groups:
    """Put messages together whose signatures agree.

    Parameters
    ----------
    found : ndarray of shape (n_messages, HASHES), uint32
        From `signatures`.

    Returns
    -------
    ndarray of shape (n_messages,), intp
        Equal numbers for messages of one group; whatever is alike to something alike belongs to it, too.
    """
    links = [np.zeros((0, 2), np.intp)]
    spoken = np.flatnonzero((found != _NOTHING).any(axis=1))
    for begin in range(0, HASHES, BAND):
        band = np.ascontiguousarray(found[spoken, begin : begin + BAND]).view(f"V{4 * BAND}").ravel()
        order = np.argsort(band, kind="stable")
        same = band[order[1:]] == band[order[:-1]]
        here = spoken[order]
        first = np.maximum.accumulate(np.where(np.concatenate([[True], ~same]), np.arange(len(here)), 0))
        pairs = [np.stack([here[:-1], here[1:]], 1)[same], np.stack([here[first], here], 1)[1:][same]]
        links += [pair[_alike(found, pair)] for pair in pairs]
    return linked(len(found), np.concatenate(links))


def _alike(found: NDArray[np.uint32], pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which pairs agree often enough."""
    agree: NDArray[np.bool_] = (found[pairs[:, 0]] == found[pairs[:, 1]]).mean(axis=1) >= ALIKE
    return agree


def linked(n: int, pairs: NDArray[np.intp]) -> Groups:
    """Put together what is linked, directly or over others.

    Parameters
    ----------
    n : int
    pairs : ndarray of shape (n_pairs, 2), intp

    Returns
    -------
    ndarray of shape (n,), intp
        Equal numbers for one group; numbered from 0.
    """
    from scipy.sparse import coo_matrix  # for evaluation only
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (n, n))
    groups: Groups = connected_components(graph, directed=False)[1].astype(np.intp)
    return groups
