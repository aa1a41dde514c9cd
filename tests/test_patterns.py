"""Expressions that wait until they are used."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from test_rooms import modules

from classifier import patterns
from classifier.patterns import pattern

SCORING = ("mail", "mailboxes", "signals", "history", "rootmail", "output", "lookup")


def waiting(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if isinstance(value, patterns._Compiled)}


def test_a_pattern_does_what_the_compiled_expression_does() -> None:
    late, now = pattern(r"(?P<a>\d+)-(b)", re.IGNORECASE), re.compile(r"(?P<a>\d+)-(b)", re.IGNORECASE)
    text = "1-b 22-B x"
    assert [found.span() for found in late.finditer(text)] == [found.span() for found in now.finditer(text)]
    assert late.sub(r"\2", text) == now.sub(r"\2", text)
    assert late.fullmatch("3-B", 0, 3)
    assert (late.pattern, late.flags, late.groups, late.groupindex["a"]) == (now.pattern, now.flags, 2, 1)
    with pytest.raises(AttributeError):
        late.nothing  # type: ignore[attr-defined] # noqa: B018


def test_nothing_is_compiled_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    compile_now = re.compile
    monkeypatch.setattr(patterns.re, "compile", lambda *given: asked.append(given) or compile_now(*given))
    late = pattern(b"a+")
    assert not asked
    assert late.findall(b"aa b a") == [b"aa", b"a"]
    assert late.search(b"ba")
    assert asked == [(b"a+", 0)]


def test_an_expression_that_is_none_is_found_out() -> None:
    with pytest.raises(re.error):
        pattern("(").match("x")


def test_every_expression_of_the_scoring_rooms_is_one(repo: Path) -> None:
    """What is compiled late is seen to be wrong late, unless somebody looks."""
    rooms = [name for _, name in modules(repo) if name.split(".")[1:2] and name.split(".")[1] in SCORING]
    found = [(name, value) for room in rooms for name, value in waiting(import_module(room)).items()]
    assert len(found) > 150
    for name, value in found:
        assert re.compile(value.pattern, value.flags & ~re.UNICODE), name  # type: ignore[attr-defined]
