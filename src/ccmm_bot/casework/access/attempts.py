"""Guessing gets slow: attempts are counted, and from a number on the right answer is refused as well until time has passed.

Attempts are audit rows, written before the secret is looked at, so that a burst of parallel guesses counts in full, in every
process. They name neither account nor client: only keyed hashes of both (OWASP ASVS 5.0 §6.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit

WINDOW: Final = timedelta(minutes=15)

_ATTEMPT, _SUCCESS = "signin.attempted", "signin.succeeded"


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted: attempts on ``value``, of which a window takes so many. ``kind`` is at most 32 characters."""

    kind: str
    value: str
    limit: int


def begin(session: Session, store: Store, agency: UUID, counters: Sequence[Counter], now: datetime) -> bool:
    """Count one attempt; false, and nothing counted, where one of the limits is reached."""
    named = [(counter.kind, _name(store, counter.value), counter.limit) for counter in counters]
    if any(_failures(session, kind, subject, now) >= limit for kind, subject, limit in named):
        return False
    session.add_all(_row(agency, _ATTEMPT, kind, subject, now) for kind, subject, _limit in named)
    return True


def succeeded(session: Session, store: Store, agency: UUID, counter: Counter, now: datetime) -> None:
    """Begin this count anew."""
    session.add(_row(agency, _SUCCESS, counter.kind, _name(store, counter.value), now))


def _name(store: Store, value: str) -> UUID:
    return UUID(bytes=store.keys.lookup(b"signin", value)[:16])


def _failures(session: Session, kind: str, subject: UUID, now: datetime) -> int:
    """Attempts within the window since the last success."""
    recent = (Audit.subject_kind == kind, Audit.subject_id == subject, col(Audit.at) > now - WINDOW)
    last: datetime | None = session.exec(select(func.max(Audit.at)).where(*recent, Audit.action == _SUCCESS)).one()
    since = (*recent, col(Audit.at) > last) if last is not None else recent
    return session.exec(select(func.count(col(Audit.id))).where(*since, Audit.action == _ATTEMPT)).one()


def _row(agency: UUID, action: str, kind: str, subject: UUID, now: datetime) -> Audit:
    return Audit(agency_id=agency, at=now, actor_kind=Actor.SYSTEM, action=action, subject_kind=kind, subject_id=subject, detail={})
