"""Lines to templates: what changes from one run of a job to the next is masked, and numbers are kept by slot.

A template miner of our own: a fixed list of masks applied once to the whole text, then one split of each line
at its numbers. It keeps no state, so a line has the same template in every process and for ever.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from classifier.digests import blake2b
from classifier.patterns import pattern

LINES_HEAD, LINES_TAIL = 300, 100
"""Lines that are looked at, from the beginning and the end of the text."""

LINE_CHARS = 400
"""Characters of a line that are looked at."""

KNOWN_LINES = 512
"""Lines of a host whose templates are kept at hand."""

NUMBERS = 8
"""Numbers of a line that are kept."""

TIME, ADDRESS, IDENTIFIER, HOST, NUMBER, ZERO = "\x01", "\x02", "\x03", "\x04", "\x05", "\x06"
"""What stands for a masked time, network or mail address, hash, the host's own name, a number."""

SHOWN = {TIME: "<time>", ADDRESS: "<address>", IDENTIFIER: "<id>", HOST: "<host>", NUMBER: "<n>"}

_MONTH = r"(?:Jan|Feb|M[aä]r|Mrz|Apr|Ma[iy]|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz])(?:[a-zä]{1,7})?\.?"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[a-z]{3,6})?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,9})?"
_ZONE = r"(?:[+-]\d\d:?\d\d|UTC|GMT|[A-Z]{2,4}T|Z)"
_DATE = (
    rf"(?:{_DAY},?[ ]{{1,2}})?"
    rf"(?:\d{{4}}[-/.]\d\d[-/.]\d\d|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|\d\d/\d\d/\d\d(?:\d\d)?"
    rf"|\d{{1,2}}\.?[ -]{_MONTH}(?:[ -]\d{{2,4}})?|{_MONTH}[ ]{{1,3}}\d{{1,2}}\b(?:,? \d{{4}}\b(?!:))?"
    rf"|\d{{4}}-{_MONTH}-\d\d)"
)
_STAMP = pattern(
    rf"\b(?:{_DATE}(?:[T ,]{{0,3}}{_CLOCK})?|{_CLOCK})(?:[ ]?{_ZONE}\b){{0,2}}(?:[ ](?:19|20)\d\d\b)?"
    rf"|\b{_DAY}\b"
)
_NETWORK = pattern(
    r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}|:\d{1,5})?\b"
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}:?[0-9a-fA-F]{0,4}(?:::?[0-9a-fA-F]{1,4}){0,6}(?![\w:])"
    r"|(?<![\w:])::[0-9a-fA-F]{1,4}\b"
    r"|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
)
_HASH = pattern(
    r"\b0x[0-9a-fA-F]{1,32}\b"
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b(?=[0-9a-fA-F]{0,63}[0-9])(?=[0-9a-fA-F]{0,63}[a-fA-F])[0-9a-fA-F]{8,64}\b"
    r"|(?<![\w/+.-])[A-Za-z0-9+/]{4,100}={1,2}(?!\S)"
    r"|(?<![\w/+.-])(?=[\w/+]{0,99}[0-9])(?=[\w/+]{0,99}[a-z])(?=[\w/+]{0,99}[A-Z])[A-Za-z0-9+/]{20,100}={0,2}(?![\w/+.-])"
)
_UNITS = {
    "k": 1e3, "kb": 1e3, "kib": 1024.0, "m": 1e6, "mb": 1e6, "mib": 1048576.0, "g": 1e9, "gb": 1e9,
    "gib": 1073741824.0, "t": 1e12, "tb": 1e12, "tib": 1099511627776.0, "b": 1.0, "byte": 1.0, "bytes": 1.0,
    "ms": 1e-3, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0, "minute": 60.0,
    "minutes": 60.0, "hour": 3600.0, "hours": 3600.0, "kbytes": 1e3,
}  # fmt: skip
_FIGURE = pattern(
    r"(?<![\w.])-?(\d{1,18}(?:[.,]\d{1,18}){0,6})"
    r"(?:(?P<u>[KMGTkmgt](?:i?[Bb])?)\b"
    r"|[ ](?P<v>[KMGTkmgt]i?[Bb]|[Bb]ytes?|B|[Kk][Bb]ytes|ms|s|secs?|seconds?|min|minutes?|hours?)\b)?"
    r"(?![\d.]*[A-Za-z_\d])"
)
_INSIDE = pattern(r"\d{1,40}")
_THOUSANDS = pattern(r"\d{1,3}(?:[,.]\d{3}){1,6}(?![.,\d])")
_BLANKS = pattern(r"[ \t]{1,400}")


class Line(NamedTuple):
    """One line of a mail.

    Parameters
    ----------
    text : str
        As it stood, at most `LINE_CHARS`.
    template : str
        With everything masked that changes, blanks joined.
    reading : str
        The same with the number 0 left apart (`ZERO`): "0 errors" is no error.
    values : tuple of float
        The numbers, in base units (bytes, seconds), at most `NUMBERS`.
    percent : int
        Bit i is set where number i is a percentage.
    """

    text: str
    template: str
    reading: str
    values: tuple[float, ...]
    percent: int


def read_lines(text: str, host: str = "") -> list[Line]:
    """Cut a text into lines with their templates.

    Parameters
    ----------
    text : str
    host : str, default ''
        The host that speaks; its name is masked, in full and by its first label.

    Returns
    -------
    list of Line
        Lines that are not blank, at most `LINES_HEAD` + `LINES_TAIL`.
    """
    lines = [line[:LINE_CHARS] for line in _bounded(text)]
    known = _said_by(host)
    found = {line: known.get(line) for line in lines}
    strange = [line for line, said in found.items() if said is None]
    if strange:
        fresh = dict(zip(strange, _masked(strange, host), strict=True))
        found.update(fresh)
        if len(known) + len(fresh) > KNOWN_LINES:
            known.clear()
        known.update(fresh)
    return [said for line in lines if (said := found[line]) is not None]


@lru_cache(maxsize=32)
def _said_by(_host: str) -> dict[str, Line]:
    """Keep what the lines of a host became: two of three come again, mail after mail."""
    return {}


def _masked(lines: list[str], host: str) -> list[Line]:
    """Mask all lines at once."""
    masked = "\n".join(lines)
    if host:
        masked = _host_mask(host).sub(HOST, masked)
    masked = _HASH.sub(IDENTIFIER, _NETWORK.sub(ADDRESS, _STAMP.sub(TIME, masked)))
    return [_line(line, mask) for line, mask in zip(lines, masked.split("\n"), strict=True)]


def _bounded(text: str) -> list[str]:
    """Take the lines that are not blank, from both ends."""
    lines = [line for line in text.splitlines() if line and not line.isspace()]
    if len(lines) <= LINES_HEAD + LINES_TAIL:
        return lines
    return lines[:LINES_HEAD] + lines[-LINES_TAIL:]


@lru_cache(maxsize=256)
def _host_mask(host: str) -> re.Pattern[str]:
    short = host.partition(".")[0]
    names = "|".join(re.escape(name) for name in sorted({host, short}, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{names})(?![\w])", re.IGNORECASE)


def _line(text: str, masked: str) -> Line:
    """Take the numbers out of a line whose other changing parts are masked."""
    values: list[float] = []
    percent = 0

    def take(found: re.Match[str]) -> str:
        nonlocal percent
        if len(values) < NUMBERS:
            if masked[found.end() : found.end() + 1] == "%":
                percent |= 1 << len(values)
            values.append(_value(found))
        return NUMBER if found[1].strip("0.,") else ZERO

    reading = _BLANKS.sub(" ", _INSIDE.sub("#", _FIGURE.sub(take, masked))).strip().lower()
    return Line(text, reading.replace(ZERO, NUMBER), reading, tuple(values), percent)


def _value(found: re.Match[str]) -> float:
    """Read a number with its unit."""
    digits = found[1]
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", "").replace(".", "")
    digits = digits.replace(",", ".")
    if digits.count(".") > 1:
        digits = digits.replace(".", "")
    unit = found["u"] or found["v"]
    return float(digits) * (_UNITS.get(unit.lower(), 1.0) if unit else 1.0)


@lru_cache(maxsize=16384)
def template_key(template: str) -> int:
    """Return the number of a template: 64 bits, the same everywhere.

    Parameters
    ----------
    template : str

    Returns
    -------
    int
        Even.
    """
    return _number(template) & ~1


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def reading_key(line: Line) -> int:
    """Return the number of a template together with which of its numbers are 0.

    Parameters
    ----------
    line : Line

    Returns
    -------
    int
        Odd, so that it is never taken for a template.
    """
    return _reading_number(line.reading)


@lru_cache(maxsize=16384)
def _reading_number(reading: str) -> int:
    return _number(reading) | 1


_WORDS = pattern(r"(?<![\w/.@:-])[^\W\d_]{2,30}(?![\w/@]|[.:-]\w)")


@lru_cache(maxsize=16384)
def outline(template: str) -> str:
    """Reduce a template to its plain words: what it says, not of whom.

    Parameters
    ----------
    template : str

    Returns
    -------
    str
        At most eight words; '' where it has none.
    """
    return " ".join(_WORDS.findall(template)[:8])


def shown(template: str) -> str:
    """Write a template for people.

    Parameters
    ----------
    template : str

    Returns
    -------
    str
    """
    for mark, name in SHOWN.items():
        template = template.replace(mark, name)
    return template
