"""The command line: one file per noun."""

from __future__ import annotations

import sys

import typer

from ccmm_bot.cli import agency, channel, chat, db, demo, dialogue, followups, locale, serve, staff, translate
from ccmm_bot.errors import CcmmError

app = typer.Typer(
    name="ccmm-bot",
    help="Multilingual intake and follow-up conversations for settlement agencies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(serve.serve)
app.command()(serve.worker)
app.command()(demo.demo)
app.command()(chat.chat)
app.add_typer(channel.app, name="channel")
app.add_typer(dialogue.app, name="dialogue")
app.add_typer(locale.app, name="locale")
app.add_typer(followups.app, name="followups")
app.add_typer(staff.app, name="staff")
app.add_typer(agency.app, name="agency")
app.add_typer(translate.app, name="translate")
app.add_typer(db.app, name="db")


def main() -> None:
    """Run the command line. What a person can act on is one line on standard error, never a traceback."""
    try:
        app()
    except CcmmError as error:
        typer.echo(f"ccmm-bot: {error}", err=True)
        sys.exit(1)


__all__ = ["app", "main"]
