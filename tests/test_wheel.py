"""The wheel, installed where there is no checkout, judges a message with the model that it brings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from cli_mail import mail


@pytest.fixture(scope="module")
def wheel(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the hatchling that is here, so without a network."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, repo],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("mailtriage-*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it into an environment that has its dependencies, but neither checkout nor editable install."""
    place = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(place, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], check=True)
    # A folder named in a .pth file is searched, but the .pth files in it are not obeyed: no editable install.
    (packages,) = (place / "lib").glob("python3*/site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(borrowed) + "\n")
    return place / "bin" / "mailtriage"


def run_elsewhere(command: list[object], folder: Path, given: bytes = b"") -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, input=given, capture_output=True, check=True)  # type: ignore[arg-type]
    return done.stdout.decode()


def test_it_classifies_a_message_outside_the_checkout(program: Path, tmp_path: Path) -> None:
    one = json.loads(run_elsewhere([program, "classify", "-"], tmp_path, mail("spam", 1)))
    assert one["label"] in {"important", "unimportant", "spam"}
    assert one["subject"] == "cheap pills 1"
    listed = run_elsewhere([program, "models", "--verify"], tmp_path)
    assert listed.startswith("starter ")


def test_it_is_the_wheel_that_ran(program: Path, tmp_path: Path) -> None:
    python = program.with_name("python")
    place = run_elsewhere([python, "-c", "import classifier; print(classifier.__file__)"], tmp_path)
    assert Path(place.strip()).is_relative_to(program.parent.parent)
    assert run_elsewhere([python, "-m", "classifier", "--version"], tmp_path).startswith("mailtriage ")


def test_the_wheel_holds_the_package_the_model_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"classifier/py.typed", "classifier/models/starter.mailtriage", "classifier/cli/group.py"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"classifier"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
