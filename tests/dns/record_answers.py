"""Write answers.jsonl anew from the zones beside it, as NSD answers them.

Run ``python tests/dns/record_answers.py`` after a change to a zone or to domains.txt.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from dns_server import nsd_or_skip, start_nsd, stop  # noqa: E402

from classifier.lookup import Answer, Live, Status, open_lookup  # noqa: E402
from classifier.lookup.recorded import AnswersFile  # noqa: E402

TAKEN = 1767225600.0  # 2026-01-01, so that the file changes only when the zones do

DOMAINS = [f"{line.strip()}.test" for line in (HERE / "domains.txt").read_text().splitlines()]

SCRIPTED = [  # what no server loads; see test_lookup_live.py for one that says it
    Answer("beside.test", "MX", Status.FOUND, ("10 mx1.good.test",), ttl=3600, taken=TAKEN),
    Answer("beside.test", "CNAME", Status.FOUND, ("good.test",), ttl=3600, taken=TAKEN),
    Answer("beside.test", "NS", Status.ABSENT, ttl=300, taken=TAKEN),
]


def ask(resolver: str) -> list[Answer]:
    """Ask a server all that the signals may want to know about `DOMAINS`."""
    with open_lookup("live", resolver=resolver, cache=False) as lookup:
        assert isinstance(lookup, Live)
        return [replace(each, taken=TAKEN) for each in lookup.answers_for(DOMAINS, name_servers=True)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        server, process = start_nsd(nsd_or_skip(), Path(folder))
        try:
            answers = ask(server.address)
        finally:
            stop(process)
    (HERE / "answers.jsonl").unlink(missing_ok=True)
    with AnswersFile(HERE / "answers.jsonl") as file:
        file.add(sorted(answers, key=lambda each: (each.name, each.rrtype)))
        file.add(SCRIPTED)
