"""``ccmm-bot evaluation codebook``: what was asked, in which words, and what every code means."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.clock import SystemClock
from ccmm_bot.dialogue.findings import did_you_mean
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.book import books
from ccmm_bot.evaluation.book_data import data_package_of, ddi
from ccmm_bot.evaluation.book_page import book_page
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.interface import LANGUAGES, speaking
from ccmm_bot.i18n.languages import SOURCE, TAGS
from ccmm_bot.settings import Settings


class Form(StrEnum):
    """What a codebook is written as."""

    HTML = "html"
    PDF = "pdf"
    DDI = "ddi"
    PACKAGE = "package"


def codebook(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    instruments: Annotated[
        list[str] | None, typer.Argument(metavar="[INSTRUMENT]...", help="Of these; of all without any.", show_default=False)
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "--format", help="html and pdf are for people; ddi (DDI-Codebook 2.5) and package (Frictionless) for programs."
        ),
    ] = Form.HTML,
    languages: Annotated[str, typer.Option(help="Of the wordings, with commas between them: en,ar,ti; or all.")] = SOURCE,
    language: Annotated[str, typer.Option(help="Of what is said about them: en or fr.")] = "en",
) -> None:
    """Write the codebook of instruments: items, wordings, answers with their codes, scoring, sources and versions."""
    settings = Settings()
    tags = list(TAGS) if languages == "all" else [tag.strip() for tag in languages.split(",") if tag.strip()]
    for tag in tags:
        if tag not in TAGS:
            raise CcmmError(f'"{tag}" is not one of our languages. {did_you_mean(tag, TAGS)}')
    made = books(load_program(settings.dialogues_dir), Catalogues.load(settings.locales_dir), instruments or [], tags)
    if language not in (SOURCE, *LANGUAGES):
        raise CcmmError(f"What is said about the wordings is in {' or '.join((SOURCE, *LANGUAGES))}.")
    say, now = speaking(settings.locales_dir, language).gettext, SystemClock().now()
    match form:
        case Form.DDI:
            content = ddi(made, now.date())
        case Form.PACKAGE:
            content = json.dumps(data_package_of(made), indent=1, ensure_ascii=False).encode()
        case Form.HTML:
            content = book_page(made, say, language).encode()
        case Form.PDF:
            from ccmm_bot.evaluation.book_pdf import book_pdf  # takes a while to load

            content = book_pdf(made, say, language, now)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CcmmError(f"{output} cannot be written: {error.strerror}") from None
    items = sum(len(book.items) for book in made)
    typer.echo(f"{output}: {len(made)} instruments, {items} items, in {len(tags)} languages")
