"""What a line says of trouble, in words that mean the same whatever tool wrote them.

A line speaks of *themes* (hardware, missing, access, ...), each with a grade. The words are those of errno,
syslog, S.M.A.R.T., RAID and monitor states and of shells and compilers, not of any one job, so that they carry
over to tools that nobody has named yet. What is denied ("0 errors", "no problems found", "was DEGRADED, now
optimal") is cut out before.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from classifier.patterns import pattern

GRAVE, FAILURE, WARNING, NEUTRAL = 3, 2, 1, 0
"""Grades of a line."""

THEMES: dict[str, tuple[int, str]] = {
    # first those that take words away from the more general ones behind them
    "test": (NEUTRAL, r"test ?(?:e-?mail|message|notification|alert)|this is (?:only )?a test|emailtest"),
    "recovery": (
        NEUTRAL,
        r"recover(?:y|ed)|restored|back to normal|resolved|is ok\b|now (?:ok|optimal|online|up)|again (?:ok|up)"
        r"|rebuild ?finished|(?:check|test) succeeded|\bsucceeded\b|resilvered|behoben|wieder(?:hergestellt| verfügbar)|復旧",
    ),
    "integrity": (
        GRAVE,
        r"corrupt|malformed|checksum (?:error|mismatch|fail)|mismatch|bad magic|out of order|invalid page"
        r"|does ?n.t match|do not match|damaged|data loss|inconsisten|tamper|found differences|beschädigt|破損",
    ),
    "hardware": (
        GRAVE,
        r"i/o error|input/output error|medium error|uncorrect|hardware error|machine check|\bmce\b|kernel errors?"
        r"|bad (?:sector|block)s?|unreadable|pending\)? sectors?|reallocated|self-(?:check|test)|ata error"
        r"|device error|drive fault|failing.now|overheat|thermal|\becc\b|predictive failure|emask|back up data"
        r"|fan fail|power supply|hard(?:ware)? (?:fail|reset)|ein-/ausgabefehler",
    ),
    "redundancy": (
        GRAVE,
        r"degraded|faulty|fail ?spare|fail event|\(f\)|\[[u_]{0,31}_[u_]{0,31}\]|unavail|faulted|offline"
        r"|split.brain|out of sync|disk (?:removed|missing)",
    ),
    "memory": (
        GRAVE,
        r"out of memory|\boom\b|oom-kill|killed process|cannot allocate memory|segfault|segmentation fault"
        r"|core dumped|soft lockup|hung task|blocked for more|kernel panic|\boops\b",
    ),
    "storage": (
        GRAVE,
        r"read-only|no space left|disk full|(?:file ?system|volume) (?:is )?full|quota exceeded"
        r"|stale file handle|journal has aborted|mount failed|kein speicherplatz|auf dem gerät ist kein",
    ),
    "intrusion": (
        GRAVE,
        r"not in sudoers|(?:command )?not allowed|break-?in|rootkit|infected|trojan|backdoor|malware|promiscuous"
        r"|taints?\b|out-of-tree|unsigned module|root login|for root from|intrusion|unauthori[sz]ed|exploit"
        r"|password changed|passwords? (?:was )?changed|hidden process|suspicious|illegal|violation",
    ),
    "account": (
        WARNING,
        r"new (?:user|group|account)s?|useradd|groupadd|usermod|added user|user added|authorized_keys|uid ?= ?0"
        r"|\b0 /root|sudoers",
    ),
    "missing": (
        FAILURE,
        r"no such|not found|does(?: ?n.t| not) exist|cannot find|missing|nonexist|unknown (?:user|host|option|script)"
        r"|nicht gefunden|existiert nicht|introuvable|no existe|ありません|見つかりません",
    ),
    "access": (
        FAILURE,
        r"permission denied|access denied|\bdenied|forbidden|not permitted|authentication fail|auth(?:entication)? error"
        r"|incorrect password|invalid (?:user|credential|password)|failed password|keine berechtigung|verweigert"
        r"|refusée?|denegado|拒否",
    ),
    "network": (
        FAILURE,
        r"refused|timed? ?out|timeout|unreachable|(?:could|can) ?n(?:o|'|’)t connect|failed to connect|link is down"
        r"|name or service not known|name resolution|no route to|connection (?:reset|failed|lost|closed)|handshake",
    ),
    "lock": (
        FAILURE,
        r"lock ?file|(?:acquire|create)[^ ]{0,12} (?:the )?lock|already (?:running|locked|in use)|resource busy|\.exclusive",
    ),
    "capacity": (
        WARNING,
        r"resource limit|usage [^ ]{1,8} matches|almost full|low on|threshold|over ?load|load average|high[- ]water",
    ),
    "crash": (
        FAILURE,
        r"traceback|exception|stack trace|assert|panic|fatal|abort(?:ed|ing)?\b|crash|core dump|signal \x05|killed",
    ),
    "exit": (
        FAILURE,
        r"(?:exit(?:ed)?(?: with)?(?: an?)?(?: error)?(?: status| code| value){1,2}|return(?:ed)?(?: code| value| status)?"
        r"|rc|result code|status|error code|code)[ =:]{1,3}\x05",
    ),
    "state": (
        FAILURE,
        r"\bcritical\b|\bemergency\b|\balert\b|\bdown\b|\bproblem\b|not running|stopped|\bfiring\b|flapping|\bdead\b",
    ),
    "failure": (
        FAILURE,
        r"fail(?:ed|ures?|s|ing)?(?![\w#])|errors?\b|cannot|can ?(?:'|’)t|could ?n(?:o|'|’)t|could not|unable to|unsuccessful"
        r"|invalid|\bbad\b|broken|unexpected|rejected|incomplete|stuck|refus(?:es|al)|bounced|unusual|wrong"
        r"|fehler|fehlgeschlagen|kann nicht|erreur|échec|impossible|fall[oó]|エラー|失敗|できません",
    ),
    "expiry": (WARNING, r"expir(?:e[sd]?|ing|y|ation)|days? left|valid until|läuft ab|期限"),
    "pending": (
        WARNING,
        r"re(?:boot|start) (?:is )?required|require[sd]?|on hold|held back|kept back|pending|not upgraded"
        r"|vulnerab|security update|outdated|out of date",
    ),
    "warning": (
        WARNING,
        r"warn(?:ing)?s?\b|deprecat|caution|attention|skipp(?:ed|ing)|retry|insecure|unset|warnung|avertissement"
        r"|advertencia|警告",
    ),
    "change": (WARNING, r"\b(?:added|removed|changed|deleted|modified|new|created|increased|decreased|replaced)\b"),
    "empty": (NEUTRAL, r"\bempty\b|\bnothing\b|\x06 (?:files|entries|rows|items)|no (?:files|data|entries)"),
    "success": (
        NEUTRAL,
        r"\bok\b|okay|success(?:ful(?:ly)?)?|complete[d]?\b|finished|\bdone\b|up.to.date|no differences|unchanged"
        r"|healthy|\bpassed\b|\bclean\b|installed|not (?:yet )?due|erfolgreich|成功|正常",
    ),
}  # fmt: skip
"""Theme to its grade and the words it is known by, in templates (lower case, numbers masked)."""

_DENIED = pattern(
    r"\b(?:no|none|without|zero|\x06|keine?|sans|aucune?) (?:\w{1,20} ){0,2}(?:errors?|problems?|failures?|warnings?|"
    r"differences|issues?|faults?|conflicts?|fehler|changes|violations?)\b(?: (?:found|detected|reported))?"
    r"|\b[\w -]{0,24}(?:errors?|failures?|failed|warnings?|rejected|bounced|deferred|problems?|panics|removed|added|changed"
    r"|deleted|stopped|missing|skipped|lookups)(?: \w{1,12})?[ ]?[:=]\s?(?:\x06|none)(?![\w.])"
    r"|(?<![\w.])\x06 (?:\w{1,20} )?(?:failed|failures?|errors?|rejected|bounced|deferred|problems?|warnings?|held|"
    r"not upgraded|to remove|removed|dropped|skipped|changed|added|broken|missing)\b"
    r"|\bwas [\w -]{1,30}, (?:is )?now \w{1,20}"
    r"|\bif [^.,;]{1,60}(?:problem|error|fail\w{0,4}|persists?)\b[^.]{0,40}"
    r"|\b(?:an? )?error output\b|\berror(?:_?log|s listed below)\b|\bpossible\b"
)
_FOUND = pattern("|".join(f"(?P<{name}>{words})" for name, (_, words) in THEMES.items()))
MATCHES = 12
"""Words of a line that are looked at."""


class Alarm(NamedTuple):
    """What a line says of trouble.

    Parameters
    ----------
    grade : int
        `GRAVE`, `FAILURE`, `WARNING` or `NEUTRAL`.
    themes : tuple of str
        Keys of `THEMES`, each once, in the order of the line.
    """

    grade: int
    themes: tuple[str, ...]


@lru_cache(maxsize=16384)
def alarm_of(reading: str) -> Alarm:
    """Grade a line.

    Parameters
    ----------
    reading : str
        Of a `Line`.

    Returns
    -------
    Alarm
    """
    text = _DENIED.sub(" ", reading)
    themes: dict[str, None] = {}
    for count, found in enumerate(_FOUND.finditer(text)):
        if count >= MATCHES:
            break
        themes[str(found.lastgroup)] = None
    return Alarm(max((THEMES[name][0] for name in themes), default=NEUTRAL), tuple(themes))
