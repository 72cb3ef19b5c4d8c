"""``ccmm-bot export``: a study's data as a file for researchers' own tools; every export is logged."""

from __future__ import annotations

import getpass
from datetime import datetime
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


def export(
    study: Annotated[str, typer.Argument(help="The study's name: each study has its own keys for people.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write, a ZIP.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What the data are for; written into the log.")],
    form: Annotated[str, typer.Option("--format", help="csv, xlsx, sav (SPSS) or parquet.")] = "csv",
    shape: Annotated[str, typer.Option("--shape", help="long (one line an answer), wide (one line a person), or both.")] = "both",
    agency: Annotated[
        list[str] | None, typer.Option("--agency", help="An agency's name; several times for several. All without it.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="Only who began something from this day on.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="... until this day, included.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
) -> None:
    """Export a study: pseudonymous, only people who agree to research today, with a codebook; who took what and why is logged."""
    require_libraries()
    from ccmm_bot.evaluation.dataset import Selection
    from ccmm_bot.evaluation.instruments import instruments
    from ccmm_bot.evaluation.releasing import Wanted, agencies_named, release
    from ccmm_bot.evaluation.wordings import wordings

    if out.exists() and not replace:
        raise CcmmError(f"{out} is there already. Add --replace to write over it.")
    settings = Settings()
    loaded = load_program(settings.dialogues_dir)
    defined = instruments(loaded.dialogues, loaded.instruments)
    with open_store() as store:
        wanted = Wanted(
            study=study,
            agencies=agencies_named(store, agency or []),
            who=getpass.getuser(),
            purpose=purpose,
            form=form,
            shape=shape,
            selection=Selection(since=since.date() if since else None, until=until.date() if until else None),
        )
        texts = wordings(settings.locales_dir, defined)
        made = release(
            store, defined, wanted, out, SystemClock().now(), texts=texts, tell=lambda line: typer.echo(f"  {line}", err=True)
        )
    typer.echo(f"{out}: {made.people} people, {made.responses} answers. SHA-256 {made.sha256}")
    typer.echo(f"Left out: {made.withdrawn} who took their consent back, {made.without_consent} who never agreed to research.")
