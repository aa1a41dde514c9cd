"""``mailtriage evaluate``: how good a model, or a way of training, is on mail whose labels are known."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.asked import Scoring
from classifier.cli.cutting import BITS, GROUP, HISTORY, NEAR, SEED, check_groups
from classifier.cli.labelled import Given, labelled_mail, name_problems
from classifier.cli.manual import JUDGES_MAIL, Manual
from classifier.cli.progress import counted
from classifier.cli.scoring import complete_model, scoring
from classifier.cli.screen import heading
from classifier.cli.summary import REPORT, RESAMPLES, SCHEMA, check_outputs, spelt
from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.engine import Classifier
    from classifier.evaluate.assess import Assessed
    from classifier.evaluate.compare import Comparison
    from classifier.evaluate.material import Material
    from classifier.evaluate.outcomes import Chosen
    from classifier.evaluate.results import Results
    from classifier.evaluate.worst import Worst
    from classifier.labels import LabelledMail

EXAMPLES = [
    (
        "Judge a model on mail it has not learned",
        "mailtriage evaluate -m mine.mailtriage --spam junk.mbox --ham inbox.mbox",
    ),
    (
        "Find out what a model trained on this mail would be worth",
        "mailtriage evaluate --cv 5 --group sender --spam junk.mbox --ham inbox.mbox",
    ),
    (
        "The same on root mail, for a host never seen",
        "mailtriage evaluate --cv 4 --history --group host --near ignore --labels labels.tsv /var/mail/root",
    ),
    (
        "Tell whether one model is better than another",
        "mailtriage evaluate -m new.mailtriage --compare old.mailtriage --labels labels.tsv mail.mbox",
    ),
]


@click.command("evaluate", cls=Manual, examples=EXAMPLES, exits=JUDGES_MAIL)
@labelled_mail
@scoring
@click.option(
    "--cv",
    "folds",
    type=click.IntRange(2, 100),
    metavar="K",
    help="Instead of judging by a model, train on the other K - 1 parts to judge each of K.",
)
@GROUP
@NEAR
@click.option(
    "--compare",
    "other",
    shell_complete=complete_model,
    metavar="MODEL",
    help="Judge the same mail by this model, too, and say how likely chance makes such a difference.",
)
@BITS
@HISTORY
@SEED
@RESAMPLES
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.option(
    "--scores",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a jsonl line a judged message here: gold label, ours, probabilities, log-odds, group, fold.",
)
@REPORT
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    given: Given,
    scoring: Scoring,
    folds: int | None,
    scores: Path | None,
    **asked: Any,
) -> None:
    """Judge labelled mail by a model and compare its answers with the labels.

    The mail must be other mail than the model learned. With --cv no model is needed: the mail is cut into K
    parts, and each is judged by what the others teach. What belongs together never stands on both sides:
    mail of one sender, thread or host if --group says so, and near-duplicates, which teach memory instead of
    judgement (unless --near ignore says that what comes again is to be known again, as in root mail).

    Figures are those of the TREC spam track (hm%, sm%, lam%, 1-ROCA%, spam missed where 0.1 % and 0.5 % of
    the ham is lost), average precision and how much mail has to be read to see 80, 95 and 99 % of the
    important, expected calibration error (15 bins) and Brier score. Intervals are bootstrapped by group,
    those of rates are exact. Differences of two models are tested by paired bootstrap, areas by DeLong's
    test, labels by McNemar's.

    A message with two labels that contradict each other, labels for messages that are not there, and mail
    that has one answer only are errors.
    """
    from classifier.evaluate.report import Report, write_report
    from classifier.evaluate.results import evaluate
    from classifier.evaluate.worst import Worst

    _check(ctx, given, folds, asked)
    check_outputs([scores, asked["report"]], [*given.paths(), scoring.model, asked["other"]])
    worst = Worst() if asked["report"] else None
    with given.opened() as (mail, intake):
        assessed = _assess(mail, scoring, folds, worst, asked)
        compared = _compared(mail, scoring, assessed, asked) if asked["other"] else None
        name_problems(mail, intake)
    results = evaluate(assessed.judged, assessed.units, resamples=asked["resamples"], seed=asked["seed"])
    if scores:
        _write_scores(scores, assessed)
    if worst is not None:
        report = Report("Evaluation", spelt(assessed.told), results, assessed.judged, worst.mistakes())
        write_report(asked["report"], report)
    _print(assessed, results, compared, asked)
    ctx.exit(intake.code(len(assessed.judged), "judged"))


def _check(ctx: click.Context, given: Given, folds: int | None, asked: dict[str, Any]) -> None:
    """Refuse what cannot be meant."""
    if not given:
        raise click.UsageError("no labelled mail: give --spam, --ham, --important, --unimportant or --labels")
    by_model = ctx.get_parameter_source("model") is click.core.ParameterSource.COMMANDLINE
    if folds and by_model:
        raise click.UsageError("--cv trains models of its own: it does not go with --model (see --compare)")
    if asked["bits"] and not folds:
        raise click.UsageError("--bits is for --cv: a model brings its columns")
    if asked["history"] and not folds:
        raise click.UsageError("--history is for --cv: a model knows whether it asks for history")
    check_groups(asked["groups"], folds)


def _assess(
    mail: LabelledMail, scoring: Scoring, folds: int | None, worst: Worst | None, asked: dict[str, Any]
) -> Assessed:
    """Judge the mail, by a model or by cross-validation."""
    from classifier.evaluate.assess import Plan, assess_folds, assess_model

    classifier = scoring.empty(asked["bits"], history=asked["history"]) if folds else scoring.load()
    classifier.site = scoring.who.site(mail.mailboxes)
    plan = Plan(
        kinds=asked["groups"] or ("none",),
        near_apart=asked["near"] == "apart",
        folds=folds or 0,
        terms=scoring.terms,
        seed=asked["seed"],
        jobs=scoring.jobs,
    )
    with counted("messages") as progress:
        if folds:
            examine = partial(_examine, mail, worst) if worst is not None else None
            return assess_folds(classifier, mail, plan, progress=progress, examine=examine)
        taken = worst.offer if worst is not None else None
        return assess_model(classifier, mail, plan, progress=progress, taken=taken)


def _examine(
    mail: LabelledMail, worst: Worst, material: Material, classifier: Classifier, judged: Chosen
) -> None:
    """Look at the mail of one fold for the worst mistakes."""
    for at in judged.tolist():
        stored = mail.get(*material.places[at])
        worst.offer(at, material.gold[at], classifier.classify_by(stored, material.pasts.get(at)))


def _compared(mail: LabelledMail, scoring: Scoring, assessed: Assessed, asked: dict[str, Any]) -> Comparison:
    """Judge the same mail by another model."""
    from classifier.evaluate.compare import compare
    from classifier.evaluate.material import judged_mail

    classifier = scoring._replace(model=asked["other"]).load()
    classifier.site = scoring.who.site(mail.mailboxes)
    with counted("messages again") as progress:
        _, judged = judged_mail(classifier, mail, jobs=scoring.jobs, progress=progress)
    theirs = judged.take(assessed.chosen)
    drawn = {"resamples": asked["resamples"], "seed": asked["seed"]}
    return compare(assessed.judged, theirs, assessed.units, **drawn)


def _write_scores(path: Path, assessed: Assessed) -> None:
    """Write a line a message."""
    import orjson

    with path.open("wb") as lines:
        for record in assessed.records():
            lines.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def _print(assessed: Assessed, results: Results, compared: Comparison | None, asked: dict[str, Any]) -> None:
    """Write everything to standard output."""
    from classifier.cli.figures import comparison_lines, lines

    if asked["as_json"]:
        import orjson

        whole = {"schema": SCHEMA, "run": assessed.told, **results.to_json()}
        whole |= {"comparison": {"with": asked["other"], **compared.to_json()}} if compared else {}
        click.echo(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode())
        return
    text = list(lines(results))
    if compared:
        ours = assessed.told["model"] or f"--cv {assessed.told['folds']}"
        text += [("", False), *comparison_lines(compared, clean(ours), clean(asked["other"]))]
    for line, is_heading in text:
        click.echo(heading(line) if is_heading else line)
