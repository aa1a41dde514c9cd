"""``mailtriage route``, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from classifier.cli.group import cli

MAIL = """\
Return-Path: <bounce@shop.example.com>
Received: from mx.example.org (mx.example.org [10.0.0.2]) by store.example.org with LMTP id 1
\tfor <ann@example.org>; Mon, 5 Jan 2026 10:00:03 +0100
Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=shop.example.com; dkim=none
Received: from mail.shop.example.com (unknown [192.88.99.5])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
\tby mx.example.org (Postfix) with ESMTPS id 2; Mon, 5 Jan 2026 10:00:02 +0100
Received: from \x1b[31mred (a.example [192.88.99.9]) by other.example with SMTP id 3;
\tMon, 5 Jan 2026 20:00:00 +0100
Authentication-Results: mx.example.org; dkim=pass header.d=shop.example.com
From: bob@shop.example.com
Subject: Your order

x
"""


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "mail.eml"
    path.write_text(MAIL)
    return path


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["route", *arguments], input=stdin)


def test_the_way_is_drawn_from_the_sender_to_us(mail: Path) -> None:
    lines = run(str(mail)).output.splitlines()
    assert lines[0] == "3 hops, 2 of them ours (inferred), -35997 s on the way"
    stations = (
        "  2  other.example",
        "  ---- border",
        "  1  mx.example.org  ESMTPS TLS1.3",
        "  0  store.example.org",
    )
    order = [at for at, line in enumerate(lines) if line.startswith(stations)]
    assert [lines[at].split()[0] for at in order] == ["2", "----", "1", "0"]
    assert lines[-1] == "our servers found spf=pass, dkim=none; 1 field of others not believed"


def test_what_is_odd_is_marked_below_its_hop(mail: Path) -> None:
    lines = run(str(mail)).output.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("  1  mx.example.org"))
    assert lines[at + 1] == "     ! time runs backwards: 35998 s before the hop it came from"
    assert lines[at + 2] == "     ! its address has no name in the DNS (RFC 1912 section 2.1)"
    assert (
        lines[at + 3]
        == "     ! came from mail.shop.example.com, but the hop before was written by other.example"
    )


def test_no_control_character_reaches_the_terminal(mail: Path) -> None:
    for output in (run(str(mail)).output, run("--json", str(mail)).output):
        assert "\x1b" not in output
        assert "[31mred" in output


def test_json_tells_the_same_to_programs(mail: Path) -> None:
    found = json.loads(run("--json", "-", stdin=mail.read_text()).output)
    assert (found["trusted"], found["inferred"], found["relay"], found["seconds"]) == (
        2,
        True,
        "192.88.99.5",
        -35997.0,
    )
    assert [hop["by"] for hop in found["hops"]] == ["store.example.org", "mx.example.org", "other.example"]
    assert found["hops"][1] | {"odd": []} == {
        "helo": "mail.shop.example.com",
        "ptr": "",
        "address": "192.88.99.5",
        "by": "mx.example.org",
        "protocol": "ESMTPS",
        "tls": "TLS1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "id": "2",
        "for": "",
        "trusted": True,
        "authenticated": False,
        "local": False,
        "time": 1767603602.0,
        "zone": 60,
        "delay": -35998.0,
        "defects": [],
        "odd": [],
    }
    assert found["checks"] == [{"method": "spf", "word": "pass"}, {"method": "dkim", "word": "none"}]


def test_trusted_hosts_of_the_configuration_are_obeyed(mail: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('trusted_hosts = ["store.example.org"]\n')
    result = CliRunner().invoke(cli, ["--config", str(config), "route", str(mail)])
    assert result.output.startswith("3 hops, 1 of them ours (configured)")


def test_mail_without_a_way(tmp_path: Path) -> None:
    path = tmp_path / "draft.eml"
    path.write_text("From: ann@example.org\nSubject: draft\n\nx\n")
    result = run(str(path))
    assert (result.exit_code, result.output) == (
        0,
        "No server says that it handled this message: it has no Received field.\n",
    )
    assert json.loads(run("--json", str(path)).output)["hops"] == []


def test_what_cannot_be_read_is_no_crash(tmp_path: Path) -> None:
    assert run(str(tmp_path / "absent")).exit_code == 3


@pytest.mark.parametrize("year", ["0000", "9999"])
def test_times_out_of_range_are_drawn(tmp_path: Path, year: str) -> None:
    path = tmp_path / "mail.eml"
    zone = "-1400" if year == "9999" else "+1400"
    path.write_text(
        f"Received: from a by b with SMTP; Fri, 31 Dec {year} 23:59:59 {zone}\nFrom: a@example.org\n\nx\n"
    )
    result = run(str(path))
    assert result.exit_code == 0
    assert "1 hop, 1 of them ours" in result.output
