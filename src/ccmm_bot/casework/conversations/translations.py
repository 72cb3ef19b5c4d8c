"""What machines made of people's messages, as staff see it: beside the original, marked, and told apart from nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.store.tables import Staff, Translation, TranslationState

#: What staff read here; everything else is translated into one of them.
READ: Final = ("en", "fr")


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineText:
    """One message as a machine reads it; ``text`` and ``model`` where ``state`` is ok. ``approximate``: by a neighbour's model."""

    state: TranslationState
    language: str
    source: str
    text: str | None
    model: str | None
    at: datetime | None


def machine_texts(session: Session, inbound: Sequence[UUID], language: str) -> dict[UUID, MachineText]:
    """What there is of these messages in the reader's language (English for readers of neither), in one query."""
    if not inbound:
        return {}
    wanted = language if language in READ else READ[0]
    rows = session.exec(select(Translation).where(col(Translation.inbound_id).in_(inbound), Translation.language == wanted))
    return {
        row.inbound_id: MachineText(
            state=row.state, language=row.language, source=row.source, text=row.text, model=row.model, at=row.made_at
        )
        for row in rows
    }


def speakers(session: Session) -> dict[str, tuple[str, ...]]:
    """Who of the agency's active staff speaks what: names by language tag, in one query."""
    found: dict[str, list[str]] = {}
    for name, languages in session.exec(select(Staff.name, Staff.languages).where(col(Staff.active)).order_by(Staff.name)):
        for tag in languages:
            found.setdefault(tag, []).append(name)
    return {tag: tuple(names) for tag, names in found.items()}


def reading_languages(session: Session) -> dict[UUID, tuple[str, ...]]:
    """By agency: which of :data:`READ` its active staff have their interface in; English where nobody says."""
    found: dict[UUID, set[str]] = {}
    for agency, language in session.exec(select(Staff.agency_id, Staff.interface_language).where(col(Staff.active)).distinct()):
        found.setdefault(agency, set()).add(language if language in READ else READ[0])
    return {agency: tuple(sorted(languages)) for agency, languages in found.items()}
