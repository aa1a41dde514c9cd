"""The configuration file: what it may say, and what it is told when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.config import Settings, default_path, own_addresses, read_settings
from classifier.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_its_default() -> None:
    assert read_settings() == Settings()


def test_the_file_lies_where_xdg_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "mailtriage").mkdir()
    path = written(tmp_path / "mailtriage", 'model = "mine.mailtriage"\n')
    assert default_path() == path
    assert read_settings() == Settings(model="mine.mailtriage", source=str(path))


def test_every_key_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        me = ["Ada@example.org", "@ada.example"]
        trusted_hosts = "mx.example.org"
        authserv_ids = ["mx.example.org"]
        direction = "outbound"
        model = "root.mailtriage"
        resolver = "192.0.2.53:5353"
        jobs = 2
        """,
    )
    assert read_settings(path) == Settings(
        me=("ada@example.org", "@ada.example"),
        trusted_hosts=("mx.example.org",),
        authserv_ids=("mx.example.org",),
        direction="outbound",
        model="root.mailtriage",
        resolver="192.0.2.53:5353",
        jobs=2,
        source=str(path),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("trusted_host = []", "unknown key 'trusted_host'"),
        ("source = 'x'", "unknown key 'source'"),
        ("[me]\naddress = 'a@example.org'", "key 'me': must be a string or a list"),
        ("me = ['nobody']", "key 'me': 'nobody' is neither"),
        ("me = ['']", "key 'me'"),
        ("jobs = 0", "key 'jobs': must be a whole number"),
        ("jobs = true", "key 'jobs'"),
        ("jobs = '2'", "key 'jobs'"),
        ("direction = 'sideways'", "key 'direction': must be one of inbound, outbound"),
        ("model = ''", "key 'model'"),
        ("me = [", "is not TOML"),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_settings(path)
    assert complaint in str(error.value)
    assert str(path) in str(error.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not TOML"):
        read_settings(path)


def test_a_file_that_was_asked_for_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path / "absent.toml")
    monkeypatch.setenv("MAILTRIAGE_CONFIG", str(tmp_path / "absent.toml"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings()


def test_own_addresses_are_addresses_or_domains() -> None:
    assert own_addresses("Ada@Example.org") == ("ada@example.org",)
    with pytest.raises(ValueError, match="neither"):
        own_addresses(["ada@"])
