"""Answers in a file, with the time when they were given: one version line, then one JSON object a line."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import orjson

from classifier.errors import AnswersError
from classifier.lookup.answers import RRTYPES, Answer, Answers, Status

FORMAT = "mailtriage-answers"
VERSION = 1
_VERSION_LINE = orjson.dumps({"format": FORMAT, "version": VERSION}) + b"\n"

MAX_LINE = 1 << 20
"""Bytes of a line: the largest DNS message is 64 kB (RFC 1035 section 4.2.2), so a longer line is no
answer."""

_STATUS = {str(status): status for status in Status if status is not Status.OFF}


def read_answers(path: str | os.PathLike[str]) -> Answers:
    """Read recorded answers.

    Parameters
    ----------
    path : path
        A file that `AnswersFile` wrote.

    Returns
    -------
    Answers
        Of several answers to one question, the last.

    Raises
    ------
    AnswersError
        If the file cannot be read, is of another version or damaged; names the line.
    """
    try:
        with open(path, "rb") as file:
            answers, _ = _read(file, os.fspath(path), repair=False)
    except OSError as error:
        raise AnswersError(f"{os.fspath(path)}: cannot be read: {error.strerror}") from None
    return answers


def _read(file: BinaryIO, path: str, *, repair: bool) -> tuple[Answers, int]:
    """Read all answers and the length in bytes of what is whole."""
    line = file.readline(MAX_LINE)
    if line != _VERSION_LINE:
        if repair and _VERSION_LINE.startswith(line):  # nothing, or a torn beginning
            return Answers(), 0
        _check_version(line, path)
    known: list[Answer] = []
    whole, number = len(line), 1
    while line := file.readline(MAX_LINE):
        number += 1
        if not line.endswith(b"\n"):
            if repair and len(line) < MAX_LINE:
                break
            raise AnswersError(
                f"{path} line {number}: torn off; `mailtriage lookup -o` with the same file repairs it"
            )
        known.append(_parse(line, path, number))
        whole += len(line)
    return Answers(known), whole


def _check_version(line: bytes, path: str) -> None:
    """Refuse a first line that is not ours, and say why."""
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise AnswersError(f"{path} line 1: is no file of recorded DNS answers")
    if said.get("version") != VERSION:
        raise AnswersError(
            f"{path} line 1: has version {said.get('version')!r}; this program reads {VERSION}"
        )


def _parse(line: bytes, path: str, number: int) -> Answer:
    """One answer from one line."""
    try:
        return _answer(orjson.loads(line))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, OverflowError) as error:
        said = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise AnswersError(f"{path} line {number}: is no recorded answer: {said}") from None


def _answer(item: dict[str, Any]) -> Answer:
    """Check one object from a file, for a stranger may have written it."""
    if not isinstance(item, dict):
        raise TypeError("not an object")
    answer = Answer(
        name=_text(item["name"]),
        rrtype=_text(item["type"]),
        status=_STATUS[item["status"]],
        records=tuple(_text(each) for each in _list(item.get("records", []))),
        aliases=tuple(_text(each) for each in _list(item.get("aliases", []))),
        ttl=int(item.get("ttl", 0)),
        taken=float(item["taken"]),
    )
    if answer.rrtype not in RRTYPES:
        raise ValueError(f"unknown type {answer.rrtype!r}")
    if bool(answer.records) != (answer.status is Status.FOUND):
        raise ValueError("found means records, and nothing else does")
    if answer.rrtype == "MX":
        answer.exchanges  # noqa: B018  # raises ValueError on a preference that is no number
    return answer


def _text(value: object) -> str:
    """Insist on a string."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _list(value: object) -> list[object]:
    """Insist on a list."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value


def line_of(answer: Answer) -> bytes:
    """Write one answer as its line.

    Parameters
    ----------
    answer : Answer

    Returns
    -------
    bytes
        JSON and a newline; empty fields are left out.
    """
    item: dict[str, Any] = {"name": answer.name, "type": answer.rrtype, "status": str(answer.status)}
    if answer.records:
        item["records"] = answer.records
    if answer.aliases:
        item["aliases"] = answer.aliases
    item["ttl"] = answer.ttl
    item["taken"] = round(answer.taken, 3)
    return orjson.dumps(item) + b"\n"


class AnswersFile:
    """A file of answers to add to; a context manager.

    Parameters
    ----------
    path : path
        Made if it is not there. A last line that was torn off is cut away; nothing else is ever removed.

    Attributes
    ----------
    known : Answers
        What the file holds.
    repaired : int
        Bytes that were cut away.

    Raises
    ------
    AnswersError
        If it is no file of answers, is damaged before its last line, or another process is writing to it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        try:
            Path(self.path).touch()
            self._file = open(self.path, "r+b")  # noqa: SIM115  # closed by close()
        except OSError as error:
            raise AnswersError(f"{self.path}: cannot be written: {error.strerror}") from None
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        """Lock, read, repair, and stand at the end."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AnswersError(f"{self.path}: another process is writing to it") from None
        self.known, whole = _read(self._file, self.path, repair=True)
        self.repaired = self._file.seek(0, os.SEEK_END) - whole
        self._file.truncate(whole)
        self._file.seek(whole)
        if not whole:
            self._file.write(_VERSION_LINE)

    def add(self, answers: Iterable[Answer]) -> int:
        """Append the answers that are new and hand them to the operating system.

        Parameters
        ----------
        answers : iterable of Answer
            Those with status ``off`` are left out, and so are those that the file has already.

        Returns
        -------
        int
            How many were written.
        """
        new = [each for each in answers if each.status is not Status.OFF and self._is_new(each)]
        self._file.writelines(line_of(each) for each in new)
        self._file.flush()
        self.known.add(new)
        return len(new)

    def _is_new(self, answer: Answer) -> bool:
        """Whether the file does not know this yet; a failure never covers an answer."""
        before = self.known.get(answer.name, answer.rrtype)
        if before.status.known and not answer.status.known:
            return False
        return (before.status, before.records, before.taken) != (
            answer.status,
            answer.records,
            round(answer.taken, 3),
        )

    def close(self) -> None:
        """Write what is left and let the file go."""
        self._file.close()

    def __enter__(self) -> AnswersFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
