"""``mailtriage mx``: where a domain's mail goes, and what is wrong with that."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from classifier.cli.manual import Manual
from classifier.output.safe import clean


def _domain_of(asked: str) -> tuple[str, str]:
    """Return the domain of an address or of a bare name, or '' and why there is none."""
    if "@" not in asked:
        return asked, ""
    from email_validator import EmailNotValidError, validate_email

    try:
        address = validate_email(
            asked,
            check_deliverability=False,
            allow_quoted_local=True,
            globally_deliverable=False,
            test_environment=True,  # .test is as good as any other name here
        )
    except EmailNotValidError as error:
        return "", str(error)
    return str(address.ascii_domain), ""


@click.command(
    "mx",
    cls=Manual,
    examples=[
        ("See where mail for a domain goes", "mailtriage mx example.org"),
        ("Check all domains of a list", "xargs mailtriage mx --json < domains.txt"),
        ("Ask a resolver of your own", "mailtriage mx --resolver 127.0.0.1:5353 ada@example.org"),
    ],
    codes={
        0: "All is well.",
        10: "Faults were found, and are named.",
        11: "No mail is accepted: a null MX, no such name, or no mail host with an address.",
        12: "Unknown: the DNS gave no answer. Of several domains the highest code counts.",
    },
)
@click.argument("names", nargs=-1, required=True, metavar="DOMAIN|ADDRESS...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--resolver", metavar="ADDR[:PORT]", help="The name server to ask, instead of the system's.")
@click.option(
    "--dns",
    metavar="MODE",
    default="live",
    show_default=True,
    help="live, or recorded:FILE to read what `mailtriage lookup` wrote.",
)
@click.option("--no-cache", is_flag=True, help="Ask anew what was answered in an earlier run.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    as_json: bool,
    resolver: str | None,
    dns: str,
    no_cache: bool,
) -> None:
    """Print the mail topology of a domain, or of an address's, and every fault in it.

    Each fault comes with the RFC that says so and a better set-up. This command asks the network, unless the
    answers are recorded.
    """
    import orjson

    from classifier.config import read_settings
    from classifier.lookup import open_lookup
    from classifier.lookup.report import as_lines, as_record

    path: Path | None = ctx.find_root().obj
    server = read_settings(path).resolver if resolver is None else resolver
    wanted = [(name, *_domain_of(name)) for name in names]
    worst = 0
    with open_lookup(dns, resolver=server, cache=not no_cache) as lookup:
        answers = lookup.answers_for([domain for _, domain, _ in wanted], name_servers=True)
    for asked, domain, reason in wanted:
        topology = answers.topology(domain if not reason else asked)
        record = as_record(topology, reason)
        worst = max(worst, record["code"])
        if as_json:
            sys.stdout.write(orjson.dumps({"asked": clean(asked)} | record).decode() + "\n")
        else:
            click.echo("\n".join(clean(line) for line in as_lines(topology, reason)))
    ctx.exit(worst)
