"""Model files: what is written is read, all of it or a clear error; nothing in them is executed."""

from __future__ import annotations

import json
import mmap
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from classifier.errors import ModelError, ModelFormatError, ModelNotFound, SchemaMismatch
from classifier.features import Schema
from classifier.learners import Tables
from classifier.store import Model, list_models, load_model, save_model, verify_model
from classifier.verdict import Cuts

SCHEMA = Schema(bits=12)


def model(seed: int = 0) -> Model:
    random = np.random.default_rng(seed)
    weights = random.normal(size=(SCHEMA.n_columns, 2)).astype(np.float16)
    tables = Tables(SCHEMA, weights, np.array([0.5, -0.25]))
    return Model(tables, Cuts(spam=4.0), {"name": "tést", "nested": {"a": [1, None]}}, {})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "m.mailtriage"
    save_model(model(), path)
    return path


def pieces(raw: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Take a model file apart into header, card and arrays."""
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["mailtriage"]), raw[8 + length :]


def forged(path: Path, *, header: Any = None, card: Any = None, arrays: bytes | None = None) -> Path:
    """Put a model file together again with some of it replaced."""
    old_header, old_card, old_arrays = pieces(path.read_bytes())
    header = old_header | (header or {})
    if card is not None:
        header["__metadata__"] = {
            "mailtriage": card if isinstance(card, str) else json.dumps(old_card | card)
        }
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + (old_arrays if arrays is None else arrays))
    return path


def test_what_is_written_is_read(saved: Path) -> None:
    first, second = model(), load_model(saved)
    assert np.array_equal(first.tables.weights, second.tables.weights)
    assert np.array_equal(first.tables.bias, second.tables.bias)
    assert second.tables.schema == SCHEMA
    assert second.cuts == first.cuts
    assert second.card.items() >= first.card.items()
    assert verify_model(str(saved)).card == second.card


def test_safetensors_itself_reads_the_file_and_nothing_in_it_is_code(saved: Path) -> None:
    assert set(load_file(saved)) == {"weights", "bias"}
    with safe_open(saved, "np") as file:
        assert json.loads(file.metadata()["mailtriage"])["format"] == 1
    source = Path(load_model.__code__.co_filename).read_text(encoding="utf-8")
    assert not [word for word in ("pickle", "marshal", "eval(", "exec(", "joblib") if word in source]


def test_loading_maps_the_tables(saved: Path) -> None:
    weights = load_model(saved).tables.weights
    base: Any = weights
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base.obj if isinstance(base, memoryview) else base, mmap.mmap)
    assert not weights.flags.writeable


def test_a_model_in_use_survives_its_replacement(saved: Path) -> None:
    before = load_model(saved)
    copy = before.tables.weights.copy()
    save_model(model(1), saved)
    assert np.array_equal(before.tables.weights, copy)
    assert not np.array_equal(load_model(saved).tables.weights, copy)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_dying_while_writing_leaves_the_old_model(
    saved: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    old = saved.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(ModelError, match=r"m\.mailtriage: cannot be written: No space left"):
        save_model(model(1), saved)
    assert saved.read_bytes() == old
    assert [path.name for path in saved.parent.iterdir() if path.is_file()] == [saved.name]


def test_an_interrupt_while_writing_leaves_no_scratch_file(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_model(model(1), saved)
    assert [path.name for path in saved.parent.iterdir() if path.is_file()] == [saved.name]


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_the_umask_decides_who_may_read(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        save_model(model(), tmp_path / "m")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == 0o666 & ~mask


def test_writing_where_there_is_no_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        save_model(model(), tmp_path / "nowhere" / "m")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelError, match="folder"):
        save_model(model(), tmp_path / "folder")
    assert not list(tmp_path.glob(".*"))


def test_a_truncated_file_is_refused_wherever_it_ends(saved: Path) -> None:
    raw = saved.read_bytes()
    header = 8 + int.from_bytes(raw[:8], "little")
    for end in (0, 1, 7, 8, 9, header - 1, header, header + 1, len(raw) // 2, len(raw) - 8, len(raw) - 1):
        saved.write_bytes(raw[:end])
        with pytest.raises(ModelFormatError, match=r"m\.mailtriage: "):
            load_model(saved)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff" * 8 + b"{}",
        (2**40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (4).to_bytes(8, "little") + b"null",
        (2).to_bytes(8, "little") + b"{}",
        (3).to_bytes(8, "little") + b"\xff\xfe{",
        (40000).to_bytes(8, "little") + b"[" * 40000,
        b"From a@example.org Thu Jan  1 00:00:00 1970\n\nhello\n",
        b"\x80\x04\x95",
    ],
)
def test_foreign_bytes_are_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "alien").write_bytes(raw)
    with pytest.raises(ModelFormatError, match="alien: "):
        load_model(tmp_path / "alien")


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file({"weights": np.zeros(3)}, tmp_path / "llama")
    with pytest.raises(ModelFormatError, match="llama: a safetensors file, but not a model of mailtriage"):
        load_model(tmp_path / "llama")


SIZE = SCHEMA.n_columns * 4
WEIGHTS = {"dtype": "F16", "shape": [SCHEMA.n_columns, 2], "data_offsets": [16, 16 + SIZE]}
BAD_ARRAYS = {
    "missing": None,
    "no object": [1],
    "dtype": WEIGHTS | {"dtype": "F64"},
    "strange dtype": WEIGHTS | {"dtype": "OBJECT"},
    "dtype no text": WEIGHTS | {"dtype": []},
    "shape turned": WEIGHTS | {"shape": [2, SCHEMA.n_columns]},
    "shape negative": WEIGHTS | {"shape": [-SCHEMA.n_columns, -2]},
    "shape infinite": WEIGHTS | {"shape": [float("inf"), 2]},
    "offsets short": WEIGHTS | {"data_offsets": [16, 8 + SIZE]},
    "offsets negative": WEIGHTS | {"data_offsets": [-16, SIZE - 16]},
    "offsets beyond": WEIGHTS | {"data_offsets": [2**40, 2**40 + SIZE]},
    "offsets infinite": WEIGHTS | {"data_offsets": [float("-inf"), float("inf")]},
    "one offset": WEIGHTS | {"data_offsets": [16]},
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_forged_arrays_are_refused(saved: Path, name: str) -> None:
    with pytest.raises(ModelFormatError, match=r"m\.mailtriage: .*(array|truncated)"):
        load_model(forged(saved, header={"weights": BAD_ARRAYS[name]}))


@pytest.mark.parametrize("shape", [[0, 2**70], [2**62, 2**62], [2**31, 0]])
def test_forged_learned_shapes_are_refused(saved: Path, shape: list[int]) -> None:
    entry = {"dtype": "U8", "shape": shape, "data_offsets": [0, 0]}
    with pytest.raises(ModelFormatError, match=r"learned\.labels is damaged"):
        load_model(forged(saved, header={"learned.labels": entry}))


@pytest.mark.parametrize(
    "card",
    [
        *("[]", "null", "{", "[" * 5000),
        *({"format": 2}, {"format": None}, {"schema": None}, {"schema": []}),
        *({"thresholds": {"spam": float("nan")}}, {"thresholds": ["spam"]}, {"thresholds": None}),
    ],
)
def test_forged_cards_are_refused(saved: Path, card: Any) -> None:
    with pytest.raises(ModelFormatError, match=r"m\.mailtriage: "):
        load_model(forged(saved, card=card))


@pytest.mark.parametrize(
    "change",
    [{"kernel": 0}, {"hash": "0" * 16}, {"gram_header_bytes": 17}, {"signals": ["no.such"]}, {"bits": 13}],
)
def test_a_model_of_other_columns_is_told_to_be_trained_again(saved: Path, change: dict[str, Any]) -> None:
    with pytest.raises(SchemaMismatch, match=r"m\.mailtriage: .*train it again"):
        load_model(forged(saved, card={"schema": SCHEMA.to_json() | change}))


@pytest.mark.parametrize(
    "change", [{"bits": float("inf")}, {"bits": 99}, {"signals": 3}, {"gram_header_bytes": None}]
)
def test_a_schema_that_is_none_is_refused(saved: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError, match=r"m\.mailtriage: its schema is damaged"):
        load_model(forged(saved, card={"schema": SCHEMA.to_json() | change}))


def test_a_bias_that_is_no_number_is_refused(saved: Path) -> None:
    header, _, arrays = pieces(saved.read_bytes())
    first, last = header["bias"]["data_offsets"]
    bad = arrays[:first] + np.array([np.nan, 0]).tobytes() + arrays[last:]
    with pytest.raises(ModelFormatError, match="bias is not finite"):
        load_model(forged(saved, arrays=bad))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, SIZE * 8 - 1))
def test_verifying_finds_a_flipped_bit(tmp_path_factory: pytest.TempPathFactory, bit: int) -> None:
    path = tmp_path_factory.mktemp("flip") / "m"
    save_model(model(), path)
    raw = bytearray(path.read_bytes())
    raw[-1 - bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)
    with pytest.raises(ModelFormatError, match="m: its arrays are not those"):
        verify_model(path)


def test_verifying_finds_infinite_weights(tmp_path: Path) -> None:
    bad = model()
    bad.tables.weights[7, 0] = np.inf
    save_model(bad, tmp_path / "m")
    with pytest.raises(ModelFormatError, match="not finite"):
        verify_model(tmp_path / "m")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=12), st.integers(0, 400))
def test_scribbling_over_the_header_gives_our_error_or_a_model(
    tmp_path_factory: pytest.TempPathFactory, ink: bytes, at: int
) -> None:
    path = tmp_path_factory.mktemp("ink") / "m"
    save_model(model(), path)
    raw = path.read_bytes()
    path.write_bytes(raw[:at] + ink + raw[at + len(ink) :])
    try:
        load_model(path)
    except ModelError as error:
        assert str(path) in str(error)  # noqa: PT017 - most scribbles are errors, some are harmless


def test_missing_models_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no-such-model: no such model file"):
        load_model("no-such-model")
    with pytest.raises(ModelNotFound, match="gone"):
        load_model(tmp_path / "gone")
    with pytest.raises(ModelFormatError, match="not a file"):
        load_model(tmp_path)
    (tmp_path / "empty").touch()
    with pytest.raises(ModelFormatError, match="empty: cannot be read"):
        load_model(tmp_path / "empty")


def test_an_unreadable_model_is_an_error_that_names_it(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:  # root may read everything, so the mode bits prove nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("classifier.store.open", refuse, raising=False)
    with pytest.raises(ModelFormatError, match=r"m\.mailtriage: cannot be read: Permission denied"):
        load_model(saved)


def test_names_of_shipped_models_lead_to_files() -> None:
    assert all(path.is_file() and path.stem == name for name, path in list_models().items())
