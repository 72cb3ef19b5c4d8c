"""The opt-out ledger, as the conversation writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ccmm_bot.conversation.state import Standing
from ccmm_bot.store.tables import OptOutSource
from ccmm_bot.store.types import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """How we know that a person wants no more messages, or wants them again."""

    source: OptOutSource = OptOutSource.KEYWORD
    code: str | None = None
    inbound: str | None = None  # the message that said it
    staff: str | None = None  # who wrote it down


def entry_row(here: Standing, why: Because, out: bool, language: str | None, at: str) -> tuple[Any, ...]:
    """One entry, in the order of its columns (:data:`ccmm_bot.store.hot.writes.OPT_OUT_ENTRY`)."""
    ids = (new_id(), here.account.agency_id, here.contact_point_id)
    return (*ids, at, out, why.source.value, why.code, language, why.inbound, why.staff)
