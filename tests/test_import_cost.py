"""What scoring may not import: each of these costs more than judging a hundred messages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import mail

from classifier.engine import Classifier
from classifier.features import Schema

TRAINING_ONLY = {"sklearn", "scipy", "joblib", "pandas", "safetensors", "torch"}
NEEDLESS = {"rich", "email_validator", "dns", "asyncio", "sqlite3", "multiprocessing"}

SCRIPT = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), sep="\\n", file=sys.stderr))
from classifier.cli import main
main()
"""


def imported_by(*arguments: object, given: bytes = b"") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)], input=given, capture_output=True, check=True
    )
    assert done.stdout
    return {name.split(".")[0] for name in done.stderr.decode().split("\n")}


@pytest.mark.parametrize("command", ["classify", "explain"])
def test_scoring_imports_nothing_that_is_for_training(tiny_model: Path, command: str) -> None:
    loaded = imported_by(command, "-m", tiny_model, "-", given=mail("spam", 1))
    assert "numpy" in loaded
    assert not loaded & TRAINING_ONLY
    assert not loaded & NEEDLESS


def test_one_plain_message_waits_for_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    """Each of these costs one to eight milliseconds; Python with numpy takes eighty."""
    words_alone = tmp_path / "words.mailtriage"
    Classifier(schema=Schema(bits=12, views=("header", "body", "grams"))).save(words_alone)
    given = ("classify", "-m", words_alone, "--me", "ada@example.org", "--profile", "off", "-")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, given)],
        input=mail("spam", 1),
        capture_output=True,
        check=True,
    )
    loaded = set(done.stderr.decode().split())
    assert "numpy" in loaded
    assert not loaded & {
        *("platformdirs", "tempfile", "shutil", "random", "fractions", "decimal", "html", "tomllib"),
        *("pathlib", "ipaddress", "urllib.parse", "hashlib", "calendar", "numpy.typing"),
        *("bz2", "gzip", "lzma"),
        *("classifier.budget", "classifier.history", "classifier.profile", "classifier.training"),
        *("classifier.lookup.answers", "classifier.lookup.names", "classifier.lookup.addresses"),
        *("classifier.mailboxes.maildir", "classifier.mailboxes.mh", "classifier.mailboxes.tree"),
        *("classifier.signals.registry", "classifier.signals.groups", "classifier.mail.received"),
    }


def test_signals_without_a_history_wait_for_none(tiny_model: Path) -> None:
    given = ("classify", "-m", tiny_model, "--me", "ada@example.org", "--profile", "off", "-")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, given)],
        input=mail("spam", 1),
        capture_output=True,
        check=True,
    )
    loaded = set(done.stderr.decode().split())
    assert "classifier.signals.groups" in loaded
    assert not {name for name in loaded if name.startswith("classifier.history")}


def test_asking_for_the_version_imports_little() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "--version"], capture_output=True, check=False, text=True
    )
    loaded = set(done.stderr.split())
    assert "classifier.cli.group" in loaded
    assert not loaded & {
        "numpy",
        "dataclasses",
        "pathlib",
        "json",
        "hashlib",
        "orjson",
        "rich",
        "classifier.mail",
    }


def test_importing_the_package_imports_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import classifier, sys; print(*sys.modules)"], capture_output=True, check=True
    )
    loaded = set(done.stdout.decode().split())
    assert not {name for name in loaded if name.startswith("classifier.")}
    assert "numpy" not in loaded


def test_the_library_offers_its_names_lazily() -> None:
    import classifier

    assert {"Classifier", "open_mailbox"} <= set(dir(classifier))
    assert classifier.Classifier().classify(b"Subject: x\n\n").unsure
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        classifier.nothing  # noqa: B018
