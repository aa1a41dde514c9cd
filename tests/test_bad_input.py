"""Mailboxes that change while a run reads them: what is lost is named, all else judged, the exit code 3."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_mail import mail, write_mbox

from classifier.mailboxes import borders as borders_of
from classifier.mailboxes.files import REPLACED, SHRANK

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pipes of one page")

COUNT = 240


def messages(first: int = 0) -> list[bytes]:
    """Make 15 MB, so that workers have many parts; hardly a word of them is text."""
    return [
        mail("spam", number, "Content-Type: application/octet-stream\n") + b"x" * 64_000 + b"\n"
        for number in range(first, first + COUNT)
    ]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return write_mbox(tmp_path / "box", messages())


@contextmanager
def stalled(model: Path, *arguments: object) -> Iterator[Callable[[], tuple[int, list[bytes], list[str]]]]:
    """Run a command that has read the first mail, and stands still until its output is asked for."""
    hear, tell = os.pipe()
    fcntl.fcntl(tell, fcntl.F_SETPIPE_SZ, 4096)
    words = ["classify", "-m", model, "--me", "ada@example.org", "--profile", "off", *arguments]
    process = subprocess.Popen(
        [sys.executable, "-m", "classifier", *map(str, words)], stdout=tell, stderr=subprocess.PIPE
    )
    os.close(tell)
    with os.fdopen(hear, "rb", buffering=0) as out:
        first = out.read(1)

        def ended() -> tuple[int, list[bytes], list[str]]:
            lines = (first + out.readall()).splitlines()
            _, said = process.communicate(timeout=60)
            return process.returncode, lines, said.decode().splitlines()

        yield ended


def numbers(lines: list[bytes]) -> list[int]:
    return [int(json.loads(line)["message_id"].split(".")[1].split("@")[0]) for line in lines]


both = pytest.mark.parametrize("jobs", [1, 2])


@both
def test_a_mailbox_that_was_replaced_is_read_to_its_end(box: Path, tiny_model: Path, jobs: int) -> None:
    with stalled(tiny_model, "-j", jobs, box) as ended:
        write_mbox(box.with_name("new"), messages(1000)).replace(box)
        code, lines, said = ended()
    assert (code, said) == (0, [])
    assert numbers(lines) == list(range(COUNT))


@both
def test_a_mailbox_that_was_removed_is_read_to_its_end(box: Path, tiny_model: Path, jobs: int) -> None:
    with stalled(tiny_model, "-j", jobs, box) as ended:
        box.unlink()
        code, lines, said = ended()
    assert (code, said) == (0, [])
    assert numbers(lines) == list(range(COUNT))


@both
def test_what_is_appended_is_left_for_the_next_run(box: Path, tiny_model: Path, jobs: int) -> None:
    with stalled(tiny_model, "-j", jobs, box) as ended:
        with box.open("ab") as file:
            file.write(write_mbox(box.with_name("more"), messages(1000)).read_bytes()[:100_000])
        code, lines, said = ended()
    assert (code, said) == (0, [])
    assert numbers(lines) == list(range(COUNT))


@both
def test_a_mailbox_that_became_shorter_is_named_once_with_the_place(
    box: Path, tiny_model: Path, jobs: int
) -> None:
    other = write_mbox(box.with_name("other"), [mail("spam", 7777)])
    borders = [start for start, _ in borders_of(box)]
    whole, left = 200, borders[200] + 1000  # so many messages, and the top of another
    with stalled(tiny_model, "-j", jobs, box, other) as ended:
        os.truncate(box, left)
        code, lines, said = ended()
    assert code == 3
    assert numbers(lines) == [*range(whole + 1), 7777]  # what is left of one is judged, too
    assert len(said) == 2
    place = int(said[0].removeprefix(f"mailtriage: {box} at ").split(":")[0])
    assert said[0].endswith(": the file became shorter while it was read")
    assert borders[whole] <= place <= left
    assert said[1] == f"mailtriage: 1 not readable, {len(lines)} judged"


@both
@pytest.mark.parametrize("fresh", [b"no mail at all\n" * 1_500_000, None])
def test_a_mailbox_rewritten_in_its_place_is_named(
    box: Path, tiny_model: Path, jobs: int, fresh: bytes | None
) -> None:
    if fresh is None:
        fresh = write_mbox(box.with_name("new"), messages(1000)).read_bytes() * 2
    with stalled(tiny_model, "-j", jobs, box) as ended:
        box.write_bytes(fresh)
        code, lines, said = ended()
    assert code == 3
    found = numbers(lines)
    assert found == sorted(set(found))
    assert 0 < len(found) < COUNT
    assert found[-1] < COUNT  # nothing of the other mail
    reasons = [line.rsplit(": ", 1)[1] for line in said[:-1]]
    assert len(reasons) == len(set(reasons))
    assert set(reasons) <= {REPLACED, SHRANK}  # shorter it was for a moment, too
    assert all(line.startswith(f"mailtriage: {box} at ") for line in said[:-1])
    assert said[-1] == f"mailtriage: {len(reasons)} not readable, {len(lines)} judged"
