"""Bytes to text whatever charset they claim: declared, then UTF-8, then windows-1252, then latin-1.

The names are looked up in a table of our own, because :func:`codecs.lookup` remembers every unknown
name for ever (a leak that mail could feed) and knows codecs that no mail may use: ``idna`` and
``punycode`` take quadratic time, ``unicode_escape`` runs escapes.
"""

from __future__ import annotations

import codecs
from encodings.aliases import aliases
from functools import cache

from classifier.patterns import pattern

_NO_TEXT = {
    "base64_codec", "bz2_codec", "hex_codec", "mbcs", "oem", "quopri_codec", "rot_13", "tactis",
    "uu_codec", "zlib_codec",
}  # fmt: skip

# What mail calls them, and the supersets browsers use in their place (WHATWG Encoding, section 4.2).
_AS_BROWSERS_DO = {
    "ascii": "cp1252", "usascii": "cp1252", "iso88591": "cp1252", "latin1": "cp1252", "8859": "cp1252",
    "ansi": "cp1252", "unknown8bit": "cp1252", "8bit": "cp1252", "default": "cp1252", "l1": "cp1252",
    "iso88599": "cp1254", "latin5": "cp1254", "iso885911": "cp874", "tis620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "xgbk": "gb18030", "euccn": "gb18030", "cp936": "gb18030",
    "ksc56011987": "cp949", "euckr": "cp949", "ksc5601": "cp949", "shiftjis": "cp932", "sjis": "cp932",
    "xsjis": "cp932", "windows31j": "cp932", "xeucjp": "euc_jp", "big5": "big5hkscs", "xbig5": "big5hkscs",
    "iso88598i": "iso8859_8", "iso88598e": "iso8859_8", "iso88596i": "iso8859_6", "iso88596e": "iso8859_6",
    "macintosh": "mac_roman", "xmacroman": "mac_roman", "xmaccyrillic": "mac_cyrillic",
    "unicode11utf7": "utf_7", "utf8mb4": "utf_8", "utf": "utf_8", "koi8r": "koi8_r", "koi8u": "koi8_u",
    "iso2022jp": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext", "csiso2022jp": "iso2022_jp_ext",
}  # fmt: skip

_PUNCTUATION = pattern(r"[^a-z0-9]+")
_ASCII_FIRST = frozenset({"ascii", "usascii", ""})


def _plain(name: str) -> str:
    return _PUNCTUATION.sub("", name.lower())


@cache
def _table() -> dict[str, str]:
    """Make the table of names when one is asked for."""
    table: dict[str, str] = {}
    for alias, codec in aliases.items():
        if codec not in _NO_TEXT:
            table[_plain(alias)] = table[_plain(codec)] = codec
    for name in (
        "cp874",
        "cp720",
        "cp737",
        "cp856",
        "cp875",
        "cp1006",
        "koi8_t",
        "koi8_u",
        "mac_arabic",
        "mac_farsi",
    ):
        table[_plain(name)] = name
    for number in range(1250, 1259):
        table[f"cp{number}"] = table[f"windows{number}"] = table[f"xcp{number}"] = f"cp{number}"
    return table | _AS_BROWSERS_DO


def codec_of(charset: str) -> str | None:
    """Python's codec for a charset as mail names it.

    Parameters
    ----------
    charset : str
        The name as written, with any RFC 2231 ``*language`` behind it.

    Returns
    -------
    str or None
        None where no mail may use it, or nobody knows it.
    """
    return _table().get(_plain(charset[:60].partition("*")[0]))


def decode(data: bytes, charset: str | None, defects: set[str]) -> str:
    """Text of some bytes, at any price.

    Parameters
    ----------
    data : bytes
        Text after the transfer encoding is undone.
    charset : str or None
        As declared, or None.
    defects : set of str
        Gets ``unknown_charset`` or ``wrong_charset`` where the declaration did not hold.

    Returns
    -------
    str
    """
    if data.isascii() and (charset is None or not codec_is_shifting(charset)):
        return data.decode("ascii")
    declared = _plain(charset.partition("*")[0]) if charset else ""
    if declared in _ASCII_FIRST:
        if declared:
            defects.add("wrong_charset")
        return _guess(data)
    codec = codec_of(declared)
    if codec is None:
        defects.add("unknown_charset")
        return _guess(data)
    try:
        return codecs.decode(data, codec)
    except (UnicodeError, LookupError, ValueError, AssertionError):
        return _despite(data, codec, defects)


def codec_is_shifting(charset: str) -> bool:
    """Whether ASCII bytes may mean other letters in it (ISO 2022, HZ, UTF-7, UTF-16, EBCDIC)."""
    codec = codec_of(charset)
    return codec is not None and not _ascii_compatible(codec)


# What ISO 2022, HZ and UTF-7 do not read as ASCII, and then all the rest of ASCII.
_PROBES = (b"\x1b$BF|\x1b(B", b"~{VPND~}", b"+AGE-", bytes(range(0x20, 0x7E)))
_COMPATIBLE: dict[str, bool] = {"utf_8": True, "cp1252": True}


def _ascii_compatible(codec: str) -> bool:
    known = _COMPATIBLE.get(codec)
    if known is None:
        try:
            known = all(codecs.decode(probe, codec, "replace") == probe.decode("ascii") for probe in _PROBES)
        except (UnicodeError, LookupError):
            known = False
        _COMPATIBLE[codec] = known
    return known


def _despite(data: bytes, codec: str, defects: set[str]) -> str:
    """See whether the declared charset nearly fits, else guess."""
    defects.add("wrong_charset")
    if codec == "cp1252":
        return _guess(data)
    try:
        text = codecs.decode(data, codec, "replace")
    except (UnicodeError, LookupError, ValueError, AssertionError):
        return _guess(data)
    # A cut-off or slightly damaged text keeps its charset; one that is mostly damage never had it.
    letters = len(text) - text.count("\r")  # the same whatever the line ends
    return text if text.count("\ufffd") * 20 <= letters else _guess(data)


def _guess(data: bytes) -> str:
    for codec in ("utf-8", "cp1252"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
