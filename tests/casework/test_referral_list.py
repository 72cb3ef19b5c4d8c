"""The list of referrals of which nobody knows what came: it is complete, and it is meant to be empty (CCMM report §7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.casefile import cases
from ccmm_bot.casework.conversations.replies import ConsentHow
from ccmm_bot.casework.desk import referrals
from ccmm_bot.casework.desk.worklists import WorkList, work_page
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    DialogueRun,
    Referral,
    ReferralOutcome,
    Response,
    Role,
)
from ccmm_bot.store.types import uuid7
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    store: Store
    reader: Reader
    conversation: UUID

    def refer(self, destination: str, *, case: bool = True) -> UUID:
        """A person, with a case of her own, sent to a service; the bot asks after two weeks."""
        key = new.person(self.store, self.reader)
        if case:
            cases.open_case(self.store, self.reader, key, NOW)
        draft = referrals.Draft(
            domain="housing",
            destination=destination,
            note="",
            agreed=True,
            how=ConsentHow.BY_PHONE,
            check_on=date(2026, 12, 7) if case else None,
        )
        return referrals.refer(self.store, self.reader, key, draft, NOW)

    def answers(self, referral_id: UUID, value: str, *, skipped: bool = False) -> None:
        """The person answers the bot."""
        with self.store.installation(write=True) as session:
            sent = session.exec(select(Referral).where(Referral.id == referral_id)).one()
            run = DialogueRun(
                agency_id=sent.agency_id,
                conversation_id=self.conversation,
                person_id=sent.person_id,
                run=int(referral_id.hex[-6:], 16),
                dialogue_id="referral_check",
                dialogue_version=1,
                dialogue_hash="0" * 64,
                follow_up_id=sent.follow_up_id,
                channel=ChannelKind.SMS,
                started_at=NOW,
            )
            session.add(run)
            session.flush()
            answer = Response(
                agency_id=sent.agency_id,
                run_id=run.id,
                item="referral_received",
                type=ItemType.SELECT_ONE,
                value=None if skipped else value,
                skipped=skipped,
                raw="2",
                channel=ChannelKind.SMS,
                wording_key="x",
                wording_hash="x",
                asked_at=NOW,
                answered_at=NOW,
            )
            session.add(answer)

    def listed(self, *, mine: bool = False) -> list[str | None]:
        """Where the people of the list were sent."""
        found = work_page(self.store, self.reader, WorkList.REFERRALS, now=LATER, mine=mine)
        assert found.count == len(found.rows)
        return [row.text for row in found.rows]


@pytest.fixture
def office(store: Store) -> Office:
    return opened(store, "A")


def opened(store: Store, name: str) -> Office:
    reader = new.staff(store, new.agency(store, name))
    talk = new.conversation(store, new.person(store, reader), new.telephone(store, reader))
    return Office(store=store, reader=reader, conversation=talk)


def test_a_referral_is_listed_until_somebody_says_whether_help_came(office: Office) -> None:
    asked, skipped, unsure, helped, refused, staff = (
        office.refer(name) for name in ("asked", "skipped", "unsure", "helped", "refused", "staff")
    )
    alone = office.refer("alone", case=False)
    office.answers(skipped, "", skipped=True)
    office.answers(unsure, "unknown")
    office.answers(helped, "received")
    office.answers(refused, "not_received")
    said = (office.store, office.reader)
    referrals.set_outcome(*said, staff, ReferralOutcome.RECEIVED, NOW, seen=1)
    assert office.listed() == ["asked", "skipped", "unsure", "alone"]
    referrals.set_outcome(*said, helped, ReferralOutcome.UNKNOWN, NOW, seen=1)
    assert "helped" in office.listed(), "what staff write down stands above the answer to the bot"
    for each in (asked, skipped, unsure, alone):
        referrals.set_outcome(*said, each, ReferralOutcome.NOT_RECEIVED, NOW, seen=1)
    referrals.set_outcome(*said, helped, ReferralOutcome.RECEIVED, NOW, seen=2)
    assert office.listed() == []


def test_the_list_is_of_whoever_the_reader_sees_and_of_no_other_agency(office: Office) -> None:
    other = opened(office.store, "B")
    office.refer("ours")
    other.refer("theirs")
    assert office.listed() == ["ours"]
    assert office.listed(mine=True) == ["ours"]
    colleague = replace(office, reader=replace(office.reader, staff_id=uuid7()))
    assert (colleague.listed(), colleague.listed(mine=True)) == ([], [])
    lead = replace(colleague, reader=replace(colleague.reader, role=Role.SUPERVISOR))
    assert (lead.listed(), lead.listed(mine=True)) == (["ours"], [])


def test_a_referral_whose_day_to_ask_has_passed_is_late(office: Office) -> None:
    office.refer("asked")
    office.refer("alone", case=False)
    rows = work_page(office.store, office.reader, WorkList.REFERRALS, now=LATER).rows
    assert [(row.text, row.late, row.domain) for row in rows] == [("asked", True, "housing"), ("alone", False, "housing")]
