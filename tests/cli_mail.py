"""Mail, a small model and a runner for the tests of the command line."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from click.testing import CliRunner, Result

from classifier.cli.group import cli

WORDS = {
    "important": ("disk failed on db01, replace it today", "root@db01.example.org"),
    "unimportant": ("nightly backup finished without errors", "backup@db01.example.org"),
    "spam": ("cheap pills, buy now, winner", "offers@pills.example"),
}


def mail(label: str, number: int, extra: str = "") -> bytes:
    """Write one message whose words give its label away."""
    text, author = WORDS[label]
    return (
        f"Message-ID: <{label}.{number}@example.org>\nFrom: {author}\nTo: ada@example.org\n"
        f"Delivered-To: ada@example.org\nDate: Thu, {1 + number % 28} Jan 2026 03:0{number % 10}:00 +0000\n"
        f"Subject: {text.split(',')[0]} {number}\n{extra}\n{text} (case {number * 7919})\n"
    ).encode()


def chatty(label: str, number: int) -> bytes:
    """Write the same with a few lines of words of its own, so that it is no near-duplicate of the others."""
    random = Random(f"{label} {number}")
    words = ("".join(random.choices("aeioubdfgklmnprst", k=random.randint(3, 8))) for _ in range(40))
    return mail(label, number) + " ".join(words).encode() + b"\n"


def write_mbox(path: Path, messages: list[bytes]) -> Path:
    """Write messages as an mbox."""
    line = b"From root@example.org Thu Jan  1 00:00:00 2026\n"
    path.write_bytes(b"".join(line + message + b"\n" for message in messages))
    return path


def mixed(count: int = 4) -> list[bytes]:
    """Write some messages of each label, in turn, other than those the model has seen."""
    return [mail(label, 500 + number) for number in range(count) for label in WORDS]


def run(*args: object, input: bytes | None = None, **options: Any) -> Result:  # noqa: A002
    """Run the command line in this process."""
    return CliRunner().invoke(cli, [str(arg) for arg in args], input=input, prog_name="mailtriage", **options)


def objects(result: Result) -> list[dict[str, Any]]:
    """Parse jsonl."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]
