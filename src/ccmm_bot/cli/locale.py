"""``ccmm-bot locale``: the catalogues' life, from extraction to the check before a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.cli import locale_review, locale_words
from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n import maintenance
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, language
from ccmm_bot.i18n.lint.entry import Severity
from ccmm_bot.i18n.lint.run import lint_all
from ccmm_bot.i18n.topics import neutral_keys
from ccmm_bot.settings import Settings

app = typer.Typer(
    help="Catalogues: extract, update, init, compile, status, check; glossary, blind pass, review.", no_args_is_help=True
)
locale_words.register(app)
locale_review.register(app)

_Dialogues = Annotated[Path | None, typer.Option("--dialogues", help="Folder of the dialogues.", show_default=False)]
_Locales = Annotated[Path | None, typer.Option("--locales", help="Folder of the catalogues.", show_default=False)]


def _folders(dialogues: Path | None, locales: Path | None) -> maintenance.Folders:
    settings = Settings()
    return maintenance.Folders(dialogues=dialogues or settings.dialogues_dir, locales=locales or settings.locales_dir)


def _fail(error: CcmmError) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


@app.command()
def extract(dialogues: _Dialogues = None, locales: _Locales = None) -> None:
    """Write the templates (dialogues.pot, system.pot) from the dialogues and the system texts."""
    try:
        written = maintenance.extract(_folders(dialogues, locales))
    except CcmmError as error:
        raise _fail(error) from error
    for path, count in written.items():
        typer.echo(f"{path}: {count} texts")


@app.command()
def update(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when something is stale.")] = False,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Bring every catalogue up to date with the dialogues. No translation is ever lost."""
    try:
        changed = maintenance.update(_folders(dialogues, locales), write=not check)
    except CcmmError as error:
        raise _fail(error) from error
    for path in changed:
        typer.echo(f"{path}: {'stale' if check else 'updated'}")
    if check and changed:
        typer.echo("Run `ccmm-bot locale update`.", err=True)
        raise typer.Exit(1)
    if not changed:
        typer.echo("Every catalogue is up to date.")


@app.command()
def init(
    tag: Annotated[str, typer.Argument(help="Our tag of the language: " + ", ".join(entry.tag for entry in LANGUAGES))],
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Begin the catalogues of a language."""
    try:
        written = maintenance.init(_folders(dialogues, locales), tag)
    except CcmmError as error:
        raise _fail(error) from error
    for path in written:
        typer.echo(f"{path}: begun")


@app.command("compile")
def compile_(locales: _Locales = None) -> None:
    """Compile the catalogues (.mo). Fuzzy translations are left out. Part of the build; the results are not kept in git."""
    try:
        written = maintenance.compile_all(_folders(None, locales).locales)
    except CcmmError as error:
        raise _fail(error) from error
    typer.echo(f"{len(written)} catalogues compiled")


@app.command()
def status(dialogues: _Dialogues = None, locales: _Locales = None) -> None:
    """How far each language is, by domain, and who has read what of it."""
    try:
        rows = maintenance.status(_folders(dialogues, locales))
    except CcmmError as error:
        raise _fail(error) from error
    typer.echo(f"{'tag':<5} {'language':<18} {'domain':<10} {'translated':>10} {'missing':>8} {'fuzzy':>6}  review")
    for row in rows:
        name = language(row.tag).english_name
        typer.echo(
            f"{row.tag:<5} {name:<18} {row.domain:<10} {row.translated:>10} {row.missing:>8} {row.fuzzy:>6}  {row.review or '-'}"
        )
    typer.echo()
    for line in locale_review.review_lines(open_workbench(dialogues, locales), Settings().reviewed_dialogues):
        typer.echo(line)
    typer.echo(f"The dialogues are written in {language(SOURCE).english_name} ({SOURCE}): it needs no catalogue.")


@app.command()
def check(
    tags: Annotated[list[str] | None, typer.Option("--language", help="Only this language (again for more).")] = None,
    warnings: Annotated[bool, typer.Option("--warnings/--no-warnings", help="Show warnings as well as errors.")] = True,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Check the translations: placeholders, numbers, letters, punctuation, length, words. Exit 1 on an error."""
    try:
        folders = _folders(dialogues, locales)
        neutral = neutral_keys(load_program(folders.dialogues).dialogues)
        problems = lint_all(folders.locales, tags or (), neutral=neutral)
    except CcmmError as error:
        raise _fail(error) from error
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    for problem in problems if warnings else errors:
        typer.echo(str(problem))
    typer.echo(f"{len(errors)} errors, {len(problems) - len(errors)} warnings")
    if errors:
        raise typer.Exit(1)
