"""Made-up people with closed cases, and how each of them answers. Everything follows from a number: the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from ccmm_bot.casework.followups import planning
from ccmm_bot.conversation.snapshot import Snapshot, seal
from ccmm_bot.dialogue.session import Session as Spoken
from ccmm_bot.followup import kinds
from ccmm_bot.followup.dates import follow_up_day
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Agency,
    Case,
    ChannelAccount,
    Consent,
    ContactPoint,
    Conversation,
    Person,
    PersonContactPoint,
    Stage,
)
from ccmm_bot.store.types import uuid7

#: How people take the first message, and how many of a hundred do.
MANNERS: Final = (("silent", 25), ("declines", 30), ("wrong_person", 20), ("stops", 10), ("answers", 2), ("later", 13))
_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """One made-up person."""

    number: int
    manner: str
    addresses: tuple[str, ...]
    exit_date: date
    invited: bool  # to the exit survey as well
    opted_out: bool = False
    reachable: bool = True


def made_up(count: int, start: date, months: int, seed: int) -> list[Somebody]:
    """``count`` people whose follow-ups come due within ``months`` months of ``start``."""
    return [_somebody(number, start, months, seed) for number in range(count)]


def _somebody(number: int, start: date, months: int, seed: int) -> Somebody:
    chance = random.Random(f"{seed}.{number}")  # noqa: S311 - made-up people, nothing to guard
    manner = chance.choices([name for name, _ in MANNERS], [share for _, share in MANNERS])[0]
    days = max(1, months * 30 - 45)
    second = chance.random() < 0.3
    return Somebody(
        number=number,
        manner=manner,
        addresses=tuple(f"made-up-{number}-{n}" for n in range(1 + second)),
        # Some have ended before we begin, and their date is past at once.
        exit_date=start - timedelta(days=100) + timedelta(days=chance.randrange(days)),
        invited=chance.random() < 0.1,
        opted_out=chance.random() < 0.03,
        reachable=chance.random() >= 0.02,
    )


def settle_in(store: Store, agency_id: UUID, people: list[Somebody], now: datetime) -> None:
    """Write the people, their conversations and their cases down, and plan their follow-ups."""
    with store.reading(agency_id) as session:
        zone = ZoneInfo(session.exec(select(Agency.timezone)).one())
        account = session.exec(select(ChannelAccount).where(ChannelAccount.channel == ChannelKind.CONSOLE)).one()
    for first in range(0, len(people), _BATCH):
        with store.writing(agency_id) as session:
            batch = people[first : first + _BATCH]
            known = [_person(account.agency_id, each) for each in batch]
            _flush(session, known)
            for kind in zip(*(_ways(store, account, each, person) for each, person in zip(batch, known, strict=True)), strict=True):
                _flush(session, [row for rows in kind for row in rows])
            cases = [_case(each, person) for each, person in zip(batch, known, strict=True)]
            _flush(session, cases)
            with session.no_autoflush:
                for each, case in zip(batch, cases, strict=True):
                    _plan(session, each, case, zone, now)


def _flush(session: Session, rows: Iterable[object]) -> None:
    """All of one kind at once: each flush costs as much as several rows."""
    session.add_all(rows)
    session.flush()


def _begun(each: Somebody) -> datetime:
    return datetime.combine(each.exit_date, time(20), tzinfo=UTC) - timedelta(days=400)


def _person(agency: UUID, each: Somebody) -> Person:
    return Person(agency_id=agency, code=f"S{each.number:06d}", name="Made Up", language="en", created_at=_begun(each))


def _ways(store: Store, account: ChannelAccount, each: Somebody, person: Person) -> tuple[list[object], ...]:
    """Contact points, who uses them, what was said there and agreed to: rows in the order in which they need each other."""
    agency, begun = account.agency_id, _begun(each)
    points: list[object] = []
    links: list[object] = []
    talks: list[object] = []
    given: list[object] = []
    for n, address in enumerate(each.addresses if each.reachable else ()):
        point = ContactPoint(
            id=uuid7(),
            agency_id=agency,
            account_id=account.id,
            channel=account.channel,
            address=address,
            address_hash=store.keys.lookup(b"address", address),
            opted_out_at=begun if each.opted_out else None,
            created_at=begun,
        )
        points.append(point)
        links.append(PersonContactPoint(agency_id=agency, person_id=person.id, contact_point_id=point.id))
        spoken = Spoken(language="en", facts={"service_consent": True, "language_known": True, "adult": True})
        talk = Conversation(
            agency_id=agency,
            contact_point_id=point.id,
            person_id=person.id,
            snapshot=b"",
            language="en",
            last_inbound_at=begun - timedelta(days=n),
            created_at=begun,
            updated_at=begun,
        )
        # The column seals what it is given; the path of messages seals by itself, and both read the same.
        talk.snapshot = store.keys.open(b"conversation.snapshot", seal(store.keys, Snapshot(session=spoken)))
        talks.append(talk)
        consent = Consent(agency_id=agency, person_id=person.id, conversation_id=talk.id, kind="service", given=True, at=begun)
        given.append(consent)
    return points, links, talks, given


def _case(each: Somebody, person: Person) -> Case:
    return Case(agency_id=person.agency_id, person_id=person.id, stage=Stage.EXIT, opened_at=_begun(each), exit_date=each.exit_date)


def _plan(session: Session, each: Somebody, case: Case, zone: ZoneInfo, now: datetime) -> None:
    if each.invited:
        planning.exit_set(session, case, each.exit_date, zone, now)
    else:
        planning.plan(session, case, kinds.FOLLOW_UP, follow_up_day(each.exit_date), zone, now)


def reply(each: Somebody, text: str, count: int) -> str | None:
    """What the person writes back to a message; ``None``: nothing. ``count``: how many she has written so far."""
    match each.manner:
        case "silent":
            return None
        case "stops":
            return "STOP" if count == 0 else None
        case "wrong_person":
            return "3" if count == 0 else None
        case "declines":
            return ("1", "3")[count] if count < 2 else None
        case "later":
            return "2" if count == 0 else None
        case _:
            return "1" if count < 20 else None
