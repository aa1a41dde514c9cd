"""``mailtriage train``: a model from mail whose labels are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier import __version__
from classifier.cli.asked import Who, columns
from classifier.cli.exits import complain
from classifier.cli.labelled import Given, labelled_mail, name_problems
from classifier.cli.losing import losing, terms_of
from classifier.cli.manual import READS_MAIL, Manual
from classifier.cli.phases import phased
from classifier.cli.who import who
from classifier.cli.writing import refuse_unwritable
from classifier.output.safe import clean

if TYPE_CHECKING:
    from classifier.budget import Terms
    from classifier.engine.reading import Spilling
    from classifier.mailboxes import Stored
    from classifier.signals import Site

EXAMPLES = [
    (
        "Learn spam from two folders",
        "mailtriage train -o mine.mailtriage --spam ~/Mail/junk --ham ~/Mail/inbox",
    ),
    (
        "Learn importance of root mail from a table",
        "mailtriage train -o root.mailtriage --history --labels labels.tsv /var/mail/root",
    ),
    ("Use it", "mailtriage classify --model mine.mailtriage /var/mail/root"),
]


@click.command("train", cls=Manual, examples=EXAMPLES, exits=READS_MAIL)
@labelled_mail
@who
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="MODEL",
    required=True,
    help="The model file to write.",
)
@click.option(
    "--force", is_flag=True, help="Replace MODEL if it exists; until the new one is whole, the old one stays."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For everything drawn at random."
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes to use; the model is the same.",
)
@click.option(
    "--spill",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep hashed mail in DIR while it is learned, so that an interrupted training can be resumed.",
)
@click.option("--resume", is_flag=True, help="Go on with the interrupted training in the DIR of --spill.")
@losing
@click.option(
    "--bits",
    type=click.IntRange(12, 22),
    metavar="N",
    help="Columns for words, as a power of two (default 20): fewer make a smaller, coarser model.",
)
@click.option(
    "--history",
    is_flag=True,
    help="Read the mail in order of arrival and learn what each message is to those before it: people, "
    "threads, jobs. For root mail. Such a model is worth its while with --profile, which remembers.",
)
@click.option(
    "--thorough",
    is_flag=True,
    help="Keep signals for telling spam even where they do not pay for the time that they take: slower "
    "by several times, perhaps a little better.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    given: Given,
    who: Who,
    output: Path,
    force: bool,
    spill: Path | None,
    resume: bool,
    **options: Any,
) -> None:
    """Train a model on labelled mail and write it to one file.

    Labels come from where mail lies (--spam, --ham, --important, --unimportant), from a table, or both. Two
    questions are learned: spam or not, from spam and all the rest; important or not, from important and
    unimportant. A question without examples of both answers is not learned; if that leaves none, it is an
    error. A mailbox that cannot be opened stops the training: a model should know all it was meant to. Of
    one with damaged places the rest is learned.

    What a model does not need it does not ask: signals, which take several times as long as words, are left
    out where they do not lower the error on mail held out enough to pay for that.

    The model keeps how well it did on mail held out, and the cuts that --max-lost or --cost ask for; both may
    be given again when mail is judged. Important mail is lost when it is called unimportant or spam without a
    doubt; mail that is no spam, when it is called spam. "mailtriage models MODEL" tells what the model
    promises.

    Mail that is too much for memory (beyond some 12,000 messages) is hashed into a temporary folder, some
    8 kB a message, and learned from there in less than 1 GB of memory. With --spill the folder is DIR, which
    stays if the training is interrupted and is removed when the model is written. --resume reads hashed mail
    once more, to see that it is the same. What fits in memory is learned there in any case.
    """
    if output.exists() and not force:
        raise click.UsageError(f"{output} exists: --force replaces it")
    if not given:
        raise click.UsageError("nothing to learn: give --spam, --ham, --important, --unimportant or --labels")
    if resume and not spill:
        raise click.UsageError("--resume needs the folder of --spill")
    if spill and options["history"]:
        raise click.UsageError("--spill goes without --history: what was remembered cannot be taken up")
    from classifier.budget import Terms

    refuse_unwritable(output)
    terms = terms_of(options.pop("max_lost"), options.pop("cost")) or Terms()
    with given.opened() as (mail, intake):
        site = who.site(mail.mailboxes)
        spilling = _spilling(spill, resume, given, site, options) if spill else None
        learned = _learn(mail.sources(), site, output, terms=terms, spilling=spilling, **options)
        name_problems(mail, intake)
    ctx.exit(intake.code(learned, "learned"))


def _spilling(folder: Path, resume: bool, given: Given, site: Site, options: Mapping[str, Any]) -> Spilling:
    """Say where hashed mail is kept, and what must not change before it is taken up."""
    from classifier.engine.reading import Spilling

    mail = {path: _state(Path(path)) for path in given.paths()}
    labelled = [list(each) for each in (*given.folders, *given.marked)]
    inputs = {
        "mail": mail,
        "labels": [*labelled, [str(given.table), *given.tabled]],
        "site": repr(site._replace(me=frozenset(), my_domains=frozenset()))
        + str(sorted(site.me))
        + str(sorted(site.my_domains)),
        "seed": options["seed"],
        "bits": options["bits"],
        "thorough": options["thorough"],
        "version": __version__,
    }
    return Spilling(folder, inputs, resume)


def _state(path: Path) -> list[int]:
    """Return what changes when mail comes or goes: the number of files, and their size.

    Not their times, which change without the mail: what was hashed is compared message by message.
    """
    sizes = [each.stat().st_size for each in (path, *path.rglob("*")) if each.is_file()]
    return [len(sizes), sum(sizes)]


def _learn(
    sources: Sequence[tuple[str, Iterable[Stored]]],
    site: Site,
    output: Path,
    *,
    seed: int,
    jobs: int,
    bits: int | None,
    history: bool,
    thorough: bool,
    terms: Terms,
    spilling: Spilling | None,
) -> int:
    """Train, write the model, say how well it does on mail held out; returns the number of messages."""
    from classifier.budget.words import broken, held_out_loss, promised
    from classifier.engine import train

    with phased() as progress:
        classifier = train(
            sources,
            schema=columns(bits, history=history),
            site=site,
            name=output.stem,
            seed=seed,
            jobs=jobs,
            progress=progress,
            terms=terms,
            spilling=spilling,
            thorough=thorough,
        )
    classifier.save(output)
    training = classifier.card["training"]
    given = ", ".join(f"{count} {label}" for label, count in training["labels"].items())
    click.echo(f"{clean(str(output))}: learned {given}")
    for question, told in classifier.card["trained"].items():
        held_out = ", ".join(f"{name} {figure}" for name, figure in told["out_of_fold"].items()) or "nothing"
        click.echo(f"  {question}: {told['positives']} yes, {told['negatives']} no; held out: {held_out}")
    for view, why in training["left_out"].items():
        click.echo(f"  left out: {view}: {why}")
    for said in promised(classifier.card, classifier.model.cuts) if terms else ():
        click.echo(f"  promise: {said}")
    settled = classifier.decide_by(terms)
    for promise in settled.promises:
        click.echo(f"  lost: {held_out_loss(promise)}")
    for said in broken(settled):
        complain(f"{output}: {said}")
    return int(training["messages"])
