"""What one user taught survives programs, crashes and full disks; it is undone and forgotten exactly."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.errors import LabelError, ProfileError, ProfileNotWritten
from classifier.features import Extractor, Rows, Schema
from classifier.learners import Tables
from classifier.learners.elias_fano import pack_numbers, unpack_numbers
from classifier.learners.online import TEACHES, Correction, Corrections
from classifier.mail import Message
from classifier.profile import Origin, Profile, layout, opening
from classifier.profile import file as file_module
from classifier.profile import key as key_module
from classifier.profile import taught as taught_module
from classifier.profile.key import hashed, seal, unseal
from classifier.profile.memory import ProfileMemory
from classifier.profile.packing import Packer
from classifier.profile.taught import Taught
from classifier.profile.undo import forget, roll_back
from classifier.signals import Facts

SCHEMA, OTHER = Schema(bits=12), Schema(bits=13)
TABLES = Tables.empty(SCHEMA)
MAILS = [b"From: a%d@example.org\nSubject: lunch %d\n\nshall we meet at %d?\n" % (n, n, n) for n in range(8)]
NOBODY = 65534


@cache
def row(number: int, schema: Schema = SCHEMA) -> Rows:
    return Extractor(schema).rows([Facts(Message(MAILS[number]))])


def name(number: int) -> bytes:
    return hashed(b"names", "message", bytes([number]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.sqlite"


@pytest.fixture
def profile(path: Path) -> Iterator[Profile]:
    opened = Profile(path, create=True)
    yield opened
    opened.close()


def taught(profile: Profile, schema: Schema = SCHEMA, learned: dict[str, Any] | None = None) -> Taught:
    return profile.taught(schema, learned or {})


def learn(
    it: Taught, number: int, label: str, *, now: float = 0.0, author: bytes = b"", source: str = "test"
) -> bool:
    schema = it.journal.schema
    rows, tables = row(number, schema), Tables.empty(schema)
    return it.learn(name(number), label, rows, tables, origin=Origin(now, source, author))


def unlearn(it: Taught, number: int, now: float = 0.0) -> bool:
    return it.unlearn(name(number), origin=Origin(now, "test"))


def units(corrections: Corrections) -> np.ndarray:
    return corrections.sums.table[corrections.sums.places(np.arange(corrections.schema.n_columns))]


def labels(it: Taught) -> dict[int, str]:
    found = it.current().learned
    return {number: found[name(number)].label for number in range(8) if name(number) in found}


# What is packed


@given(st.integers(2, 16).flatmap(lambda b: st.tuples(st.just(b), st.sets(st.integers(0, 2**b - 1)))))
def test_numbers_come_out_as_they_went_in(case: tuple[int, set[int]]) -> None:
    bits, numbers = case
    ascending = np.array(sorted(numbers), np.uint32)
    data = pack_numbers(ascending, bits)
    again, end = unpack_numbers(b"xx" + data + b"yy", 2, len(ascending), bits)
    assert np.array_equal(again, ascending)
    assert end == 2 + len(data)


def test_a_thousand_columns_of_a_million_take_twelve_bits_each() -> None:
    columns = np.sort(np.random.default_rng(0).choice(1 << 20, 1500, replace=False)).astype(np.uint32)
    assert len(pack_numbers(columns, 20)) * 8 < 12 * 1500


def test_what_is_sealed_is_secret_and_comes_out() -> None:
    data = bytes(range(256))
    first, second = seal(b"k" * 32, data), seal(b"k" * 32, data)
    assert unseal(b"k" * 32, first) == unseal(b"k" * 32, second) == data
    assert first != second
    assert unseal(b"k" * 32, seal(b"k" * 32, b"")) == b""
    with pytest.raises(ValueError, match="changed"):
        unseal(b"l" * 32, first)


@given(st.binary(max_size=40), st.data())
def test_no_byte_of_what_is_sealed_changes_unnoticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(b"k" * 32, plain))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="changed"):
        unseal(b"k" * 32, bytes(sealed))
    with pytest.raises(ValueError, match="changed"):
        unseal(b"k" * 32, seal(b"k" * 32, plain)[: data.draw(st.integers(0, 11 + len(plain)))])


def correction(number: int) -> Correction:
    return Corrections(SCHEMA).weigh("spam", row(number), TABLES)


def test_a_correction_comes_out_to_the_bit() -> None:
    packer, given = Packer(SCHEMA, b"k" * 32), correction(3)
    again = packer.unpack("spam", packer.pack(given))
    assert again.to_bytes(SCHEMA) == given.to_bytes(SCHEMA)
    assert again.label == given.label


@settings(max_examples=60)
@given(st.data())
def test_damage_is_an_error(data: st.DataObject) -> None:
    packer = Packer(SCHEMA, b"k" * 32)
    raw = bytearray(packer.pack(correction(1)))
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw = raw[:at]
    else:
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ProfileError, match="a learned message is damaged: bytes have changed"):
        packer.unpack("spam", bytes(raw))


@settings(max_examples=60)
@given(st.data())
def test_what_was_damaged_before_it_was_sealed_is_an_error_or_harmless(data: st.DataObject) -> None:
    packer = Packer(SCHEMA, b"k" * 32)
    raw = bytearray(correction(1).to_bytes(SCHEMA))
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw = raw[:at]
    else:
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = packer.unpack("spam", seal(b"k" * 32, bytes(raw)))
    except ProfileError:
        return
    assert (found.columns < SCHEMA.n_columns).all()
    assert found.counts.sum() == len(found.columns)


# What is learned

steps = st.tuples(st.integers(0, 7), st.one_of(st.sampled_from(sorted(TEACHES)), st.none()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, max_size=12), seldom=st.sampled_from([1, 2, 5, 64]))
def test_the_profile_teaches_what_memory_would(
    history: list[tuple[int, str | None]], seldom: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    taught_module.SELDOM = seldom
    place = tmp_path_factory.mktemp("p") / "p.sqlite"
    plain = Corrections(SCHEMA)
    first, second = Profile(place, create=True), Profile(place)
    both = taught(first), taught(second)
    for at, (number, label) in enumerate(history):
        if label is None:
            assert unlearn(both[at % 2], number) == plain.unlearn(name(number))
        else:
            assert learn(both[at % 2], number, label) == plain.learn(name(number), label, row(number), TABLES)
    third = Profile(place)
    for it in (*both, taught(third)):
        assert np.array_equal(units(it.current()), units(plain))
        assert labels(it) == {n: plain.learned[name(n)].label for n in range(8) if name(n) in plain.learned}
    for opened in (first, second, third):
        opened.close()


@pytest.fixture(autouse=True)
def usual_pace() -> Iterator[None]:
    before = taught_module.SELDOM
    yield
    taught_module.SELDOM = before


def test_who_starts_late_reads_sums_and_no_correction(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught_module.SELDOM = 1
    it = taught(profile)
    for number in range(6):
        learn(it, number, "spam")
    unlearn(it, 2)
    late = taught(Profile(profile.path))
    read = []
    original = Packer.unpack
    monkeypatch.setattr(Packer, "unpack", lambda *args: read.append(args) or original(*args))
    assert np.array_equal(units(late.current()), units(it.current()))
    assert late.current().labels == {"spam": 5}
    assert not read
    assert unlearn(late, 3)
    assert len(read) == 1
    assert np.array_equal(units(late.current()), units(it.current()))
    assert labels(late) == labels(it) == dict.fromkeys((0, 1, 4, 5), "spam")


@pytest.mark.parametrize(
    "damage", ["x'00'", "substr(data, 1, length(data) - 9)", "CAST(data || x'00' AS BLOB)", "x''"]
)
def test_damaged_sums_are_made_again(profile: Profile, damage: str) -> None:
    taught_module.SELDOM = 1
    it = taught(profile)
    for number in range(4):
        learn(it, number, "spam")
    with profile.writing():
        profile.file.write(f"UPDATE sums SET data={damage}")
    late = taught(Profile(profile.path))
    assert np.array_equal(units(late.current()), units(it.current()))


def test_sums_that_were_kept_are_forgotten_with_a_sender(profile: Profile) -> None:
    taught_module.SELDOM = 1
    it = taught(profile)
    learn(it, 1, "spam", author=profile.hash_of("eve@example.org"))
    learn(it, 2, "spam")
    forget(profile, "eve@example.org")
    assert not profile.file.read("SELECT * FROM sums")
    plain = Corrections(SCHEMA)
    plain.keep(name(2), it.current().learned[name(2)])
    assert np.array_equal(units(taught(Profile(profile.path)).current()), units(plain))


def seal_as_before(profile: Profile, table: str, column: str) -> None:
    """Seal as versions up to 5 did, with a nonce that says nothing of the content."""
    for (sealed,) in profile.file.read(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"):
        plain, nonce = unseal(profile.file.key, sealed), b"n" * 12
        old = nonce + key_module._streamed(profile.file.key, nonce, plain)
        profile.file.base.execute(f"UPDATE {table} SET {column}=? WHERE {column}=?", (old, sealed))


def test_a_profile_of_version_1_is_read(path: Path) -> None:
    old = Profile(path, create=True)
    learn(taught(old), 1, "spam")
    for statement in (
        "DROP TABLE sums",
        "DROP TABLE eras",
        "DROP TABLE past",
        "DROP TABLE came",
        "DROP TABLE came_in",
        "DROP TABLE came_block",
        "DELETE FROM facts WHERE name='past_from'",
        "ALTER TABLE observed DROP COLUMN era",
        "PRAGMA user_version=1",
    ):
        old.file.base.execute(statement)
    seal_as_before(old, "corrections", "features")
    old.close()
    taught_module.SELDOM = 1
    new = taught(Profile(path))
    assert labels(new) == {1: "spam"}
    learn(new, 2, "spam")
    assert Profile(path).file.read("SELECT count(*) FROM sums") == [(1,)]


def test_unlearning_everything_leaves_nothing(profile: Profile) -> None:
    it = taught(profile)
    for number in range(8):
        assert learn(it, number, "spam")
    for number in reversed(range(8)):
        assert unlearn(it, number)
    assert not unlearn(it, 0)
    assert not units(it.current()).any()


def test_the_last_of_contradicting_corrections_wins_for_every_model(profile: Profile) -> None:
    ours, others = taught(profile), taught(profile, OTHER)
    learn(ours, 1, "important")
    assert (labels(ours), labels(others)) == ({1: "important"}, {})
    learn(others, 1, "important")
    assert learn(others, 1, "spam")
    assert labels(others) == {1: "spam"}
    assert labels(ours) == {}  # what contradicts the last word counts nowhere
    learn(ours, 1, "spam")
    unlearn(others, 1)
    assert (labels(ours), labels(others)) == ({}, {})


def test_corrections_for_other_columns_are_kept_and_counted(profile: Profile) -> None:
    learn(taught(profile, OTHER), 1, "spam")
    learn(taught(profile, OTHER), 2, "spam")
    assert profile.elsewhere(SCHEMA) == 2
    assert profile.elsewhere(OTHER) == 0
    learn(taught(profile), 1, "spam")
    assert profile.elsewhere(SCHEMA) == 1
    assert labels(taught(profile, OTHER)) == {1: "spam", 2: "spam"}


def test_the_profile_goes_before_what_the_model_file_learned(profile: Profile) -> None:
    model = Corrections(SCHEMA)
    for number in (1, 2, 3):
        model.learn(name(number), "important", row(number), TABLES)
    it = taught(profile, learned=model.to_arrays())
    assert labels(it) == {1: "important", 2: "important", 3: "important"}
    learn(it, 1, "spam")
    assert unlearn(it, 2)
    later = taught(Profile(profile.path), learned=model.to_arrays())
    assert labels(it) == labels(later) == {1: "spam", 3: "important"}
    assert np.array_equal(units(it.current()), units(later.current()))
    assert learn(it, 2, "important")
    assert labels(later) == {1: "spam", 2: "important", 3: "important"}


def test_behaviour_gives_way_to_what_was_said(profile: Profile) -> None:
    it = taught(profile)
    assert learn(it, 1, "unimportant", source="behaviour")
    assert learn(it, 1, "important", source="behaviour")
    assert learn(it, 1, "spam", source="cli")
    assert not learn(it, 1, "important", source="behaviour")
    assert labels(it) == {1: "spam"}


def test_a_label_that_is_none_changes_nothing(profile: Profile) -> None:
    it = taught(profile)
    learn(it, 1, "spam")
    with pytest.raises(LabelError):
        learn(it, 2, "urgent")
    assert labels(it) == labels(taught(Profile(profile.path))) == {1: "spam"}


# Going back, forgetting


def test_going_back_and_forth(profile: Profile) -> None:
    it = taught(profile)
    learn(it, 1, "spam", now=10)
    learn(it, 2, "spam", now=20)
    unlearn(it, 1, now=30)
    learn(it, 2, "important", now=40)
    before = labels(it)
    assert roll_back(profile, to=25, now=50)[:2] == (1, 2)
    assert labels(it) == {1: "spam", 2: "spam"}
    fresh = taught(Profile(profile.path))
    assert np.array_equal(units(fresh.current()), units(it.current()))
    assert roll_back(profile, to=45, now=60)[:2] == (2, 1)
    assert labels(it) == before == {2: "important"}
    assert roll_back(profile, to=5, now=70)[:2] == (1, 0)
    assert labels(it) == {}


def test_a_clock_that_jumped_does_not_stand_in_the_way(profile: Profile) -> None:
    it = taught(profile)
    learn(it, 1, "spam", now=1000)
    learn(it, 2, "spam", now=9_999_999_999)  # far in the future
    learn(it, 3, "spam", now=1001)
    learn(it, 2, "important", now=1002)
    roll_back(profile, to=1001, now=1003)
    assert labels(it) == {1: "spam", 3: "spam"}


def everything_in(path: Path) -> bytes:
    return b"".join(p.read_bytes() for p in path.parent.iterdir() if p.name.startswith(path.name))


def test_forgetting_leaves_no_byte(profile: Profile, path: Path) -> None:
    it, eve = taught(profile), "Eve@Example.org"
    learn(it, 1, "spam", author=profile.hash_of(eve))
    learn(it, 2, "spam", author=profile.hash_of("bob@example.org"))
    learn(it, 1, "important", author=profile.hash_of(eve))
    for kind in ("person", "thread"):
        profile.memory.put(kind, eve.lower().encode(), b"EVE-VALUE" * 20)
        profile.memory.put(kind, b"bob@example.org", b"BOB-VALUE" * 20)
    assert b"-VALUE" not in everything_in(path)  # sealed
    hidden = [profile.hash_of(eve), name(1)]
    hidden += [
        features
        for (features,) in profile.file.read(
            "SELECT features FROM corrections WHERE author=?", (profile.hash_of(eve),)
        )
    ]
    for place in profile.hashes_in_memory(eve):
        hidden += [place[1], *profile.file.read("SELECT value FROM memory WHERE kind=? AND key=?", place)[0]]
    assert len(hidden) == 8
    assert all(each in everything_in(path) for each in hidden)
    assert forget(profile, eve) == (2, 2)
    assert [each for each in hidden if each in everything_in(path)] == []
    assert profile.memory.get("thread", b"bob@example.org") == b"BOB-VALUE" * 20
    assert name(2) in everything_in(path)
    assert labels(it) == {2: "spam"}
    with pytest.raises(ProfileError, match="neither an address nor"):
        forget(profile, "eve")


def test_forgetting_reaches_programs_that_run(profile: Profile) -> None:
    it, elsewhere = taught(profile), Profile(profile.path)
    learn(it, 1, "spam", author=elsewhere.hash_of("eve@example.org"))
    forget(elsewhere, "eve@example.org")
    assert labels(it) == {}
    assert not units(it.current()).any()


def test_forgetting_says_when_a_reader_keeps_the_old_bytes(profile: Profile, path: Path) -> None:
    profile.memory.put("person", b"eve@example.org", b"1")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM memory").fetchone()
    with pytest.raises(ProfileNotWritten, match="another program is reading"):
        forget(profile, "eve@example.org")
    reader.execute("COMMIT")
    reader.close()
    forget(profile, "eve@example.org")


def test_nobody_reads_addresses_or_words_out_of_it(profile: Profile, path: Path) -> None:
    learn(taught(profile), 1, "spam", author=profile.hash_of("secret@example.org"))
    profile.memory.put("person", b"secret@example.org", b"1")
    data = everything_in(path)
    assert b"secret" not in data
    assert b"example" not in data
    plain = row(1).blocks[1].columns
    assert pack_numbers(plain, SCHEMA.blocks[1].bits) not in data
    assert path.stat().st_mode & 0o077 == 0


# History


def test_memory_keeps_what_ram_would(profile: Profile) -> None:
    lot, plain = random.Random(5), {}
    with profile.batch():
        for at in range(600):
            kind, key = lot.choice("ab"), bytes([lot.randrange(20)])
            if lot.random() < 0.3:
                profile.memory.delete(kind, key)
                plain.pop((kind, key), None)
            else:
                profile.memory.put(kind, key, b"%d" % at)
                plain[kind, key] = b"%d" % at
            kind, key = lot.choice("ab"), bytes([lot.randrange(20)])
            assert profile.memory.get(kind, key) == plain.get((kind, key))
            assert sorted(v for _, v in profile.memory.items("a")) == sorted(
                v for (k, _), v in plain.items() if k == "a"
            )
    again = Profile(profile.path).memory
    assert {k: again.get(*k) for k in plain} == plain
    keys = [key for key, _ in again.items("b")]
    assert keys == sorted(keys)
    assert len(keys) == sum(kind == "b" for kind, _ in plain)


@pytest.mark.parametrize("batched", [False, True])
def test_a_change_that_fails_is_undone_alone(profile: Profile, batched: bool) -> None:
    def fail() -> None:
        with profile.writing():
            profile.memory.put("a", b"1", b"lost")
            profile.memory.put("a", b"2", b"lost")
            raise KeyError

    def run() -> None:
        profile.memory.put("a", b"1", b"kept")
        with pytest.raises(KeyError):
            fail()
        assert profile.memory.get("a", b"1") == b"kept"
        profile.memory.put("a", b"3", b"kept")

    if batched:
        with profile.batch():
            run()
    else:
        run()
    again = Profile(profile.path).memory
    assert [again.get("a", key) for key in (b"1", b"2", b"3")] == [b"kept", None, b"kept"]


def test_an_error_that_is_not_the_profiles_stays_itself(profile: Profile) -> None:
    with pytest.raises(FileNotFoundError), profile.writing():
        os.stat("/nowhere/at/all")
    with pytest.raises(sqlite3.OperationalError), profile.writing():
        sqlite3.connect(":memory:").execute("nonsense")


def test_records_beyond_the_bound_are_written_early(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_module, "PENDING", 10)
    with profile.batch():
        for number in range(25):
            profile.memory.put("a", bytes([number]), b"1")
        assert profile.memory.size() <= 11
        assert len(list(Profile(profile.path).memory.items("a"))) >= 10
    assert len(list(Profile(profile.path).memory.items("a"))) == 25


def test_a_message_is_observed_once(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.profile import profile as module

    with profile.batch():
        assert [profile.first_sight(name(n % 3), 0) for n in range(6)] == [True] * 3 + [False] * 3
    monkeypatch.setattr(module, "OBSERVED", 50)
    fresh = Profile(profile.path)
    with fresh.writing():
        for number in range(10, 200):
            assert fresh.first_sight(number.to_bytes(16, "big"), number * 86_400)
    assert fresh.file.read("SELECT count(*) FROM observed")[0][0] <= 51
    with fresh.writing():
        assert not fresh.first_sight((199).to_bytes(16, "big"), 0)


COUNT = """
import sys
from classifier.profile import Profile
profile = Profile(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
for _ in range(300):
    with profile.writing():
        seen = int(profile.memory.get("n", b"n") or b"0")
        profile.memory.put("n", b"n", b"%d" % (seen + 1))
"""


def program(script: str, *args: object, **how: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", script, *map(str, args)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how)


MAKE = """
import sys
from classifier.profile import Profile
print("here", flush=True)
sys.stdin.readline()
for number in range(30):
    Profile(f"{sys.argv[1]}/{number}.sqlite", create=True).memory.put("a", b"1", b"1")
"""


def test_several_programs_may_make_it_at_once(tmp_path: Path) -> None:
    running = [program(MAKE, tmp_path) for _ in range(3)]
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    for each in running:
        assert each.stdin is not None
        each.stdin.write(b"go\n")
        each.stdin.flush()
    for each in running:
        each.communicate(timeout=60)
    assert [each.returncode for each in running] == [0, 0, 0]


def test_two_programs_lose_nothing_of_each_other(profile: Profile, path: Path) -> None:
    both = [program(COUNT, path) for _ in range(2)]
    for each in both:
        assert each.stdout is not None
        each.stdout.readline()
    for each in both:
        each.communicate(b"go\n", timeout=60)
        assert each.returncode == 0
    assert profile.memory.get("n", b"n") == b"600"


# What may happen to a file

FOREVER = """
import sys
from test_profile import learn, taught
from classifier.profile import Profile
profile = Profile(sys.argv[1], create=True)
it = taught(profile)
for number in range(10 ** 6):
    with profile.writing():
        learn(it, number % 8, ["spam", "ham"][number // 8 % 2], now=number)
        profile.memory.put("count", b"n", b"%d" % number)
    print(number, flush=True)
"""


def test_a_kill_at_any_moment_leaves_it_whole(path: Path) -> None:
    lot = random.Random(7)
    here = dict(os.environ, PYTHONPATH=os.pathsep.join([str(Path(__file__).parent), *sys.path]))
    for _ in range(5):
        running = program(FOREVER, path, env=here)
        assert running.stdout is not None
        first = running.stdout.readline()
        time.sleep(lot.random() * 0.1)
        running.send_signal(signal.SIGKILL)
        rest = running.stdout.read()
        running.communicate(timeout=30)
        whole = (first + rest).rpartition(b"\n")[0]
        told = int(whole.split(b"\n")[-1])
        profile = Profile(path)
        assert profile.file.read("PRAGMA integrity_check") == [("ok",)]
        kept = int(profile.memory.get("count", b"n") or b"-1")
        assert kept in (told, told + 1)  # written, then said
        found = labels(taught(profile))
        assert found[kept % 8] == ["spam", "ham"][kept // 8 % 2]  # both halves of the change or neither
        profile.close()


def test_a_full_disk_costs_nothing_that_was_there(profile: Profile, path: Path) -> None:
    it = taught(profile)
    learn(it, 0, "spam")
    profile.file.base.execute(f"PRAGMA max_page_count={profile.file.read('PRAGMA page_count')[0][0] + 1}")
    before: dict[int, str] = {}

    def fill() -> None:
        for number in range(1, 80):
            before.update(labels(it))
            learn(it, number % 8, sorted(TEACHES)[(number + number // 8) % 4])

    with pytest.raises(ProfileNotWritten, match="the disk is full; what was kept before is whole"):
        fill()
    assert before == labels(it) == labels(taught(Profile(path)))
    assert np.array_equal(units(it.current()), units(taught(Profile(path)).current()))
    profile.file.base.execute("PRAGMA max_page_count=1000000")
    assert learn(it, 0, "spam" if labels(it)[0] == "ham" else "ham")


def test_a_full_disk_at_the_end_of_a_batch(profile: Profile) -> None:
    it = taught(profile)
    learn(it, 0, "spam")

    def fill() -> None:
        with profile.batch():
            learn(it, 1, "spam")
            profile.file.base.execute(f"PRAGMA max_page_count={profile.file.read('PRAGMA page_count')[0][0]}")
            for number in range(200):
                profile.memory.put("a", bytes([number]), b"x" * 200)

    with pytest.raises(ProfileNotWritten, match="full"):
        fill()
    assert labels(it) == {0: "spam"}
    assert not list(profile.memory.items("a"))


def test_a_newer_profile_is_left_alone(profile: Profile, path: Path) -> None:
    profile.file.base.execute(f"PRAGMA user_version={len(layout.STEPS) + 1}")
    with pytest.raises(ProfileError, match="written by a newer mailtriage; this one reads up to 6"):
        Profile(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"From ada@example.org Thu Jan  1 00:00:00 2026\n" * 40, "no profile: not an SQLite file"),
        (b"SQLite format 3\0" + b"\xff" * 2000, "no profile|damaged"),
    ],
)
def test_what_is_no_profile_is_said_and_left_alone(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ProfileError, match=f"p.sqlite: .*({said})"):
        Profile(path, create=True)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE theirs (x)")
    base.close()
    before = path.read_bytes()
    with pytest.raises(ProfileError, match="an SQLite file, but no profile"):
        Profile(path, create=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("SQLITE_PROTOCOL", ProfileNotWritten, "cannot be locked.*a disk of this machine"),
        ("SQLITE_NOMEM", ProfileNotWritten, "cannot be used: it went wrong"),
        ("SQLITE_IOERR_READ", ProfileNotWritten, "cannot be read or written"),
        ("SQLITE_FULL", ProfileNotWritten, "the disk is full"),
        ("SQLITE_CORRUPT_INDEX", ProfileError, "is damaged: it went wrong.*--profile off"),
        ("SQLITE_ERROR", ProfileError, "is damaged"),  # no such table, where none should be missing
    ],
)
def test_only_damage_is_called_damage(path: Path, code: str, kind: type[ProfileError], said: str) -> None:
    wrong = sqlite3.OperationalError("it went wrong")
    wrong.sqlite_errorname = code
    with pytest.raises(kind, match=f"p.sqlite: .*{said}|p.sqlite: {said}") as raised, opening.in_words(path):
        raise wrong
    assert type(raised.value) is kind


def test_a_missing_profile_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(ProfileError, match="no such profile"):
        Profile(path)
    assert not path.exists()


def test_damage_inside_is_said_without_a_verdict(profile: Profile, path: Path) -> None:
    it = taught(profile)
    for number in range(8):
        learn(it, number, "spam")
    with profile.writing():
        profile.file.write("UPDATE corrections SET features=substr(features, 1, 20) WHERE id=3")
    with pytest.raises(ProfileError, match=r"p.sqlite: a learned message is damaged"):
        taught(Profile(path)).current()


@pytest.mark.parametrize("ask", [lambda it: it.get("person", b"a"), lambda it: list(it.items("person"))])
def test_a_damaged_record_of_history_is_said_and_no_other_is_touched(
    profile: Profile, path: Path, ask: Callable[[ProfileMemory], object]
) -> None:
    profile.memory.put("person", b"a", b"x" * 100)
    profile.memory.put("thread", b"a", b"y" * 400)
    value = profile.file.read("SELECT value FROM memory WHERE kind='person'")[0][0]
    with profile.writing():
        flipped = value[:50] + bytes([value[50] ^ 1]) + value[51:]
        profile.file.write("UPDATE memory SET value=? WHERE kind='person'", (flipped,))
    again = Profile(path)
    with pytest.raises(ProfileError, match=r"p.sqlite: .* a record of history \(person\).* --profile off"):
        ask(again.memory)
    assert again.memory.get("thread", b"a") == b"y" * 400


def test_what_a_former_version_sealed_is_sealed_so_that_damage_shows(profile: Profile, path: Path) -> None:
    it = taught(profile)
    for number in range(3):
        learn(it, number, "spam")
    with profile.writing():
        it.journal.keep_sums(it.current().sums, 0, 3)
    profile.memory.put("a", b"1", b"one")
    with profile.writing():
        profile.memory.put("a", b"1", b"two")
        profile.keep_as_it_came(b"f" * 16, b"\x01found")
        profile.first_sight(b"f" * 16, 0)
    before = dict(profile.memory.items("a")), units(it.current())
    for table, column in (
        ("corrections", "features"),
        ("memory", "value"),
        ("past", "value"),
        ("sums", "data"),
    ):
        seal_as_before(profile, table, column)
    seal_as_before(profile, "came", "value")
    with pytest.raises(ProfileError, match="damaged"):
        profile.memory.get("a", b"1")
    profile.file.base.execute("PRAGMA user_version=5")
    profile.close()
    again = Profile(path)
    it = taught(again)
    assert dict(again.memory.items("a")) == before[0]
    assert np.array_equal(units(it.current()), before[1])
    assert it.journal.sums(0) is not None
    assert again.as_it_came(b"f" * 16) == b"\x01found"
    for number in range(3):
        assert it.current().learned[name(number)].label == "spam"
    for (value,) in again.file.read("SELECT value FROM past WHERE value IS NOT NULL AND kind='a'"):
        assert unseal(again.file.key, value) in (b"one", b"two")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
@pytest.mark.parametrize("in_use", [False, True])
def test_a_profile_that_may_only_be_read_is_read(path: Path, in_use: bool) -> None:
    profile = Profile(path, create=True)
    learn(taught(profile), 1, "spam")
    if not in_use:
        profile.close()
    for place in (path.parent, *path.parent.parents):
        if place.owner() == "root" and place != Path("/") and str(place).startswith("/tmp/"):
            place.chmod(0o755)
    for each in path.parent.glob("p.sqlite*"):
        each.chmod(0o644)
    os.seteuid(NOBODY)
    try:
        reader = Profile(path)
        assert reader.readonly
        assert labels(taught(reader)) == {1: "spam"}
        with pytest.raises(ProfileNotWritten, match=r"p.sqlite: cannot be written: it is read-only"):
            learn(taught(reader), 2, "spam")
        with pytest.raises(ProfileNotWritten, match="read-only"):
            reader.memory.put("a", b"1", b"1")
        reader.close()
    finally:
        os.seteuid(0)


def test_an_older_profile_is_brought_up_to_date(
    profile: Profile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(taught(profile), 1, "spam")
    profile.close()
    step = "CREATE TABLE added (x); INSERT INTO added VALUES (7)"
    monkeypatch.setattr(opening, "STEPS", (*layout.STEPS, step))
    again = Profile(path)
    assert again.file.read("SELECT x FROM added") == [(7,)]
    assert again.file.read("PRAGMA user_version") == [(len(layout.STEPS) + 1,)]
    assert labels(taught(again)) == {1: "spam"}
    again.close()
    broken = "CREATE TABLE more (x); INSERT INTO nowhere VALUES (7)"
    monkeypatch.setattr(opening, "STEPS", (*layout.STEPS, step, broken))
    with pytest.raises(ProfileError, match="nowhere"):
        Profile(path)
    monkeypatch.setattr(opening, "STEPS", (*layout.STEPS, step))
    third = Profile(path)  # half a step leaves nothing behind
    assert not third.file.read("SELECT name FROM sqlite_master WHERE name='more'")


def test_audits_and_own_addresses_last(profile: Profile) -> None:
    assert profile.last_audit() is None
    profile.add_audit({"lost": 1}, now=5.0)
    profile.add_audit({"lost": 2}, now=4.0)  # the clock went back; what was kept last is the last
    profile.own(["Ada@Example.org", "@ada.example", "ada@example.org"])
    again = Profile(profile.path)
    found = again.last_audit()
    assert found is not None
    assert (found.taken, found.report) == (4.0, {"lost": 2})
    assert again.mine == ("@ada.example", "ada@example.org")


def test_keys_of_two_profiles_have_nothing_in_common(profile: Profile, tmp_path: Path) -> None:
    other = Profile(tmp_path / "q.sqlite", create=True)
    assert profile.hash_of("ada@example.org") != other.hash_of("ada@example.org")
    assert hashed(b"k", "a", b"bc") != hashed(b"k", "ab", b"c")
    other.close()
