"""`NamedTuple` for classes that every start imports.

`typing.NamedTuple` compiles each annotation, and a constructor, a tenth of a millisecond a class; judging one
message imports fifty such classes and makes objects of half of them. Here annotations stay text, and the
constructor is compiled when the first object is made; whatever is seen of the class and its objects is the
same, and they are as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

try:
    from _collections import _tuplegetter as _getter  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # another Python
    from operator import itemgetter

    def _getter(at: int, doc: str | None) -> Any:
        return property(itemgetter(at), doc=doc)


__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Making(type):
        """Makes a subclass of tuple of a class body."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body.pop(field) for field in fields if field in body}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one that has one")
            made = type(name, (tuple,), _SHARED | body | {"_fields": fields, "__match_args__": fields})
            for at, field in enumerate(fields):
                setattr(made, field, _getter(at, None))
            made._field_defaults = defaults
            made.__new__ = staticmethod(_waiting(made, fields, defaults))
            return made

    class NamedTuple(metaclass=_Making):
        """As `typing.NamedTuple`, to be subclassed; not generic."""


def _waiting(made: Any, fields: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., Any]:
    """Make a constructor that compiles the true one, puts it in its place and calls it."""

    def __new__(_cls: type, *args: Any, **named: Any) -> Any:  # noqa: N807 - its name is seen in errors
        given = ", ".join(fields)
        source = f"lambda _cls, {given}: _new(_cls, ({given}{',' if len(fields) == 1 else ''}))"
        new = eval(source, {"_new": tuple.__new__, "__builtins__": {}})  # noqa: S307 - of identifiers
        new.__name__, new.__qualname__ = "__new__", f"{made.__qualname__}.__new__"
        new.__defaults__ = tuple(defaults.values()) or None
        made.__new__ = staticmethod(new)
        return new(_cls, *args, **named)

    return __new__


def _make(cls: Any, values: Iterable[Any]) -> Any:
    """Make an object of its values in order."""
    made = tuple.__new__(cls, values)
    if len(made) != len(cls._fields):
        raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
    return made


def _replace(self: Any, /, **changed: Any) -> Any:
    """Make an object with some other values."""
    made = self._make(map(changed.pop, self._fields, self))
    if changed:
        raise ValueError(f"Got unexpected field names: {list(changed)!r}")
    return made


def _asdict(self: Any) -> dict[str, Any]:
    """Give the values by name."""
    return dict(zip(self._fields, self, strict=True))


def _repr(self: Any) -> str:
    told = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{type(self).__name__}({told})"


def _plain(self: Any) -> tuple[Any, ...]:
    return tuple(self)


_SHARED = {
    "__slots__": (),
    "_make": classmethod(_make),
    "_replace": _replace,
    "_asdict": _asdict,
    "__repr__": _repr,
    "__getnewargs__": _plain,
}
