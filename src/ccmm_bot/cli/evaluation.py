"""``ccmm-bot evaluation``: the report's tables from a file alone, made-up data, and how many people a study needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.cli.evaluation_codebook import codebook
from ccmm_bot.clock import SystemClock
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation.needed import require_libraries
from ccmm_bot.settings import Settings

app = typer.Typer(help="Tables from an export, codebooks, made-up data, and how many people a study needs.", no_args_is_help=True)
app.command()(codebook)


@app.command()
def analyse(
    file: Annotated[Path, typer.Argument(metavar="EXPORT", help="An export of ccmm-bot export, in any format.")],
    by: Annotated[
        str | None, typer.Option("--by", help="Also by language, length_of_stay_at_start or household_composition.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write them with pictures into this HTML file instead.")] = None,
    language: Annotated[str, typer.Option("--language", help="Of that file: en or fr.")] = "en",
) -> None:
    """Make the report's tables from an export alone, without the database."""
    require_libraries()
    from ccmm_bot.errors import CcmmError
    from ccmm_bot.evaluation.exports import read_export
    from ccmm_bot.evaluation.shown import as_text
    from ccmm_bot.evaluation.subgroups import BY, subgroups
    from ccmm_bot.evaluation.tables import all_tables

    if by is not None and by not in BY:
        raise CcmmError(f"People are told apart by {', '.join(BY)}.")
    data = read_export(file)
    if html is not None:
        from ccmm_bot.evaluation.report import data_tables, report_page, translator

        translate = translator(Settings().locales_dir, language)
        html.write_text(report_page(data, data_tables(data), translate, language), encoding="utf-8")
        typer.echo(f"{html} is written.")
        return
    tables = [*all_tables(data), *([subgroups(data, by)] if by else [])]
    typer.echo(f"Study {data.study}, {data.made_at.date()}: {data.withdrawn} took their consent back and are not in it.\n")
    typer.echo("\n\n".join(as_text(table) for table in tables))


@app.command()
def synthetic(
    out: Annotated[Path, typer.Argument(help="The export to write, a ZIP.")],
    people: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many people are made up.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another number makes up other people.")] = 1,
    original: Annotated[float, typer.Option(min=0, max=1, help="Share served under the original model.")] = 0.3,
    no_effect: Annotated[bool, typer.Option("--no-effect", help="Nothing changes: what is found is found by chance.")] = False,
    form: Annotated[str, typer.Option("--format", help="csv, xlsx, sav (SPSS) or parquet.")] = "csv",
) -> None:
    """Write an export of made-up people with known effects, to try the analysis on. Nothing of yours is touched."""
    require_libraries()
    from ccmm_bot.evaluation.exports import write_export
    from ccmm_bot.evaluation.instruments import instruments
    from ccmm_bot.evaluation.synthetic import Plan
    from ccmm_bot.evaluation.synthetic import synthetic as make

    loaded = load_program(Settings().dialogues_dir)
    defined = instruments(loaded.dialogues, loaded.instruments)
    plan = Plan(people=people, seed=seed, original=original, effect=not no_effect, start=SystemClock().now())
    digest = write_export(make(plan, defined), defined, out, form=form)
    typer.echo(f"{out}: {people} made-up people. SHA-256 {digest}")


@app.command()
def power(
    d: Annotated[float, typer.Argument(min=0.01, max=5, help="The change to find, in standard deviations.")] = 0.3,
    power: Annotated[float, typer.Option("--power", min=0.5, max=0.999, help="How surely it is to be found.")] = 0.8,
) -> None:
    """Say how many complete pairs find a change of d (paired t test, two-sided, 5 %)."""
    require_libraries()
    from ccmm_bot.evaluation.statistics import pairs_needed

    needed = pairs_needed(d, power=power)
    typer.echo(f"{needed} complete pairs find a change of d = {d:g} with a probability of {100 * power:g} %.")
