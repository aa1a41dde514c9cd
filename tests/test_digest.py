"""The digest: what matters on top with its line, nothing dropped, nothing believed that strangers wrote."""

from __future__ import annotations

import email
import email.policy
import math
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from classifier import Classifier, open_mailbox
from classifier.cli.group import cli
from classifier.cli.moments import read_moment
from classifier.digest import Digest, Entry, Excerpt, Fold, Urgent
from classifier.digest.page import write_page
from classifier.digest.run import make_digest
from classifier.digest.text import write_text
from classifier.digest.words import heights, lasting, sparkline
from classifier.history import Ram
from classifier.profile import Profile

FIRST = datetime(2026, 3, 2, 3, 5, tzinfo=UTC)
FINE = "Starting backup of /home\nsent 1,204,331 bytes\nBackup finished\n"
BROKEN = "Starting backup of /home\npg_dump: error: could not write to file: No space left on device\n"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


def cron(day: int, text: str, *, job: str = "dump-all", hour: int = 0, subject: str = "") -> str:
    when = FIRST + timedelta(days=day, hours=hour)
    stamp = when.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        f"From root@db1.example.org {when.strftime('%a %b %d %H:%M:%S %Y')}\n"
        f"Received: by db1.example.org (Postfix, from userid 0) id {day:04X}{hour:02X}; {stamp}\n"
        f"From: root@db1.example.org (Cron Daemon)\nTo: root@db1.example.org\n"
        f"Subject: {subject or f'Cron <root@db1> /usr/local/bin/{job}'}\n"
        f"Message-Id: <{day}.{hour}.{job}@db1.example.org>\nDate: {stamp}\n"
        f"Auto-Submitted: auto-generated\nX-Cron-Env: <SHELL=/bin/sh>\n\n{text}\n"
    )


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty days of a dump that breaks on the last; a job that falls silent; a hostile subject."""
    mails = [cron(day, FINE) for day in range(19)]
    mails.append(cron(19, BROKEN))
    mails += [cron(day, "rotated 3 logs\n", job="rotate", hour=2) for day in range(16)]
    mails.append(cron(19, "hello\n", job="x", hour=3, subject=f"Cron <root@db1> /bin/{HOSTILE}"))
    path = tmp_path_factory.mktemp("digest") / "root"
    path.write_text("".join(mails))
    return path


@pytest.fixture(scope="module")
def digest(mailbox: Path) -> Digest:
    return made(mailbox)


def made(path: Path, since: float = -math.inf, now: float | None = None) -> Digest:
    classifier, memory = Classifier.load("starter", me=["root@db1.example.org"]), Ram()
    classifier.remember(memory)
    return make_digest(classifier, memory, [open_mailbox(path)], since=since, now=now)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["digest", "--me", "root@db1.example.org", *map(str, words)])


def test_what_cannot_be_read_stands_on_top_and_is_never_no_mail(mailbox: Path, tmp_path: Path) -> None:
    gone, page = tmp_path / "gone <b>", tmp_path / "page.html"
    alone = run("--mail", gone)
    letter = email.message_from_bytes(alone.stdout_bytes, policy=email.policy.default)
    assert alone.exit_code == 3
    assert "1 not readable" in letter["Subject"]
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.startswith("No mail could be read.\n")
    assert f"{gone}: No such file" in " ".join(text.split())
    beside = run("--text", mailbox, gone).stdout
    assert beside.index("Not readable (1)") < beside.index("Needs you")
    assert run("--html", page, mailbox, gone).exit_code == 3
    assert "gone &lt;b&gt;: No such file" in page.read_text(encoding="utf-8")
    assert "eadable" not in run("--text", mailbox).stdout


def keys(digest: Digest) -> list[str]:
    shown = [one.entry.key for one in digest.urgent]
    return shown + [entry.key for fold in digest.folds for entry in fold.entries]


def test_nothing_is_dropped_and_nothing_is_there_twice(digest: Digest, mailbox: Path) -> None:
    assert sorted(keys(digest)) == sorted(stored.key for stored in open_mailbox(mailbox))
    assert digest.mails == len(keys(digest)) == 37


def test_the_broken_dump_stands_on_top_with_its_line(digest: Digest) -> None:
    top = digest.urgent[0]
    assert "dump-all" in top.entry.subject
    assert top.entry.when == (FIRST + timedelta(days=19)).timestamp()
    marked = [excerpt.text for excerpt in top.excerpt if excerpt.marked]
    assert marked == ["pg_dump: error: could not write to file: No space left on device"]
    assert "says: storage" in top.reasons


def test_the_silent_job_is_overdue_and_the_others_are_not(digest: Digest) -> None:
    (late,) = digest.late
    assert (late.host, late.rhythm, late.missed) == ("db1.example.org", "daily", 3)
    assert "rotate" in late.who
    assert late.expected == (FIRST + timedelta(days=16, hours=2)).timestamp()


def test_the_rest_is_folded_by_job(digest: Digest) -> None:
    sizes = {fold.who.rpartition("/")[2]: len(fold.entries) for fold in digest.folds}
    assert sizes["dump-all"] == 19
    assert sizes["rotate"] == 16


def test_since_leaves_out_what_was_told_but_knows_it(mailbox: Path) -> None:
    late = made(mailbox, since=(FIRST + timedelta(days=18)).timestamp())
    assert late.mails == 3
    assert any("never wrote before" in reason for reason in late.urgent[0].reasons)


def test_now_shows_how_it_was(mailbox: Path) -> None:
    then = made(mailbox, now=(FIRST + timedelta(days=10, hours=1)).timestamp())
    assert then.mails == 21
    assert not then.late
    assert not then.urgent


class Page(HTMLParser):
    """Collects tags, and refuses a page that is none."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "data")]


def test_the_page_holds_no_script_and_asks_nothing_of_anybody(digest: Digest) -> None:
    text = write_page(digest)
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert page.links == ["#urgent", "#overdue", "#look", "#calm"][: len(page.links)]
    assert all(f'id="{link[1:]}"' in text for link in page.links)
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", text)
    assert page.tags.count("details") == len(digest.folds)
    assert all(f" {key}</code>" in text for key in keys(digest))


def test_the_text_is_safe_and_names_keys(digest: Digest) -> None:
    text = write_text(digest)
    assert "\x1b" not in text
    assert ">> pg_dump: error: could not write to file" in text
    assert "Overdue (1)" in text
    assert all(fold.last.key in text for fold in digest.folds)
    assert text.endswith("\n")


def test_the_letter_passes_its_own_classifier(mailbox: Path) -> None:
    result = run("--mail", "--to", "ada@example.org", mailbox)
    assert result.exit_code == 0, result.output
    raw = result.stdout_bytes
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert letter["to"] == "ada@example.org"
    assert letter["auto-submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) < 998
    assert Classifier.load("starter", me=["ada@example.org"]).classify(raw).label != "spam"


@pytest.mark.parametrize("to", ["a@b\nBcc: c@example.org", "no address at all @"])
def test_a_recipient_that_is_none_is_refused(mailbox: Path, to: str) -> None:
    result = run("--mail", "--to", to, mailbox)
    assert result.exit_code == 2
    assert "Bcc" not in result.stdout


def test_the_page_never_replaces_a_mailbox(mailbox: Path) -> None:
    before = mailbox.read_bytes()
    assert run("--html", mailbox, mailbox).exit_code == 2
    assert mailbox.read_bytes() == before


def test_one_mailbox_that_is_not_there_costs_nothing_else(mailbox: Path, tmp_path: Path) -> None:
    page = tmp_path / "digest.html"
    result = run("--html", page, tmp_path / "absent", mailbox)
    assert result.exit_code == 3
    assert "absent" in result.stderr
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert [each.name for each in tmp_path.iterdir()] == ["digest.html"]


def test_an_empty_mailbox_is_no_mail(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    result = run(tmp_path / "empty")
    assert (result.exit_code, result.stdout) == (0, "No mail.\n")


def test_show_opens_a_mail_of_the_digest(digest: Digest, mailbox: Path) -> None:
    for one in (digest.urgent[0].entry, digest.folds[0].last):
        result = CliRunner().invoke(cli, ["show", one.mailbox, one.key])
        assert result.exit_code == 0
        assert "\x1b" not in result.stdout
    raw = CliRunner().invoke(cli, ["show", "--raw", str(mailbox), digest.urgent[0].entry.key])
    assert raw.stdout_bytes == open_mailbox(mailbox).get(digest.urgent[0].entry.key).raw
    assert CliRunner().invoke(cli, ["show", str(mailbox), "5"]).exit_code == 3


def test_overdue_names_the_silent_job(mailbox: Path) -> None:
    words = ["overdue", "--me", "root@db1.example.org", "--profile", "off", str(mailbox)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    (late,) = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert (late["host"], late["missed"], late["rhythm"]) == ("db1.example.org", 3, "daily")
    told = CliRunner().invoke(cli, [*words, "-f", "text"]).stdout
    assert "rotate" in told.splitlines()[0]
    assert "daily, due" in told
    early = (FIRST + timedelta(days=15, hours=4)).isoformat()
    assert CliRunner().invoke(cli, [*words, "--now", early, "-f", "text"]).stdout == "No job is overdue.\n"
    absent = CliRunner().invoke(cli, ["overdue", "--profile", "off", "-f", "text", f"{mailbox}.gone"])
    assert (absent.exit_code, absent.stdout) == (3, "No job is known, so none can be overdue.\n")
    assert not CliRunner().invoke(cli, [*words, "--sure", "0.99999"]).stdout


def test_jobs_lists_each_job_once(mailbox: Path) -> None:
    words = ["jobs", "--me", "root@db1.example.org", "--profile", "off", str(mailbox)]
    jobs = [orjson.loads(line) for line in CliRunner().invoke(cli, words).stdout.splitlines()]
    told = {job["tool"]: (job["rhythm"], job["mails"]) for job in jobs}
    assert (told["dump-all"], told["rotate"]) == (("daily", 20), ("daily", 16))
    assert len(jobs) == len({job["name"] for job in jobs}) == 3
    assert all(job["importance_rate"] is None for job in jobs)
    assert CliRunner().invoke(cli, [*words, "-f", "text"]).stdout.count("\n") == 4


def test_a_profile_remembers_jobs_and_no_mail_twice(mailbox: Path, tmp_path: Path) -> None:
    profile = tmp_path / "p.sqlite3"
    Classifier(profile=Profile(profile, create=True))
    words = ["jobs", "--me", "root@db1.example.org", "--profile", str(profile)]
    for _ in range(2):
        assert CliRunner().invoke(cli, [*words, str(mailbox)]).exit_code == 0
    remembered = [orjson.loads(line) for line in CliRunner().invoke(cli, words).stdout.splitlines()]
    assert sorted(job["mails"] for job in remembered) == [1, 16, 20]


def test_jobs_without_mail_or_profile_is_a_usage_error() -> None:
    result = CliRunner().invoke(cli, ["jobs", "--profile", "off"])
    assert result.exit_code == 2
    assert "MAILBOX" in result.stderr


NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("today", datetime(2026, 3, 20, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 3, 19, tzinfo=UTC)),
        ("24h", NOW - timedelta(hours=24)),
        ("2 weeks ago", NOW - timedelta(weeks=2)),
        ("90m", NOW - timedelta(minutes=90)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T06:00+01:00", datetime(2026, 3, 2, 5, tzinfo=UTC)),
    ],
)
def test_moments_are_read(text: str, moment: datetime) -> None:
    assert read_moment(text, NOW) == moment.timestamp()


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "999999w", "1y", "-3d"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        read_moment(text, NOW)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 1e6), st.floats(0, 1e6))
def test_every_mail_is_in_one_bar(times: list[float], since: float, until: float) -> None:
    fold = Fold("x", "unimportant", [Entry("", "", time, "", "unimportant", False) for time in times])
    counts = heights(fold, since, until)
    assert sum(counts) == len(times)
    assert len(sparkline(counts)) == len(counts)
    assert all((bar != " ") == bool(each) for bar, each in zip(sparkline(counts), counts, strict=True))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 minutes"), (60, "1 minute"), (7200, "2 hours"), (1e6, "11 days")]
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


def remembered_digest(profile: Path, mailbox: Path) -> str:
    classifier = Classifier.load("starter", me=["root@db1.example.org"], profile=profile)
    assert classifier.profile is not None
    digest = make_digest(classifier, classifier.profile.memory, [open_mailbox(mailbox)])
    classifier.profile.close()
    return write_page(digest)


def test_a_digest_made_again_is_the_same_to_the_letter(mailbox: Path, tmp_path: Path) -> None:
    profile = tmp_path / "p.sqlite"
    first = remembered_digest(profile, mailbox)
    assert "never wrote before" in first
    assert remembered_digest(profile, mailbox) == first


def test_mail_that_came_later_does_not_change_what_was_new_before(mailbox: Path, tmp_path: Path) -> None:
    profile, box = tmp_path / "p.sqlite", tmp_path / "root"
    box.write_text(mailbox.read_text())
    remembered_digest(profile, box)
    before = jobs_of_broken(profile, mailbox)
    box.write_text(mailbox.read_text() + "".join(cron(day, BROKEN) for day in range(20, 40)))
    remembered_digest(profile, box)
    assert "No space left" in box.read_text()
    assert jobs_of_broken(profile, mailbox) == before


def jobs_of_broken(profile: Path, mailbox: Path) -> tuple[float, object]:
    """Classify the broken dump, as another command would."""
    classifier = Classifier.load("starter", me=["root@db1.example.org"], profile=profile)
    [stored] = [each for each in open_mailbox(mailbox) if b"No space left" in each.raw]
    verdict = classifier.classify(stored)
    assert classifier.profile is not None
    assert verdict.past is not None
    classifier.profile.close()
    return verdict.log_odds.importance, verdict.past.job


def test_mail_of_an_earlier_digest_is_not_judged_again(
    mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []
    judge = Classifier.judge

    def counting(self: Classifier, batch: list[object], *rest: object, **more: object) -> object:
        judged.append(len(batch))
        return judge(self, batch, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Classifier, "judge", counting)
    since = (FIRST + timedelta(days=18)).timestamp()
    digest = made(mailbox, since=since)
    assert sum(judged) == digest.mails == 3
    assert digest.until == (FIRST + timedelta(days=19, hours=3)).timestamp()


def urgent(day: int, who: str, about: str = "", chance: float = 0.9) -> Urgent:
    entry = Entry("box", f"{who}{day}", day * 86_400.0, "subject", "important", False)
    return Urgent(entry, who, chance, (), (), about)


def fold_of(who: str, *days: int, unsure: bool = False) -> Fold:
    entries = [Entry("box", f"{who}-{day}", day * 86_400.0, "x", "unimportant", unsure) for day in days]
    return Fold(who, "unimportant", entries)


def test_mails_about_one_thing_are_one_matter_and_what_goes_on_stands_first() -> None:
    mails = [
        urgent(3, "dump", "storage"),
        urgent(5, "dump", "storage"),
        urgent(4, "dump", "crash"),
        urgent(9, "x"),
    ]
    told = Digest(0.0, 10 * 86_400.0, 8, mails, [], [fold_of("dump", 2, 6, 7), fold_of("x", 10, unsure=True)])
    matters = told.matters()
    assert [[one.entry.key for one in matter.mails] for matter in matters] == [
        ["x9"],
        ["dump5", "dump3"],
        ["dump4"],
    ]
    assert [matter.usual_since for matter in matters] == [0, 2, 2]
    text, page = write_text(told), write_page(told)
    assert "3 matters to act on (4 mails)" in text
    for form in (text, page):
        assert "1 earlier mail since 1970-01-04" in form
        assert "ince then 2 usual mails from it" in form
    assert all(one.entry.key in form for one in mails for form in (text, page))


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abc"), st.sampled_from("st"))))
def test_every_urgent_mail_is_in_one_matter(told: list[tuple[int, str, str]]) -> None:
    mails = [urgent(day, who, about) for day, who, about in told]
    matters = Digest(0.0, 41 * 86_400.0, len(mails), mails, [], [fold_of("a", 20)]).matters()
    assert sorted(map(id, mails)) == sorted(id(one) for matter in matters for one in matter.mails)
    assert all(len({(one.who, one.about) for one in matter.mails}) == 1 for matter in matters)


def test_a_marked_line_is_never_cut() -> None:
    line = "sudo : user NOT in sudoers ; " * 8 + "COMMAND=/bin/cat /etc/shadow"
    told = Urgent(urgent(1, "sudo").entry, "sudo", 0.9, (), (Excerpt(line, True), Excerpt(line, False)))
    lines = write_text(Digest(0.0, 9e4, 1, [told], [], []), 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("COMMAND=/bin/cat" in each for each in lines) == 1


def test_jobs_at_a_moment_are_those_of_then(mailbox: Path, tmp_path: Path) -> None:
    """A profile that knows what came later lists what was known then."""
    profile = tmp_path / "p.sqlite3"
    Classifier(profile=Profile(profile, create=True))
    words = ["jobs", "--me", "root@db1.example.org", "--profile", str(profile), str(mailbox)]
    assert CliRunner().invoke(cli, words).exit_code == 0
    then = (FIRST + timedelta(days=10, hours=1)).isoformat()
    told = [
        orjson.loads(line) for line in CliRunner().invoke(cli, [*words, "--now", then]).stdout.splitlines()
    ]
    assert {job["tool"]: job["mails"] for job in told} == {"dump-all": 11, "rotate": 10}
    assert all(job["last"] <= (FIRST + timedelta(days=10, hours=1)).timestamp() < job["due"] for job in told)
