"""``mailtriage audit-leaks``: what tells the label only because it tells where mail was collected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.asked import Who
from classifier.cli.cutting import BITS, GROUP, NEAR, SEED, check_groups
from classifier.cli.figures import FIGURES, QUESTIONS, figure_text
from classifier.cli.labelled import Given, labelled_mail, name_problems
from classifier.cli.manual import READS_MAIL, Manual
from classifier.cli.progress import counted
from classifier.cli.screen import fit, heading, screen_width
from classifier.cli.summary import RESAMPLES, SCHEMA
from classifier.cli.who import who
from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.evaluate.leak_audit import Audit
    from classifier.evaluate.leaks import Leak
    from classifier.labels import LabelledMail

EXAMPLES = [
    (
        "Ask whether a collection of mail teaches mail, or who collected it",
        "mailtriage audit-leaks --spam junk.mbox --ham inbox.mbox",
    ),
    (
        "The same of importance, no host ever on both sides",
        "mailtriage audit-leaks --question importance --group host --labels labels.tsv root.mbox",
    ),
]


@click.command("audit-leaks", cls=Manual, examples=EXAMPLES, exits=READS_MAIL)
@labelled_mail
@who
@click.option(
    "--question",
    type=click.Choice(tuple(QUESTIONS)[:2]),
    help="What to look for leaks of; without it spam, or else importance, as the labels tell.",
)
@click.option(
    "--cv",
    "folds",
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    metavar="K",
    help="Parts of the cross-validations that measure.",
)
@GROUP
@NEAR
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    metavar="BITS",
    help="How much a host, address, list or date has to tell about the label to be named.",
)
@click.option(
    "--obvious",
    type=click.FloatRange(0, 1),
    default=0.4,
    show_default=True,
    metavar="BITS",
    help="How much anything else has to tell: any header field or signal.",
)
@click.option(
    "--top",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    metavar="N",
    help="Rows to print; JSON has all.",
)
@BITS
@SEED
@RESAMPLES
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Processes to use.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_context
def command(ctx: click.Context, /, *, given: Given, who: Who, top: int, as_json: bool, **asked: Any) -> None:
    """Name what separates labelled mail suspiciously well alone, and judge the mail without it.

    Spam from one mailbox and ham from another teach the mailboxes: hosts on the way to the collector,
    addresses that only collect spam, lists that carry only ham, the months in which either came. A model of
    such mail is brilliant on it and poor elsewhere.

    Each row is a leak: what it tells about the label in bits (1 is everything of an even mixture), the area
    under the ROC curve of it alone, in which part of the positives and the negatives it stands, what 1-ROCA%
    becomes where the weights of its columns are set to zero, its kind and name, how many weaker ones come
    with it, where it stands, and an example. Columns are words, pairs of words, 4-grams and signals; those of
    one host, say, are found by their names and by standing in the same messages.

    Below, the whole mail is judged by cross-validation: as it is; with the weights of all leaks set to zero
    in the same models; and by models that were trained without these columns. If the last is much worse than
    the first, expect the last elsewhere. Whether a leak is one is yours to decide: that spam comes from some
    hosts is no secret of yours.
    """
    if not given:
        raise click.UsageError("no labelled mail: give --spam, --ham, --important, --unimportant or --labels")
    check_groups(asked["groups"], asked["folds"])
    with given.opened() as (mail, intake):
        audit = _audit(mail, who, asked)
        name_problems(mail, intake)
    if as_json:
        import orjson

        whole = {"schema": SCHEMA, **audit.to_json()}
        click.echo(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode())
    else:
        for line, is_heading in _lines(audit, top):
            click.echo(heading(line) if is_heading else line)
    ctx.exit(intake.code(audit.as_is.messages, "judged"))


def _audit(mail: LabelledMail, who: Who, asked: dict[str, Any]) -> Audit:
    """Run the audit."""
    from classifier.engine import Classifier
    from classifier.evaluate.assess import Plan
    from classifier.evaluate.leak_audit import audit_leaks
    from classifier.features import Schema

    plan = Plan(
        kinds=asked["groups"] or ("none",),
        near_apart=asked["near"] == "apart",
        folds=asked["folds"],
        seed=asked["seed"],
        jobs=asked["jobs"],
    )
    schema = Schema(bits=asked["bits"]) if asked["bits"] else None
    with counted("messages") as progress:
        return audit_leaks(
            Classifier(schema=schema, site=who.site(mail.mailboxes)),
            mail,
            mail.get,
            plan,
            question=asked["question"],
            resamples=asked["resamples"],
            progress=progress,
            least=asked["least"],
            obvious=asked["obvious"],
        )


def _lines(audit: Audit, top: int) -> Iterator[tuple[str, bool]]:
    """Lay an audit out."""
    answered = audit.as_is.questions[audit.question]
    yes, no = ("spam", "ham") if audit.question == "spam" else ("imp.", "unimp.")
    counts = f"{answered.ranking.n_positive:.0f} and {answered.ranking.n_negative:.0f}"
    found = "1 leak" if len(audit.leaks) == 1 else f"{len(audit.leaks)} leaks"
    what = f"{found}, {audit.told['columns_left_out']} columns"
    yield f"{QUESTIONS[audit.question][0]}: {counts} messages; {what}", True
    if audit.leaks:
        yield "", False
        yield f"{'bits':>6}{'area':>7}{yes:>8}{no:>8}{'zeroed':>9}  leak", True
    width = screen_width()
    for leak, alone in list(zip(audit.leaks, audit.zeroed_alone, strict=True))[:top]:
        yield _row(leak, alone, width).rstrip(), False
    if len(audit.leaks) > top:
        yield f"  … and {len(audit.leaks) - top} weaker ones (--top, --json)", False
    yield "", False
    yield from _before_and_after(audit)


def _row(leak: Leak, alone: float, width: int) -> str:
    """One leak in a line."""
    head = f"{leak.bits:6.3f}{leak.area:7.3f}{leak.yes:8.1%}{leak.no:8.1%}{alone:9.4f}  "
    more = f" (+{len(leak.alike)})" if leak.alike else ""
    name = f"{leak.trait.kind} {leak.trait.key}{more}"
    room = max(20, width - len(head))
    shown = fit(clean(name), min(34, room))
    where = clean(f"{', '.join(leak.places)}: {leak.example}")
    return head + shown + ("  " + fit(where, room - 36) if room > 50 else "")


def _before_and_after(audit: Audit) -> Iterator[tuple[str, bool]]:
    """Lay out the figures that people look at, three times."""
    names = [name for name in QUESTIONS[audit.question][1] if name in FIGURES]
    yield f"{'':42}{'as it is':>30}{'leaks zeroed':>30}{'learned without':>30}", True
    for name in names:
        words, times, digits = FIGURES[name]
        cells = [
            figure_text(results.questions[audit.question].figures[name], times, digits)
            for results in (audit.as_is, audit.zeroed, audit.retrained)
        ]
        yield f"  {words:<40}" + "".join(f"{cell:>30}" for cell in cells), False
