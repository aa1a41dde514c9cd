"""What scoring may not import: each of these costs more than judging a hundred messages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli_mail import mail

TRAINING_ONLY = {"sklearn", "scipy", "joblib", "pandas", "safetensors", "torch"}
NEEDLESS = {"rich", "email_validator", "dns", "asyncio", "sqlite3", "multiprocessing"}

SCRIPT = """
import sys
from classifier.cli.group import cli
cli(sys.argv[1:], prog_name="mailtriage", standalone_mode=False)
print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
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
