"""Mail written by machines: how they say so, and how they look when they do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

AUTO_SUBMITTED = frozenset({"no", "auto-generated", "auto-replied", "auto-notified"})

REPORTS = frozenset({"delivery-status", "disposition-notification", "feedback-report", "tlsrpt"})

DAEMONS = {
    "mailer-daemon": "mailer-daemon", "postmaster": "mailer-daemon", "mail delivery": "mailer-daemon",
    "root": "root", "cron": "cron", "anacron": "cron", "atd": "cron", "logwatch": "log", "logcheck": "log",
    "syslog": "log", "pflogsumm": "log", "fail2ban": "ban", "denyhosts": "ban", "nagios": "monitor",
    "icinga": "monitor", "zabbix": "monitor", "monit": "monitor", "munin": "monitor", "prometheus": "monitor",
    "alertmanager": "monitor", "mdadm": "disk", "smartd": "disk", "zed": "disk", "backup": "backup",
    "bacula": "backup", "borg": "backup", "amanda": "backup", "postgres": "database", "mysql": "database",
    "www-data": "web", "apache": "web", "nginx": "web", "httpd": "web", "jenkins": "build", "buildd": "build",
    "gitlab": "build", "github": "build", "daemon": "system", "operator": "system", "nobody": "system",
    "apt": "packages", "unattended-upgrades": "packages", "apticron": "packages", "certbot": "certificate",
}  # fmt: skip
"""Accounts and names under which the programs of a host write, by what they are about."""

_CRON = pattern(r"(?:cron|anacron)(?: job)? [<'\"(]", re.IGNORECASE)
_FEEDBACK = pattern(rb"^feedback-type:[ \t]{0,20}([a-z-]{1,30})", re.IGNORECASE | re.MULTILINE)


@signal("machine.auto_submitted", kind="category")
def auto_submitted(facts: Facts) -> str:
    """Whether a program says that it sent this by itself.

    Sees: Auto-Submitted:: its keyword, other, or absent.
    Means: auto-generated: cron, monitors, reports; auto-replied: vacation and tickets.
    Fooled by: programs that do not know the field; people who write it to escape autoresponders.
    Source: RFC 3834 section 5; RFC 5436 section 2.7.1.
    """
    word = facts.word(b"auto-submitted")
    if word is None:
        return "absent"
    return word if word in AUTO_SUBMITTED else "other"


@signal("machine.cron_env")
def cron_env(facts: Facts) -> bool:
    """Whether cron shows the environment of a job.

    Sees: an X-Cron-Env: field.
    Means: the output of a cron job, from a host of one's own as a rule.
    Fooled by: cron implementations that do not write it.
    Source: cron(8) of Paul Vixie; no RFC.
    """
    return b"x-cron-env" in facts.counts


@signal("machine.cron_subject")
def cron_subject(facts: Facts) -> bool:
    """Whether the subject is one that cron writes.

    Sees: "Cron <user@host> command" and "Anacron job 'name' on host".
    Means: the output of a scheduled job.
    Fooled by: people who forward such mail.
    Source: cron(8), anacron(8); no RFC.
    """
    return _CRON.match(facts.subject) is not None


@signal("machine.null_sender")
def null_sender(facts: Facts) -> bool | None:
    """Whether no bounce may come back.

    Sees: an empty Return-Path:; unknown without one.
    Means: a bounce, a delivery report, an automatic answer.
    Fooled by: bulk senders who want no bounces.
    Source: RFC 5321 section 4.5.5.
    """
    envelope = facts.message.mail_from
    return None if envelope is None else envelope.is_null


@signal("machine.report", kind="category")
def report(facts: Facts) -> str:
    """Which kind of report the message says it is.

    Sees: the report-type of multipart/report: a known one, other, or none.
    Means: delivery-status: a bounce; feedback-report: a complaint about mail of one's own.
    Fooled by: spam dressed as a bounce.
    Source: RFC 6522 section 3; RFC 3464 section 2; RFC 5965 section 2.
    """
    message = facts.message
    if message.content_type != "multipart/report":
        return "none"
    kind = facts.content.parameters.get("report-type", "").lower() if facts.content else ""
    return kind if kind in REPORTS else "other"


@signal("machine.feedback_type", kind="category", needs=frozenset({"headers", "body"}))
def feedback_type(facts: Facts) -> str | None:
    """Tell what a complaint is about.

    Sees: Feedback-Type: in the message/feedback-report part; unknown where there is none.
    Means: abuse, fraud, virus, not-spam, auth-failure.
    Fooled by: reports that are forwarded as text.
    Source: RFC 5965 section 3.1; RFC 6591 section 3.1.
    """
    message = facts.message
    if message.content_type != "multipart/report":
        return None
    for part in message.parts:
        if part.content_type == "message/feedback-report":
            found = _FEEDBACK.search(message.raw, part.start, min(part.end, part.start + 4096))
            return found[1].decode("ascii").lower() if found else "none"
    return None


@signal("machine.daemon", kind="category")
def daemon(facts: Facts) -> str | None:
    """Which of a host's programs wrote it.

    Sees: the author's local part, then the first word or two of the display name, against `DAEMONS`; or none.
    Means: the trade of the program: cron, logs, monitors, disks, backups, bounces.
    Fooled by: programs that write under a person's account.
    Source: RFC 2142 section 5 for postmaster; the others by custom.
    """
    if facts.author is None:
        return None
    found = DAEMONS.get(facts.author_local)
    if found and found != "root":
        return found
    name = facts.author_name.lower().split()
    if name and name[0].strip("()") in DAEMONS:
        return DAEMONS[name[0].strip("()")]
    return DAEMONS.get(" ".join(name[:2]), found or "none")


@signal("machine.auto_reply")
def auto_reply(facts: Facts) -> bool:
    """Whether an autoresponder marked it in an older way.

    Sees: X-Autoreply:, X-Autorespond:, X-Autoresponder:, or Precedence: auto_reply.
    Means: vacation messages and tickets.
    Fooled by: autoresponders that mark nothing.
    Source: by custom before RFC 3834; no standard defines them.
    """
    counts = facts.counts
    if b"x-autoreply" in counts or b"x-autorespond" in counts or b"x-autoresponder" in counts:
        return True
    return facts.word(b"precedence") == "auto_reply"


@signal("machine.suppresses_replies")
def suppresses_replies(facts: Facts) -> bool:
    """Whether it asks Exchange not to answer by itself.

    Sees: an X-Auto-Response-Suppress: field.
    Means: a program with manners wrote it.
    Fooled by: nothing; it is a description.
    Source: [MS-OXCMAIL], X-Auto-Response-Suppress; no RFC.
    """
    return b"x-auto-response-suppress" in facts.counts


@signal("machine.submitted_by", kind="category")
def submitted_by(facts: Facts) -> str | None:
    """Who handed it in on the host itself.

    Sees: "from userid N", "(from user@host)" and "from user by host with local" in the oldest Received::
    root, user or network; unknown without Received:.
    Means: root: a program of the system; user: a service or a person at a shell; network: it came over SMTP.
    Fooled by: forgery: anybody can write the oldest Received:.
    Source: RFC 5321 section 4.4; the forms are Postfix's, Sendmail's and Exim's.
    """
    hops = facts.route.hops
    if not hops:
        return None
    oldest = hops[-1]
    if not oldest.local:
        return "network"
    text = oldest.text
    return "root" if "userid 0)" in text or "from root" in text else "user"


@signal("machine.one_host")
def one_host(facts: Facts) -> bool | None:
    """Whether author, recipient and Message-ID all name one host.

    Sees: the domains of From:, of the first To: and of the Message-ID; unknown where one is missing.
    Means: a host writes to itself: root mail.
    Fooled by: people of one small domain who write to each other.
    Source: RFC 5322 sections 3.6.2 to 3.6.4.
    """
    to = facts.message.to
    domain, host = facts.author_domain, facts.message_id_host
    if not to or not to[0].domain or not domain or not host:
        return None
    return domain == to[0].domain == host


@signal("machine.host_in_subject")
def host_in_subject(facts: Facts) -> bool | None:
    """Whether the subject names the author's host.

    Sees: the author's domain, or its first label if that has three characters and more, in the subject.
    Means: monitors and cron say which host they speak of.
    Fooled by: shops whose name is their domain.
    Source: measured; no standard speaks of it.
    """
    domain = facts.author_domain
    if not domain:
        return None
    subject, label = facts.subject.lower(), domain.partition(".")[0]
    return domain in subject or (len(label) > 2 and label in subject)
