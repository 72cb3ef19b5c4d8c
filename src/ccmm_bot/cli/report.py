"""``ccmm-bot report``: the evaluation of a period as one file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.needed import require_libraries
from ccmm_bot.settings import Settings

_DAY = ["%Y-%m-%d"]


class ReportFormat(StrEnum):
    """What the report is written as."""

    HTML = "html"
    PDF = "pdf"


def report(
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    since: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="From this day on.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Until this day, included.")] = None,
    study: Annotated[str, typer.Option("--study", help="The study's name.")] = "report",
    agency: Annotated[list[str] | None, typer.Option("--agency", help="An agency's name; several times for several.")] = None,
    language: Annotated[str, typer.Option("--language", help="en or fr.")] = "en",
    form: Annotated[ReportFormat | None, typer.Option("--format", help="html or pdf. Without it: as the file's name ends.")] = None,
) -> None:
    """Write the evaluation of a period: every table and picture in one file that needs nothing else, HTML or PDF."""
    require_libraries()
    if form is None and out.suffix.lower() not in (".html", ".htm", ".pdf"):
        raise CcmmError(f"{out.name} ends neither in .html nor in .pdf. Name the file so, or say --format html or --format pdf.")
    if since and until and since > until:
        raise CcmmError(f"--from {since.date()} is after --to {until.date()}.")
    from ccmm_bot.evaluation.dataset import Selection
    from ccmm_bot.evaluation.instruments import instruments
    from ccmm_bot.evaluation.releasing import agencies_named
    from ccmm_bot.evaluation.report import report_page, study_tables, translator

    settings = Settings()
    translate = translator(settings.locales_dir, language)
    loaded = load_program(settings.dialogues_dir)
    defined = instruments(loaded.dialogues, loaded.instruments)
    selection = Selection(since=since.date() if since else None, until=until.date() if until else None)
    with open_store() as store:
        data, tables = study_tables(store, agencies_named(store, agency or []), study, defined, selection, SystemClock().now())
    if form is ReportFormat.PDF or (form is None and out.suffix.lower() == ".pdf"):
        from ccmm_bot.evaluation.report_pdf import report_pdf

        out.write_bytes(report_pdf(data, tables, translate, language))
    else:
        out.write_text(report_page(data, tables, translate, language), encoding="utf-8")
    typer.echo(f"{out}: {len(tables)} tables about {len(data.people)} people.")
