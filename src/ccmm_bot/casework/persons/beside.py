"""What stands beside a person's conversation: household, referrals, who speaks the language, and answers then and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.conversations.handing_back import hand_backs_of
from ccmm_bot.casework.conversations.translations import speakers
from ccmm_bot.casework.desk.referrals import ReferralView, referrals_of
from ccmm_bot.casework.persons.person import Answer, PersonPage, Run
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Person

#: The survey a case begins with, and those that ask the same again.
ENTRY: Final = "entry_survey"
AGAIN: Final = ("exit_survey", "follow_up_3_month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the household."""

    id: UUID
    code: str
    name: str | None
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One item at entry and now. ``changed`` where both were answered and differ."""

    item: str
    question: str
    entry: Answer | None
    now: Answer | None
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Everything beside the conversation. ``speakers``: who of the colleagues speaks the person's language."""

    members: tuple[Member, ...]
    referrals: tuple[ReferralView, ...]
    speakers: tuple[str, ...]
    hand_back_at: datetime | None
    compared: tuple[Compared, ...]
    entry_run: Run | None
    again_run: Run | None


def beside(store: Store, reader: Reader, page: PersonPage) -> Beside:
    """A fixed number of queries."""
    require(reader, Permission.READ_CASES)
    talk = page.conversation
    entry, again = _latest(page.runs, (ENTRY,)), _latest(page.runs, AGAIN)
    with store.reading(reader) as session:
        spoken = speakers(session)
        return Beside(
            members=_members(session, page.id),
            referrals=referrals_of(session, page.id),
            speakers=spoken.get((talk.language if talk else None) or page.language or "", ()),
            hand_back_at=hand_backs_of(session, [talk.id]).get(talk.id) if talk and talk.human_since else None,
            compared=compare(entry, again),
            entry_run=entry,
            again_run=again,
        )


def compare(entry: Run | None, again: Run | None) -> tuple[Compared, ...]:
    """The items of both, in the order of the first; nothing where one of the two is missing."""
    if entry is None or again is None:
        return ()
    then = {answer.item: answer for answer in entry.answers}
    now = {answer.item: answer for answer in again.answers}
    return tuple(
        Compared(
            item=item,
            question=(then.get(item) or now[item]).question,
            entry=then.get(item),
            now=now.get(item),
            changed=_differ(then.get(item), now.get(item)),
        )
        for item in dict.fromkeys((*then, *now))
        if item in then
    )


def _differ(then: Answer | None, now: Answer | None) -> bool:
    return then is not None and now is not None and not then.skipped and not now.skipped and then.values != now.values


def _latest(runs: Sequence[Run], dialogues: Sequence[str]) -> Run | None:
    """Runs come newest first."""
    return next((run for run in runs if run.dialogue in dialogues and run.answers), None)


def _members(session: Session, person_id: UUID) -> tuple[Member, ...]:
    household = select(Person.household_id).where(Person.id == person_id, col(Person.household_id).is_not(None)).scalar_subquery()
    rows = session.exec(
        select(Person).where(Person.household_id == household, Person.id != person_id).order_by(col(Person.created_at))
    )
    return tuple(Member(id=row.id, code=row.code, name=row.name, language=row.language) for row in rows)
