"""Named tuples that are compiled late are what `typing.NamedTuple` makes."""

from __future__ import annotations

import copy
import inspect
import pickle
import typing
from typing import Any

import pytest

from classifier.mailboxes import Problem
from classifier.tuples import NamedTuple


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 7
    names: tuple[str, ...] = ()

    @property
    def sum(self) -> int:
        """Both."""
        return self.x + self.y

    @classmethod
    def at(cls, x: int) -> Point:
        """Make one."""
        return cls(x)


class Theirs(typing.NamedTuple):
    """A place."""

    x: int
    y: int = 7
    names: tuple[str, ...] = ()


class One(NamedTuple):
    """Of one field."""

    only: str


def test_it_is_made_and_seen_like_theirs() -> None:
    for make in (Point, Theirs):
        some: Any = [make(1), make(1, 2), make(y=3, x=1), make(1, 2, ("a",)), make(*(4, 5)), make(x=1)]
        assert [tuple(each) for each in some] == [
            (1, 7, ()), (1, 2, ()), (1, 3, ()), (1, 2, ("a",)), (4, 5, ()), (1, 7, ())
        ]  # fmt: skip
        assert some[0] == some[5]
        assert hash(some[0]) == hash((1, 7, ()))
        assert some[1]._replace(y=9) == (1, 9, ())
        assert isinstance(some[1]._replace(y=9), make)
        assert some[1]._asdict() == {"x": 1, "y": 2, "names": ()}
        assert make._make([1, 2, ()]) == (1, 2, ())
        assert repr(some[0]) == f"{make.__name__}(x=1, y=7, names=())"
        assert make._fields == make.__match_args__ == ("x", "y", "names")
        assert make._field_defaults == {"y": 7, "names": ()}
        for bad in ((), (1, 2, (), 4)):
            with pytest.raises(TypeError):
                make(*bad)
        with pytest.raises(TypeError):
            make(1, z=2)
        with pytest.raises(TypeError):
            make._make([1])
        with pytest.raises((ValueError, TypeError)):
            some[0]._replace(z=2)
        with pytest.raises(AttributeError):
            some[0].x = 2
        with pytest.raises(AttributeError):
            some[0].other = 2
        assert pickle.loads(pickle.dumps(some)) == some
        assert copy.copy(some[0]) == copy.deepcopy(some[0]) == some[0]
        assert type(pickle.loads(pickle.dumps(some[0]))) is make
        match some[1]:
            case make(x, y):
                assert (x, y) == (1, 2)


def test_methods_docstrings_and_hints_are_there() -> None:
    assert Point.at(1).sum == 8
    assert Point.__doc__ == "A place."
    assert typing.get_type_hints(Point) == typing.get_type_hints(Theirs)
    assert (Point.__bases__, type(Point), Point.__slots__) == ((tuple,), type, ())
    assert One("a") == ("a",)
    assert repr(One("a")) == "One(only='a')"
    assert list(inspect.signature(One.__new__).parameters) == list(
        inspect.signature(type("T", (), {"__new__": lambda _cls, only: None}).__new__).parameters
    )


def test_a_class_of_one_may_be_refined() -> None:
    class Checked(Point):
        """Checks what it is made of."""

        __slots__ = ()

        def __new__(cls, x: int) -> Checked:
            """Check."""
            if x < 0:
                raise ValueError("negative")
            return super().__new__(cls, x, 0)

    assert Checked(3) == (3, 0, ())
    assert type(Checked(3)) is Checked
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)
    assert Point(1) == (1, 7, ())


def test_a_default_must_not_be_followed_by_a_field_without() -> None:
    with pytest.raises(TypeError, match="Wrong"):

        class Wrong(NamedTuple):
            """A defect."""

            x: int = 1
            y: int  # type: ignore[misc]


def test_the_constructor_is_compiled_once() -> None:
    Problem("a", "b", "c")
    assert Problem.__new__ is Problem.__new__
    assert Problem.__new__.__qualname__ == "Problem.__new__"
    assert inspect.signature(Problem).parameters.keys() == {"path", "place", "reason"}
