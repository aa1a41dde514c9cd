"""What several tests share: where the real mail lies, and homes of their own for every test."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from dns_server import name_server, scripted_server, silent_server  # noqa: F401  # fixtures
from hypothesis import settings
from imap_server import dovecot, store  # noqa: F401

REPO = Path(__file__).resolve().parent.parent

if "CI" not in os.environ:  # there hypothesis has a profile of its own, which has no deadline either
    settings.register_profile("patient", deadline=None)  # a busy machine is no defect
    settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite tests/help and the README's output instead of comparing",
    )


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def repo() -> Path:
    return REPO


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real mail; skips where it is absent."""
    folder = Path(os.environ.get("MAILTRIAGE_CORPORA", REPO.parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip("the corpora are not on this machine (set MAILTRIAGE_CORPORA)")
    return folder


@pytest.fixture(scope="session", autouse=True)
def heeded_interrupts() -> None:
    """Undo what a shell does to what it runs in the background: SIGINT ignored, also by all children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tester's own configuration and caches out of the tests, and ours out of them."""
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "xdg" / name.lower()))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few hundred kilobytes that knows three kinds of mail; see cli_mail."""
    from cli_mail import WORDS, mail

    from classifier.engine import train
    from classifier.features import Schema
    from classifier.mailboxes import Stored

    sources = [
        (label, [Stored("made", str(number), mail(label, number)) for number in range(30)]) for label in WORDS
    ]
    path = tmp_path_factory.mktemp("model") / "tiny.mailtriage"
    train(sources, schema=Schema(bits=12), name="tiny").save(path)
    return path
