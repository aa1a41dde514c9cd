"""A model file: one safetensors file with the tables, and a JSON card inside.

Nothing in it is ever executed, so a stranger's model is safe to load. The tables are mapped, not
read: processes share the pages. Layout (https://github.com/huggingface/safetensors): eight bytes of
header length, a JSON header that names each array's place, then the arrays.
"""

from __future__ import annotations

import json
import math
import mmap
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classifier.errors import ModelError, ModelFormatError, ModelNotFound, ModelNotWritten
from classifier.features import Schema
from classifier.learners import QUESTIONS, Tables
from classifier.verdict import Cuts

if TYPE_CHECKING:
    from pathlib import Path  # takes two milliseconds of every start

FORMAT = 1
"""Version of the card; a reader refuses what it does not know."""

SUFFIX = ".mailtriage"

HEADER_BYTES = 16 << 20
"""A header longer than this is no card of ours; the bound keeps a forged length from eating the memory."""

_DTYPES: dict[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "U32": np.dtype("<u4"),
    "U8": np.dtype("u1"),
}

_HERE = os.path.dirname(__file__)
_HOMES = (os.path.join(_HERE, "models"), os.path.join(os.path.dirname(_HERE), "models", "starter"))


class Model(NamedTuple):
    """What a model file holds.

    Parameters
    ----------
    tables : Tables
    cuts : Cuts
    card : dict
        What people should know: how it was trained, on what, how well it did.
    learned : mapping of str to ndarray
        What was learned since, one message at a time; see `learners.online`.
    """

    tables: Tables
    cuts: Cuts
    card: dict[str, Any]
    learned: Mapping[str, Any] = MappingProxyType({})


def packed(model: Model) -> bytes:
    """Make the bytes of a model file.

    Parameters
    ----------
    model : Model

    Returns
    -------
    bytes
        The same for the same model.
    """
    from safetensors.numpy import save  # scoring only reads

    weights = np.ascontiguousarray(model.tables.weights)
    arrays = {"weights": weights, "bias": model.tables.bias.astype(np.float64), **model.learned}
    card = {
        **model.card,
        "format": FORMAT,
        "questions": list(QUESTIONS),
        "schema": model.tables.schema.to_json(),
        "thresholds": {name: getattr(model.cuts, name) for name in Cuts._fields},
        "sha256": _fingerprint(arrays),
    }
    return save(arrays, metadata={"mailtriage": json.dumps(card, sort_keys=True)})


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model file; whoever reads it sees the whole old or the whole new one.

    Parameters
    ----------
    model : Model
    path : path
        Replaced if it exists.

    Raises
    ------
    ModelNotWritten
        If it cannot be written.
    """
    import tempfile
    from pathlib import Path

    target, data = Path(path), packed(model)
    scratch = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as out:
            scratch = Path(out.name)
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)
        scratch.replace(target)
    except BaseException as error:  # whatever ended it, an interrupt too, nothing half-written stays
        if scratch is not None:
            scratch.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ModelNotWritten(f"{target}: cannot be written: {error.strerror or error}") from None
        raise


def load_model(name: str | os.PathLike[str]) -> Model:
    """Open a model by path, or by name where this package ships it.

    Parameters
    ----------
    name : str or path
        ``"starter"``, or the path of a file.

    Returns
    -------
    Model

    Raises
    ------
    ModelNotFound
        If there is no such file or name.
    ModelFormatError
        If it is truncated, foreign or damaged.
    SchemaMismatch
        If this version makes other columns than it was trained on.
    """
    path = _found(os.fspath(name))
    try:
        with open(path, "rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise ModelFormatError(
            f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None
    try:
        return _read(data)
    except ModelError as error:
        raise type(error)(f"{path}: {error}") from None


def find_model(name: str | os.PathLike[str]) -> Path:
    """Find the file of a model.

    Parameters
    ----------
    name : str or path

    Returns
    -------
    Path

    Raises
    ------
    ModelNotFound
        If there is none.
    """
    from pathlib import Path

    return Path(_found(os.fspath(name)))


def _found(name: str) -> str:
    if os.path.isfile(name):
        return name
    for home in _HOMES:
        shipped = os.path.join(home, name + SUFFIX)
        if os.sep not in name and os.path.isfile(shipped):
            return shipped
    if os.path.exists(name):
        raise ModelFormatError(f"{name}: not a file")
    known = ", ".join(list_models()) or "none"
    raise ModelNotFound(f"{name}: no such model file, nor the name of a shipped model (shipped: {known})")


def list_models() -> dict[str, Path]:
    """Name the models that this package ships.

    Returns
    -------
    dict of str to Path
    """
    from pathlib import Path

    return {path.stem: path for home in reversed(_HOMES) for path in sorted(Path(home).glob(f"*{SUFFIX}"))}


def verify_model(name: str | os.PathLike[str]) -> Model:
    """Open a model and check its arrays against the fingerprint in its card.

    Parameters
    ----------
    name : str or path

    Returns
    -------
    Model

    Raises
    ------
    ModelFormatError
        If a number was changed since it was written, or is not finite.
    """
    model = load_model(name)
    arrays = {"weights": model.tables.weights, "bias": model.tables.bias, **model.learned}
    if _fingerprint(arrays) != model.card.get("sha256"):
        raise ModelFormatError(f"{find_model(name)}: its arrays are not those that its card describes")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelFormatError(f"{find_model(name)}: it holds numbers that are not finite")
    return model


def _fingerprint(arrays: dict[str, Any]) -> str:
    import hashlib  # brings OpenSSL; scoring believes the arrays

    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + b"\0" + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _read(data: mmap.mmap) -> Model:
    header, start = _header(data)
    try:
        card = json.loads(header["__metadata__"]["mailtriage"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise ModelFormatError("a safetensors file, but not a model of mailtriage") from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelFormatError(
            f"a model of format {card.get('format') if isinstance(card, dict) else '?'}, "
            f"this version reads {FORMAT}"
        )
    schema = Schema.from_json(_object(card, "schema"))
    weights = _array(
        data, header, "weights", start, dtype=_DTYPES["F16"], shape=(schema.n_columns, len(QUESTIONS))
    )
    bias = _array(data, header, "bias", start, dtype=_DTYPES["F64"], shape=(len(QUESTIONS),))
    if not np.isfinite(bias).all():
        raise ModelFormatError("its bias is not finite")
    learned = {name: _array(data, header, name, start) for name in header if name.startswith("learned.")}
    cuts = Cuts.from_json(_object(card, "thresholds"))
    return Model(Tables(schema, weights, bias), cuts, card, learned)


def _object(card: dict[str, Any], name: str) -> dict[str, Any]:
    """Take an object out of the card, not whatever else a stranger put there."""
    value = card.get(name)
    if not isinstance(value, dict):
        raise ModelFormatError(f"its card has no {name}")
    return value


def _header(data: mmap.mmap) -> tuple[dict[str, Any], int]:
    """Read the JSON header; every length is checked before it is believed."""
    if len(data) < 8:
        raise ModelFormatError("too short to be a model")
    length = int.from_bytes(data[:8], "little")
    if length > min(HEADER_BYTES, len(data) - 8):
        raise ModelFormatError("not a model file, or truncated")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        raise ModelFormatError("not a model file, or damaged") from None
    if not isinstance(header, dict):
        raise ModelFormatError("not a model file")
    return header, 8 + length


def _array(
    data: mmap.mmap,
    header: dict[str, Any],
    name: str,
    start: int,
    *,
    dtype: np.dtype[Any] | None = None,
    shape: tuple[int, ...] | None = None,
) -> Any:
    """Map one array, if it is what and where it should be."""
    try:
        place = header[name]
        first, last = (int(offset) for offset in place["data_offsets"])
        has_dtype, has_shape = _DTYPES[place["dtype"]], tuple(int(n) for n in place["shape"])
    except (KeyError, TypeError, ValueError, OverflowError):  # JSON knows Infinity
        raise ModelFormatError(f"its array {name} is missing or damaged") from None
    if (dtype or has_dtype, shape or has_shape) != (has_dtype, has_shape):
        raise ModelFormatError(f"its array {name} has another shape than its schema demands")
    if any(not 0 <= n <= len(data) for n in has_shape):
        raise ModelFormatError(f"its array {name} is damaged")
    size = math.prod(has_shape)
    if last - first != size * has_dtype.itemsize:
        raise ModelFormatError(f"its array {name} is damaged")
    if first < 0 or start + last > len(data):
        raise ModelFormatError("truncated")
    return np.frombuffer(data, has_dtype, size, start + first).reshape(has_shape)
