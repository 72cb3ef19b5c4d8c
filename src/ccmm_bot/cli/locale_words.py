"""``ccmm-bot locale glossary``, ``blind``, ``blind-compare`` and ``blind-report``: agreed words, and the blind pass."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n import blind as blind_pass
from ccmm_bot.i18n import blind_report as report_pages
from ccmm_bot.i18n import glossary as agreed_words
from ccmm_bot.i18n.languages import LANGUAGES, language
from ccmm_bot.settings import Settings

_Tag = Annotated[str, typer.Option("--language", help="Our tag of the language.")]
_Locales = Annotated[Path | None, typer.Option("--locales", help="Folder of the catalogues.", show_default=False)]
_Results = Annotated[Path, typer.Option("--results", help="Folder of the results.")]
_RESULTS = Path("docs/translations")


def register(app: typer.Typer) -> None:
    """Add these commands to ``ccmm-bot locale``."""
    app.command()(glossary)
    app.command()(blind)
    app.command("blind-compare")(blind_compare)
    app.command("blind-report")(blind_report)


def glossary(
    tag: _Tag,
    take: Annotated[Path | None, typer.Option("--from", help="CSV with the columns term,<tag>.", show_default=False)] = None,
    locales: _Locales = None,
) -> None:
    """Print the terms with their notes and what is agreed in a language, as CSV; with --from, fill in that language's column.

    Other columns stay as they are, so several translators can work at once. Several ways to say it are separated by |.
    """
    path = (locales or Settings().locales_dir) / agreed_words.FILE
    try:
        name = language(tag).tag
        if take is None:
            buffer = io.StringIO()
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerow(("term", "note", name))
            writer.writerows((one.term, one.note, one.agreed.get(name, "")) for one in agreed_words.load(path))
            typer.echo(buffer.getvalue(), nl=False)
            return
        with take.open(encoding="utf-8-sig", newline="") as file:
            rows = {row["term"]: (row.get(name) or "").strip() for row in csv.DictReader(file) if row.get("term")}
        changed = agreed_words.agree(path, name, {term: way for term, way in rows.items() if way})
    except (CcmmError, OSError, UnicodeDecodeError) as error:
        raise _fail(error) from error
    typer.echo(f"{path}: {changed} terms changed in {language(tag).english_name}")


def blind(
    tag: _Tag,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write.", show_default="standard output")] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only what nobody has read back as it stands now.")] = False,
    locales: _Locales = None,
    results: _Results = _RESULTS,
) -> None:
    """Write the file a blind reader fills in: opaque numbers and the translations, no English."""
    try:
        wanted = blind_pass.passages(locales or Settings().locales_dir, tag)
        if changed:
            wanted = blind_pass.unread(wanted, blind_pass.load(blind_pass.results_path(results, tag)))
        text = blind_pass.sheet(wanted)
        if output is None:
            typer.echo(text, nl=False)
            return
        output.write_text(text, encoding="utf-8")
    except (CcmmError, OSError) as error:
        raise _fail(error) from error
    typer.echo(f"{output}: {len(wanted)} texts")


def blind_compare(
    file: Annotated[Path, typer.Argument(help="The file `locale blind` wrote, with back_translation filled in.")],
    tag: _Tag,
    locales: _Locales = None,
    results: _Results = _RESULTS,
) -> None:
    """Lay back-translations beside the English, for a verdict: same or differs, written into <results>/<tag>.csv by hand.

    Verdicts already given stay. A text that was corrected since its first reading gets a second one beside it.
    """
    try:
        path = blind_pass.results_path(results, tag)
        known = blind_pass.passages(locales or Settings().locales_dir, tag)
        merged = blind_pass.merge(blind_pass.load(path), known, blind_pass.read_sheet(file.read_text(encoding="utf-8"), file.name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(blind_pass.dump(merged.results), encoding="utf-8")
    except (CcmmError, OSError, UnicodeDecodeError) as error:
        raise _fail(error) from error
    left = len(blind_pass.unread(known, merged.results))
    typer.echo(f"{path}: {merged.taken} back-translations taken, {left} of {len(known)} texts not read back yet")
    if merged.dropped:
        typer.echo(f"{merged.dropped} earlier results left out: their English text is gone")
    if merged.empty:
        typer.echo(f"{merged.empty} rows have no back-translation")
    if merged.stale:
        typer.echo(
            f"{len(merged.stale)} rows are of texts that have changed since: run `ccmm-bot locale blind --changed`", err=True
        )
        raise typer.Exit(1)


def blind_report(results: _Results = _RESULTS) -> None:
    """Write the page of every language (<tag>.md) and the table of all (README.md) from the results."""
    try:
        found = {entry.tag: blind_pass.load(blind_pass.results_path(results, entry.tag)) for entry in LANGUAGES}
        results.mkdir(parents=True, exist_ok=True)
        for tag, rows in found.items():
            if rows:
                (results / f"{tag}.md").write_text(report_pages.page(tag, rows), encoding="utf-8")
        (results / "README.md").write_text(report_pages.index(found), encoding="utf-8")
    except (CcmmError, OSError) as error:
        raise _fail(error) from error
    for tag, rows in found.items():
        if rows:
            sums = blind_pass.counts(rows)
            typer.echo(f"{tag:<4} {sums.read} read, {sums.differed} differed, {sums.differ} differ, {sums.undecided} not compared")


def _fail(error: Exception) -> typer.Exit:
    typer.echo(f"ccmm-bot: {error}", err=True)
    return typer.Exit(1)
