"""The schema: whatever changes a column changes its hash, and other columns are refused."""

from __future__ import annotations

import json

import pytest

from classifier.errors import ModelFormatError, SchemaMismatch
from classifier.features import Schema, schema
from classifier.signals import REGISTRY, Registry

PLAIN = Schema(bits=14)
SOME = tuple(sorted(REGISTRY))[:5]


@pytest.mark.parametrize(
    "each",
    [PLAIN, Schema(), Schema(bits=12, gram_header_bytes=100, text_bytes=0, portable=True, signals=SOME)],
    ids=["small", "default", "odd"],
)
def test_a_schema_survives_the_card(each: Schema) -> None:
    assert Schema.from_json(json.loads(json.dumps(each.to_json()))) == each


@pytest.mark.parametrize(
    "change",
    [
        {"bits": 15},
        {"gram_bits": 15},
        {"gram_header_bytes": 1},
        {"gram_body_bytes": 1},
        {"text_bytes": 1},
        {"portable": True},
        {"signals": SOME},
        {"views": ("body",)},
    ],
)
def test_the_hash_changes_with_every_field(change: dict[str, object]) -> None:
    assert PLAIN._replace(digest_of_signals="", **change).hash != PLAIN.hash


def test_every_field_is_in_that_list() -> None:
    tried = {
        "views",
        "bits",
        "gram_bits",
        "gram_header_bytes",
        "gram_body_bytes",
        "text_bytes",
        "portable",
        "signals",
        "digest_of_signals",
    }
    assert set(Schema._fields) == tried


def test_the_hash_changes_with_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    before, card = PLAIN.hash, PLAIN.to_json()
    monkeypatch.setattr(schema, "KERNEL", schema.KERNEL + 1)
    assert PLAIN.hash != before
    with pytest.raises(SchemaMismatch, match="train it again"):
        Schema.from_json(card)


def test_signals_defined_otherwise_are_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    number = next(each for each in REGISTRY.values() if each.kind == "number" and each.default)
    before = Schema(signals=(number.name,))
    changed = Registry()
    changed.add(number._replace(edges=(*number.edges, number.edges[-1] + 1)))
    monkeypatch.setattr("classifier.signals.REGISTRY", changed)
    assert Schema(signals=(number.name,)).hash != before.hash
    with pytest.raises(SchemaMismatch, match="defined differently"):
        Schema.from_json(before.to_json())


def test_unknown_signals_are_a_mismatch() -> None:
    with pytest.raises(SchemaMismatch, match=r"does not know the signal no\.such"):
        Schema(signals=("no.such",))
    with pytest.raises(SchemaMismatch, match=r"does not know the signal no\.such"):
        Schema.from_json(PLAIN.to_json() | {"signals": ["no.such"]})


@pytest.mark.parametrize("card", [{}, {"kernel": None}, {"kernel": 0}])
def test_other_kernels_are_a_mismatch(card: dict[str, object]) -> None:
    with pytest.raises(SchemaMismatch):
        Schema.from_json(card)


@pytest.mark.parametrize(
    "field", ["bits", "gram_header_bytes", "gram_body_bytes", "text_bytes", "portable", "signals", "views"]
)
def test_a_card_without_a_field_is_damaged(field: str) -> None:
    card = PLAIN.to_json()
    del card[field]
    with pytest.raises(ModelFormatError, match="damaged"):
        Schema.from_json(card)


@pytest.mark.parametrize("sizes", [{"bits": 11}, {"bits": 23}, {"gram_header_bytes": -1}, {"text_bytes": -1}])
def test_sizes_out_of_range_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must lie|cannot be negative"):
        Schema(**sizes)


def test_blocks_lie_side_by_side() -> None:
    blocks = PLAIN.blocks
    assert [block.name for block in blocks] == ["signals", "header", "body", "grams", "history"]
    assert [block.start for block in blocks] == [0, *(block.stop for block in blocks[:-1])]
    assert PLAIN.n_columns == blocks[-1].stop == 2**16 + 2**12 + 3 * 2**14


def test_the_order_in_which_signals_are_named_makes_no_difference() -> None:
    assert Schema(signals=SOME[::-1]) == Schema(signals=SOME)


def test_fewer_views_leave_the_columns_where_they_are() -> None:
    fewer = PLAIN.only(["grams", "header"])
    assert fewer.views == ("header", "grams")
    assert fewer.blocks == PLAIN.blocks
    assert fewer.signals == ()
    assert Schema.from_json(json.loads(json.dumps(fewer.to_json()))) == fewer
    with pytest.raises(ValueError, match="views are some of"):
        Schema(views=("sound",))
