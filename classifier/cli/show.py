"""``mailtriage show``: one mail as a person reads it, safe on a terminal."""

from __future__ import annotations

import sys

import click

from classifier.cli.intake import find_message, mailbox_format
from classifier.cli.manual import READS_MAIL, Manual
from classifier.cli.reading import Intake
from classifier.output.safe import clean

EXAMPLES = [
    ("Open a mail of a digest", "mailtriage show /var/mail/root 2301"),
    ("Hand its bytes on, as they are", "mailtriage show --raw /var/mail/root 2301 > message.eml"),
]

SHOWN = ("from", "to", "cc", "date", "subject")


@click.command("show", cls=Manual, examples=EXAMPLES, exits=READS_MAIL)
@click.argument("mailbox", type=click.Path())
@click.argument("key", required=False)
@mailbox_format
@click.option("--raw", is_flag=True, help="The message itself, byte for byte.")
@click.pass_context
def command(
    ctx: click.Context, *, mailbox: str, key: str | None, mailbox_format: str | None, raw: bool
) -> None:
    """Show the message of a KEY, as classify, digest and other commands print it.

    Header, then the text as a reader sees it: decoded, HTML rendered, attachments named, without what could
    command a terminal.
    """
    from classifier.mail import Message

    intake = Intake((mailbox,), mailbox_format)
    with intake.open(mailbox) as opened:
        stored = find_message(opened, key)
    if raw:
        sys.stdout.buffer.write(stored.raw)
        return
    message = Message(stored.raw)
    for name in SHOWN:
        for value in message.headers.get_all(name):
            click.echo(f"{name.capitalize()}: {clean(value)}")
    click.echo()
    for line in message.text.splitlines():
        click.echo(clean(line.expandtabs()))
    for attached in message.attachments:
        told = f"{attached.name or 'unnamed'}, {attached.content_type}, {attached.size} bytes"
        click.echo(clean(f"[attached: {told}]"))
    ctx.exit(0)
