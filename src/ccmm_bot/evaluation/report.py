"""The report: every table and picture of a period as one file that needs nothing else, HTML or PDF, in English or French."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.adherence import adherence_table
from ccmm_bot.evaluation.admitting import admitted, alike, quarter
from ccmm_bot.evaluation.charts import pictures, standing_alone
from ccmm_bot.evaluation.codebook import environment
from ccmm_bot.evaluation.dataset import COUNTED, Dataset, Selection
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.parts import part_of
from ccmm_bot.evaluation.quality import quality_tables
from ccmm_bot.evaluation.reach import reach, reach_tables
from ccmm_bot.evaluation.reading import read_dataset
from ccmm_bot.evaluation.shown import NOTHING, in_parts, shown
from ccmm_bot.evaluation.subgroups import BY, subgroups
from ccmm_bot.evaluation.table import Table
from ccmm_bot.evaluation.tables import all_tables
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.evaluation.undisturbed import undisturbed
from ccmm_bot.i18n.interface import speaking
from ccmm_bot.store.session import Store

#: What a report can be written in; the texts are the staff pages'.
LANGUAGES: Final = ("en", "fr")


def translator(locales_dir: Path, tag: str) -> Callable[[str], str]:
    """The staff catalogue of a language; English where it says nothing. Raises :class:`CcmmError` for another language."""
    if tag not in LANGUAGES:
        raise CcmmError(f"A report is written in {' or '.join(LANGUAGES)}.")
    return in_parts(speaking(locales_dir, tag).gettext)


@undisturbed()
def study_tables(
    store: Store, agencies: Sequence[UUID], study: str, defined: Sequence[Instrument], selection: Selection, now: datetime
) -> tuple[Dataset, tuple[Table, ...]]:
    """What is known of a study today. Raises :class:`~ccmm_bot.evaluation.parts.TooFewPeople` for too small a selection."""
    whole = read_dataset(store, agencies, study, now, defined, COUNTED)
    today = now.astimezone(UTC).date()
    groups = admitted(whole, quarter(today))
    if selection.narrows:
        data = part_of(groups, selection)
        tables = data_tables(data)
    else:
        data = admitted(whole, today)
        tables = data_tables(data, data if alike(data, groups) else groups, whole)
    if selection.models or selection.languages:
        return data, tables
    # Of everybody, whether or not they agree to research: what happened in the case files.
    happened = reach_tables(reach(store, agencies, defined, now), selection)
    return data, (*tables, *happened, adherence_table(store, agencies, now, selection))


def data_tables(data: Dataset, groups: Dataset | None = None, asked: Dataset | None = None) -> tuple[Table, ...]:
    """The tables that a data set alone gives. What tells small groups apart is of everybody only, not of a part.

    ``groups``: the data set for that, where it is an older one; ``asked``: the one that has everybody who was asked.
    """
    if data.selection.narrows:
        return all_tables(data)
    older = data if groups is None else groups
    return (*all_tables(data), *(subgroups(older, by) for by in BY), *quality_tables(older, asked))


def report_page(data: Dataset, tables: Sequence[Table], translate: Callable[[str], str], tag: str) -> str:
    """The page. Every number is a link to how it was counted, and says its n."""
    return (
        environment()
        .get_template("report.html")
        .render(
            data=data,
            tables=tables,
            by_table={each.table: each for each in pictures(tables, translate, png=True)},
            about=about(data, translate),
            shown=partial(shown, say=translate),
            base64=lambda raw: b64encode(raw if isinstance(raw, bytes) else standing_alone(raw).encode()).decode(),
            _=translate,
            lang=tag,
            nothing=NOTHING,
        )
    )


#: Named here: what stands inside an f-string is not found for the catalogue.
_AS_OF, _PERIOD, _PEOPLE = N_("As of"), N_("Period"), N_("People in the data set")
_LET_IN: Final = N_("People and surveys of an agency are counted once they are ten and more. Counted here is what was so before")
_LEFT_OUT: Final = N_("They agree to research today. Took their consent back, and are left out")


def about(data: Dataset, say: Callable[[str], str]) -> tuple[str, ...]:
    """What a report is about, in sentences: as of when, of which part, of how many people, and what is left out."""
    chosen = data.selection
    lines = [f"{say(_AS_OF)} {data.made_at.date()}."]
    if chosen.since or chosen.until:
        lines.append(f"{say(_PERIOD)}{say(':')} {chosen.since or '…'} – {chosen.until or '…'}.")
        lines.append(say(N_("A person belongs to the day of the exit survey; where there is none, of the entry survey.")))
    lines += [f"{', '.join(words.MODELS.get(each, each) for each in values)}." for values in chosen.attributes().values() if values]
    lines.append(f"{say(_PEOPLE)}{say(':')} {_few(len(data.people))}.")
    lines.append(f"{say(_LEFT_OUT)}{say(':')} {_few(data.withdrawn)}.")
    lines.append(say(N_("What groups of fewer than 10 people answered is hidden, and what would give it away.")))
    if data.as_of is not None:
        lines.append(f"{say(_LET_IN)} {data.as_of}.")
        if not chosen.narrows:
            lines.append(
                say(N_("Answers by language, channel, length of stay and household are as of the beginning of the quarter."))
            )
    if data.waiting:
        lines.append(say(N_("Some are not counted yet: fewer than 10 could be found out by subtracting one report from another.")))
    if data.left_out:
        lines.append(say(N_("Some people of this part are left out: showing them would give a group of fewer than 10 away.")))
    return tuple(lines)


def _few(n: int) -> str:
    return "< 10" if 0 < n < SMALL else str(n)
