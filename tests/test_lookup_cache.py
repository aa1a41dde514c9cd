"""The cache of live answers: it keeps what may be kept, for all processes, and never stands in the way."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from classifier.lookup import Answer, Status
from classifier.lookup.cache import MAX_NEGATIVE_TTL, MAX_TTL, AnswerCache, default_path

NOW = 2_000_000_000.0
QUESTION = ("example.org", "MX")


def answer(status: Status = Status.FOUND, ttl: int = 300) -> Answer:
    records = ("10 mx.example.org",) if status is Status.FOUND else ()
    return Answer("example.org", "MX", status, records, ("alias.example.org",), ttl, NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "dns.sqlite3"


Open = Callable[[str, Path], AnswerCache]


@pytest.fixture
def open_cache() -> Iterator[Open]:
    """Caches that are closed when the test is over."""
    with contextlib.ExitStack() as stack:

        def start(resolver: str, path: Path) -> AnswerCache:
            return stack.enter_context(contextlib.closing(AnswerCache(resolver, path)))

        yield start


def test_an_answer_is_kept_until_its_ttl_ends(open_cache: Open, path: Path) -> None:
    open_cache("r", path).put([answer()])
    cache = open_cache("r", path)
    assert cache.get([QUESTION], NOW + 299) == [answer()]
    assert cache.get([QUESTION], NOW + 301) == []
    assert cache.get([("example.org", "A")], NOW) == []


@pytest.mark.parametrize(
    ("status", "most"),
    [(Status.FOUND, MAX_TTL), (Status.ABSENT, MAX_NEGATIVE_TTL), (Status.NXDOMAIN, MAX_NEGATIVE_TTL)],
)
def test_absurd_ttls_are_cut(open_cache: Open, path: Path, status: Status, most: int) -> None:
    cache = open_cache("r", path)
    cache.put([answer(status, 2**31 - 1)])
    assert cache.get([QUESTION], NOW + most - 1)
    assert not cache.get([QUESTION], NOW + most + 1)


def test_failures_and_ttl_zero_are_not_kept(open_cache: Open, path: Path) -> None:
    cache = open_cache("r", path)
    cache.put([answer(Status.TEMPERROR), answer(Status.ABSENT, 0)])
    assert cache.get([QUESTION], NOW) == []


def test_each_resolver_has_its_own_world(open_cache: Open, path: Path) -> None:
    open_cache("one", path).put([answer()])
    assert open_cache("two", path).get([QUESTION], NOW) == []


def test_only_the_owner_may_read_it(open_cache: Open, path: Path) -> None:
    open_cache("r", path)
    assert path.stat().st_mode & 0o077 == 0


def test_it_lies_in_the_users_cache_folder(tmp_path: Path) -> None:
    assert default_path().is_relative_to(tmp_path / "xdg" / "cache")


def test_expired_answers_are_dropped_at_the_next_start(open_cache: Open, path: Path) -> None:
    cache = open_cache("r", path)
    cache.put([Answer("old.test", "MX", Status.ABSENT, ttl=60, taken=1000.0), answer()])
    cache.close()
    open_cache("r", path).close()
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT name FROM answers").fetchall() == [("example.org",)]
    base.close()


@pytest.mark.parametrize(
    "content", [b"this is no database, but it is long enough to be taken for one" * 20, b"x"]
)
def test_a_damaged_file_is_replaced(open_cache: Open, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    cache = open_cache("r", path)
    cache.put([answer()])
    assert cache.problem == ""
    assert cache.get([QUESTION], NOW) == [answer()]


def test_another_schema_is_emptied(open_cache: Open, path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE answers (something TEXT)")
        base.execute("PRAGMA user_version=99")
    base.close()
    cache = open_cache("r", path)
    cache.put([answer()])
    assert cache.get([QUESTION], NOW) == [answer()]


def test_without_a_place_to_write_it_knows_nothing_and_says_why(open_cache: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = open_cache("r", tmp_path / "file" / "dns.sqlite3")
    cache.put([answer()])
    assert cache.get([QUESTION], NOW) == []
    assert "file" in cache.problem


WRITER = """
import sys
from classifier.lookup import Answer, Status
from classifier.lookup.cache import AnswerCache
cache = AnswerCache("r", sys.argv[1])
for piece in range(20):
    names = [f"d{piece}-{i}.{sys.argv[2]}.test" for i in range(50)]
    cache.put([Answer(name, "MX", Status.ABSENT, ttl=999999, taken=4e9) for name in names])
    cache.get([(f"d{piece}-1.{sys.argv[2]}.test", "MX")])
sys.exit(cache.problem or 0)
"""


def test_several_processes_share_one_file(open_cache: Open, path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b", "c")]
    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    cache = open_cache("r", path)
    assert len(cache.get([(f"d19-{i}.{who}.test", "MX") for who in "abc" for i in range(50)], 4e9)) == 150
