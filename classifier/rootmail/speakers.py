"""Who writes to root: one entry a tool, tried in order.

A new tool is one entry here and one golden mail in ``tests/rootmail/tools.golden``. An entry matches on the subject and, where the subject alone could be anybody's, on the sender or a field.
Named groups tell `host`, `job`, `user`, and `command`, from which cron's job is read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HOST = r"(?P<host>[\w.-]{1,255})"


class Tool(NamedTuple):
    """How one tool's mail is known.

    Parameters
    ----------
    name : str
    subject : pattern
        Searched in the subject; groups `host`, `job`, `user`, `command`.
    sender : str, default ''
        What the author's address or name must begin with, lower case; '' for anything.
    field : bytes, default b''
        A header field that must be there.
    """

    name: str
    subject: re.Pattern[str]
    sender: str = ""
    field: bytes = b""


def _tool(name: str, subject: str, sender: str = "", field: bytes = b"") -> Tool:
    return Tool(name, re.compile(subject, re.IGNORECASE | re.DOTALL), sender, field)


TOOLS: tuple[Tool, ...] = (
    _tool("cron", rf"^cron <(?P<user>[^@>\s]{{1,64}})@{_HOST}> (?P<command>.{{1,1000}})"),
    _tool("systemd-cron", rf"^\[{_HOST}\] job (?P<job>\S{{1,100}}) failed"),
    _tool("anacron", rf"^anacron.job '(?P<job>[^']{{1,100}})' (?:on|auf) {_HOST}"),
    _tool("at", r"^output from your job\s+\d{1,9}"),
    _tool("periodic", rf"^{_HOST} (?P<job>(?:daily|weekly|monthly|security|daily security)) run output"),
    _tool("periodic", rf"^{_HOST} (?P<job>(?:daily|weekly|monthly)(?: insecurity)?) output"),
    _tool("logwatch", rf"^logwatch (?:for|für|pour|para|per) {_HOST}"),
    _tool("logcheck", rf"^{_HOST} [\d-]{{8,10}} [\d:]{{4,8}}.{{0,8}}(?:system events|security (?:events|alerts)|attack alerts)"),
    _tool("logcheck", r"(?:system events|security (?:events|alerts)|attack alerts)$", "logcheck"),
    _tool("unattended-upgrades", rf"unattended-upgrades result for '?{_HOST}"),
    _tool("apticron", rf"debian package updates?(?:\(s\))? (?:for|on) {_HOST}"),
    _tool("apt-listchanges", rf"^apt-listchanges: (?P<job>\w{{1,20}}) for {_HOST}"),
    _tool("cron-apt", rf"^cron-apt .{{0,40}}on {_HOST}"),
    _tool("dnf-automatic", rf"^updates (?:available for|applied on|downloaded on|completed on|failed on) '?{_HOST}"),
    _tool("mdadm", rf"^\w{{1,40}} event on (?P<job>/dev/[\w/]{{1,40}}):{_HOST}"),
    _tool("smartd", rf"^smart error \(\w{{1,40}}\) detected on host: {_HOST}"),
    _tool("zed", rf"^zfs .{{1,60}} for (?:pool )?(?P<job>\S{{1,60}}) on {_HOST}"),
    _tool("fail2ban", rf"^\[fail2ban\] (?P<job>[^:\s]{{1,60}}):(?:.{{0,100}} (?:from|on) {_HOST})?"),
    _tool("denyhosts", rf"^denyhosts report(?: from {_HOST})?"),
    _tool("rkhunter", rf"\brkhunter\b.{{0,60}}(?:for|on) {_HOST}|^(?:warnings found for )(?P<job>)\S{{1,100}}$", "root"),
    _tool("rkhunter", rf"\[rkhunter\].{{0,60}}for {_HOST}"),
    _tool("chkrootkit", rf"\bchkrootkit\b.{{0,60}}?(?:(?:in|on|for) {_HOST}|$)"),
    _tool("aide", rf"aide (?:report|integrity).{{0,20}}for {_HOST}"),
    _tool("tripwire", rf"^(?:twreport {_HOST}|.{{0,20}}tripwire\b.{{0,40}}(?:for|on|from) (?P<job>\S{{1,100}}))"),
    _tool("debsums", rf"^debsums.{{0,40}}(?:on|for) {_HOST}"),
    _tool("samhain", rf"samhain.{{0,40}}(?:on |from |\[){_HOST}"),
    _tool("ossec", rf"^(?:ossec|wazuh) notification - (?:\(?{_HOST}\)?)"),
    _tool("arpwatch", r"^(?:new station|new activity|flip flop|changed ethernet address|bogon)", "arpwatch"),
    _tool("logrotate", rf"^logrotate.{{0,60}}(?:on|for) {_HOST}"),
    _tool("monit", r"^monit alert -- .{0,100}?(?P<job>\S{1,100})$"),
    _tool("nagios", r"^\*\* \w{1,40} (?:service|host) alert: (?P<job>.{1,200}?) is \w{1,20} \*\*"),
    _tool("icinga", r"^\[(?:problem|recovery|acknowledgement|custom|flappingstart|flappingend|downtime\w{0,9})\] (?P<job>.{1,200}?) is \w{1,20}!?$"),
    _tool("checkmk", r"^check_?mk: (?P<job>.{1,200}?)(?: -)? (?:\w{2,11}) ?(?:->|→|!!) ?\w{2,11}"),
    _tool("zabbix", r"^(?:problem|resolved(?: in [^:]{1,20})?|updated problem(?: in [^:]{1,20})?): (?P<job>.{1,200})$", "zabbix"),
    _tool("alertmanager", r"^\[(?:firing(?::\d{1,6})?|resolved)\] ?(?P<job>[^(]{1,200})"),
    _tool("netdata", rf"^{_HOST} (?:needs attention|is critical|recovered)(?: -|,) (?P<job>.{{1,200}})", "netdata"),
    _tool("healthchecks", r"^(?:down|up) \| (?P<job>.{1,200})$"),
    _tool("uptimerobot", r"^monitor is (?:down|up): (?P<job>.{1,200})$"),
    _tool("munin", rf"munin.{{0,40}}(?:for|on|::) ?{_HOST}"),
    _tool("bacula", r"^(?:bacula|bareos): (?:backup|restore|verify|admin|copy)? ?.{0,30}? of (?P<job>[\w.-]{1,100})"),
    _tool("bacula", r"^(?:bacula|bareos):(?P<job>)"),
    _tool("amanda", r"(?P<job>\S{0,60}) ?amanda mail report"),
    _tool("vzdump", rf"^vzdump backup status \({_HOST}\)"),
    _tool("backupninja", rf"^backupninja: {_HOST}"),
    _tool("duplicity", rf"^(?:duplicity|duply).{{0,60}}(?:on|for|from) {_HOST}"),
    _tool("borg", rf"^borg(?:matic)?\b.{{0,60}}(?:on|for|from) {_HOST}"),
    _tool("restic", rf"^restic\b.{{0,60}}(?:on|for|from) {_HOST}"),
    _tool("rsnapshot", rf"^rsnapshot\b.{{0,60}}(?:on|for|from) {_HOST}"),
    _tool("pg_dump", rf"^pg_?dump\b.{{0,60}}(?:on|for|from) {_HOST}"),
    _tool("mysqldump", rf"^mysql_?dump\b.{{0,60}}(?:on|for|from) {_HOST}"),
    _tool("certbot", r"(?:certificate expiration notice|certbot\b.{0,60}) (?:for|on) (?:domain )?\"?(?P<job>[\w.*-]{1,200})"),
    _tool("sudo", rf"^\*\*\* security information for {_HOST} \*\*\*"),
    _tool("systemd", rf"(?P<job>[\w@.:\\-]{{1,200}}\.(?:service|timer|mount|socket|target|path))\b(?:.{{0,60}}? (?:on|at) {_HOST})?", "root"),
    _tool("systemd", rf"(?:fail|status|problem).{{0,40}}?(?P<job>[\w@.:\\-]{{1,200}}\.(?:service|timer|mount|socket))(?:.{{0,60}}? on {_HOST})?"),
    _tool("ups", rf"^{_HOST} ups (?P<job>\S{{1,60}})"),
    _tool("jenkins", r"jenkins.{0,40}: (?P<job>[^#]{1,200}?)(?: #\d{1,9})?$"),
    _tool("dmarc", r"report domain: (?P<job>[\w.-]{1,200}).{0,200}report-id"),
    _tool("bounce", r"^(?:undeliver|undelivered|mail delivery failed|delivery status notification|returned mail|failure notice|warning: message|mail delivery failure|message you sent blocked|delivery (?:delayed|failure))"),
)  # fmt: skip
"""The table, the special before the general."""

WRAPPERS = frozenset(
    (
        "cronic", "chronic", "nice", "ionice", "timeout", "flock", "env", "sudo", "sh", "bash", "dash",
        "test", "exec", "time", "nohup", "setsid", "chrt", "cronwrap", "cron-wrapper", "systemd-cat",
        "logger", "stdbuf", "unbuffer", "caffeinate", "lockrun", "run-one", "taskset", "python",
        "python2", "python3", "perl", "php", "ruby", "node", "pypy3", "command", "eval", "then", "if",
        "fi", "[", "cd", "true",
    )
)  # fmt: skip
"""Programs that run another one; the job is the other one."""

SYSTEM_ACCOUNTS = frozenset(
    (
        "root", "cron", "crond", "daemon", "operator", "toor", "nobody", "admin", "monit", "munin",
        "nagios", "icinga", "zabbix", "logcheck", "logwatch", "smartd", "mdadm", "fail2ban", "postgres",
        "mysql", "www-data", "apache", "nginx", "backup", "bacula", "amanda", "arpwatch",
        "mailer-daemon", "postmaster", "unattended-upgrades", "apticron", "certbot", "alertmanager",
        "prometheus", "cmk", "omd", "rkhunter", "aide", "tripwire", "uucp", "man",
    )
)  # fmt: skip
"""Local parts under which programs write that no entry above names."""
