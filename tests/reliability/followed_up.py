"""People whose follow-ups come due while something goes wrong."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from ccmm_bot.conversation.snapshot import Snapshot, seal
from ccmm_bot.dialogue.session import Session as Spoken
from ccmm_bot.followup.quiet_hours import next_allowed
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Agency,
    ChannelAccount,
    Consent,
    Conversation,
    FollowUp,
)
from tests import new


def a_zone_in_which_we_may_write(now: datetime) -> ZoneInfo | None:
    """Somewhere it is the middle of a working day, for an hour at least."""
    names = [f"Etc/GMT{sign}{n}" for n in range(13) for sign in "+-"]
    for zone in map(ZoneInfo, names):
        if next_allowed(now, zone) == now and next_allowed(now + timedelta(hours=1), zone) == now + timedelta(hours=1):
            return zone
    return None


def plan_follow_ups(store: Store, number: int, now: datetime, spread_s: float) -> int:
    """So many people with whom nothing is running, reached by text message, whose follow-ups come due within ``spread_s``.

    Returns how many of them we may write to now: all, or none where it is night wherever there are people.
    """
    zone = a_zone_in_which_we_may_write(now)
    chance = random.Random(7)
    with store.installation(write=True) as session:
        account = session.exec(select(ChannelAccount).where(ChannelAccount.channel == ChannelKind.SMS)).one()
        agency = session.get_one(Agency, account.agency_id)
        agency.timezone = "Etc/UTC" if zone is None else zone.key
        session.add(agency)
        for each in range(number):
            talk = spoken_before(session, store, account, f"+1778555{each:04d}", now)
            case = new.case(session, agency.id, person_id=talk.person_id, opened_at=now)
            due = now + timedelta(seconds=chance.uniform(0, spread_s))
            row = FollowUp(
                agency_id=agency.id, case_id=case, person_id=talk.person_id, kind="follow_up_3_month", due_at=due, wake_at=due
            )
            session.add(row)
    return number if zone is not None else 0


def spoken_before(session: Session, store: Store, account: ChannelAccount, address: str, now: datetime) -> Conversation:
    """Somebody who talked with us a while ago and agreed."""
    agency = account.agency_id
    person = new.person(session, agency, name="Ana Silva", language="en", created_at=now)
    point = new.telephone(session, agency, address, account_id=account.id, created_at=now)
    new.uses(session, person, point)
    spoken = Spoken(language="en", facts={"service_consent": True, "language_known": True, "adult": True})
    snapshot = store.keys.open(b"conversation.snapshot", seal(store.keys, Snapshot(session=spoken)))
    said: dict[str, Any] = {"snapshot": snapshot, "language": "en", "last_inbound_at": now - timedelta(days=30)}
    talk = new.conversation(session, person, point, at=now, **said)
    session.add(Consent(agency_id=agency, person_id=person, conversation_id=talk, kind="service", given=True, at=now))
    return session.get_one(Conversation, talk)
