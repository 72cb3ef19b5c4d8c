"""The report: every table and picture of a period as one page of HTML that needs nothing else, in English or French."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.adherence import adherence_table
from ccmm_bot.evaluation.charts import pictures
from ccmm_bot.evaluation.codebook import environment
from ccmm_bot.evaluation.dataset import Dataset, Selection
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.parts import part_of
from ccmm_bot.evaluation.quality import quality_tables
from ccmm_bot.evaluation.reach import reach, reach_tables
from ccmm_bot.evaluation.reading import read_dataset
from ccmm_bot.evaluation.shown import NOTHING, in_parts, shown
from ccmm_bot.evaluation.subgroups import BY, subgroups
from ccmm_bot.evaluation.table import Table
from ccmm_bot.evaluation.tables import all_tables
from ccmm_bot.i18n.languages import language
from ccmm_bot.store.session import Store

#: What a report can be written in; the texts are the staff pages'.
LANGUAGES: Final = ("en", "fr")
_DOMAIN: Final = "staff"


def translator(locales_dir: Path, tag: str) -> Callable[[str], str]:
    """The staff catalogue of a language; English where it says nothing. Raises :class:`CcmmError` for another language."""
    if tag not in LANGUAGES:
        raise CcmmError(f"A report is written in {' or '.join(LANGUAGES)}.")
    catalogue = gettext.translation(_DOMAIN, str(locales_dir), languages=[language(tag).catalogue], fallback=True)
    return in_parts(catalogue.gettext)


def study_tables(
    store: Store, agencies: Sequence[UUID], study: str, defined: Sequence[Instrument], selection: Selection, now: datetime
) -> tuple[Dataset, tuple[Table, ...]]:
    """What is known of a study today. Raises :class:`~ccmm_bot.evaluation.parts.TooFewPeople` for too small a selection."""
    whole = read_dataset(store, agencies, study, now, defined)
    data = part_of(whole, selection)
    tables = data_tables(data)
    if selection.models or selection.languages:
        return data, tables
    # Of everybody, whether or not they agree to research: what happened in the case files.
    happened = reach_tables(reach(store, agencies, defined, now), selection)
    return data, (*tables, *happened, adherence_table(store, agencies, now, selection))


def data_tables(data: Dataset) -> tuple[Table, ...]:
    """The tables that a data set alone gives. What tells small groups apart is of everybody only, not of a part."""
    if data.selection.narrows:
        return all_tables(data)
    return (*all_tables(data), *(subgroups(data, by) for by in BY), *quality_tables(data))


def report_page(data: Dataset, tables: Sequence[Table], translate: Callable[[str], str], tag: str) -> str:
    """The page. Every number is a link to how it was counted, and says its n."""
    drawn = pictures(tables, translate)
    return (
        environment()
        .get_template("report.html")
        .render(
            data=data,
            tables=tables,
            pictures=drawn,
            by_table={each.table: each for each in drawn},
            shown=shown,
            _=translate,
            lang=tag,
            nothing=NOTHING,
        )
    )
