"""Regular expressions that are compiled when they are first used.

A process that judges one message uses a third of those that it imports; to compile the others takes as long
as to judge twenty messages.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Compiled:
    """The methods of a compiled expression, as plain attributes: no slower to get at than those."""


class _Waiting(_Compiled):
    """An expression until it is used."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        compiled: re.Pattern[Any] = re.compile(self._text, self._flags)
        methods = {each: getattr(compiled, each) for each in dir(compiled) if not each.startswith("_")}
        self.__dict__.update(methods)
        self.__class__ = _Compiled  # type: ignore[assignment] # for a class with __getattr__ is slow
        return getattr(compiled, name)


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    r"""Take an expression as `re.compile` does, and compile it when a method of it is first asked for.

    Parameters
    ----------
    text : str or bytes
    flags : int, default 0
        Of `re`.

    Returns
    -------
    re.Pattern
        Something with its methods and attributes; where `re` itself wants a pattern, it is none.

    Raises
    ------
    re.error
        At first use, if it is no regular expression.

    Examples
    --------
    >>> pattern(r"\d+").findall("7 of 19")
    ['7', '19']
    """
    return cast("re.Pattern[AnyStr]", _Waiting(text, flags))
