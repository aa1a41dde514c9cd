"""A fact that is found out when first asked for, then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
Self = TypeVar("Self")


class fact(Generic[T]):  # noqa: N801 - it is used like property
    """Like :class:`functools.cached_property`, without the lock that Python 3.11 takes in it.

    Parameters
    ----------
    find : callable
        The method that finds the fact out; its result becomes an instance attribute, so that
        later reads never come here.
    """

    def __init__(self, find: Callable[[Any], T]) -> None:
        self.find = find
        self.__doc__ = find.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, message: None, owner: type) -> fact[T]: ...
    @overload
    def __get__(self, message: object, owner: type) -> T: ...
    def __get__(self, message: object | None, owner: type) -> fact[T] | T:
        if message is None:
            return self
        value = message.__dict__[self.name] = self.find(message)
        return value
