"""Look 10,000 distinct domains up from a name server on loopback, in one batch, then again from the cache.

Run ``python tests/bench/lookups.py [DOMAINS]``; it needs NSD. It prints a Markdown table row for each run:
seconds, processor seconds of this process (the server's are not in it), questions sent, domains a second,
and how much the peak memory grew.

The zone is made up, in proportions one meets: half of the domains are customers of 20 providers with two
hosts each, two fifths have a host of their own (every other one dual-stack), a twentieth has an address and
no MX, a twentieth does not exist.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from dns_server import nsd_or_skip, start_nsd, stop  # noqa: E402

from classifier.lookup import Answers, Live, Status, open_lookup  # noqa: E402

DOMAINS = 10_000
PROVIDERS = 20
HEAD = "$ORIGIN bench.test.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 900 604800 300\n@ NS ns\nns A 127.0.0.1\n"
ZONE = '\nzone:\n    name: "bench.test"\n    zonefile: "{path}"\n'


def zone_lines(count: int) -> list[str]:
    """Write the zone of `count` domains."""
    lines = [f"{host}.provider{number} A 192.31.196.{number}" for number in range(PROVIDERS) for host in "ab"]
    for number in range(count):
        kind = number % 20
        if kind < 10:
            host = f"provider{number // 20 % PROVIDERS}"
            lines += [f"d{number} MX 10 a.{host}", f"d{number} MX 20 b.{host}"]
        elif kind < 18:
            lines += [f"d{number} MX 10 mx.d{number}", f"mx.d{number} A 192.175.48.{number % 256}"]
            lines += [f"mx.d{number} AAAA 2620:4f:8000::{number:x}"] if number % 2 else []
        elif kind == 18:
            lines.append(f"d{number} A 192.175.48.{number % 256}")
    return lines


def peak() -> float:
    """Peak memory of this process so far, in MiB; Linux counts it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(name: str, lookup: Live, domains: list[str]) -> Answers:
    """Look all domains up and print a row."""
    before, wall, processor, asked = peak(), time.perf_counter(), time.process_time(), lookup.resolver.asked
    answers = lookup.answers_for(domains)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"| {name} | {len(domains):,} | {wall:.1f} | {processor:.1f} | {lookup.resolver.asked - asked:,} "
        f"| {len(domains) / wall:,.0f} | {peak() - before:.0f} |"
    )
    return answers


def main(count: int) -> None:
    """Start the server, look up twice, check what came."""
    domains = [f"d{number}.bench.test" for number in range(count)]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "bench.zone").write_text(HEAD + "\n".join(zone_lines(count)) + "\n")
        zone = ZONE.format(path=folder / "bench.zone")
        server, process = start_nsd(nsd_or_skip(), folder, extra=zone)
        try:
            print("| run | domains | seconds | CPU seconds | questions | domains/s | peak MiB more |")
            print("|---|---|---|---|---|---|---|")
            cache = folder / "dns.sqlite3"
            with open_lookup("live", resolver=server.address, cache=cache, batch_seconds=600) as lookup:
                assert isinstance(lookup, Live)
                answers = timed("from the server", lookup, domains)
                timed("from the cache", lookup, domains)
        finally:
            stop(process)
    failed = sum(each.status is Status.TEMPERROR for each in answers)
    outcomes = [answers.topology(domain).outcome for domain in domains]
    found = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    print(f"\n{failed} questions failed; outcomes: {found}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DOMAINS)
