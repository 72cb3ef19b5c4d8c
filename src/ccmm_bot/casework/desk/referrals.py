"""Sending a person to another service: with her consent, and with somebody asking afterwards whether help came (CCMM report §7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, not_, or_
from sqlmodel import Session, col, func, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, calendar_of, sane_day, text, today_of
from ccmm_bot.casework.casefile.criteria import DOMAINS, OTHER
from ccmm_bot.casework.conversations.replies import ConsentHow
from ccmm_bot.casework.followups import planning
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.seen import unchanged
from ccmm_bot.followup.hours import moment_on
from ccmm_bot.followup.kinds import REFERRAL_CHECK
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    Consent,
    DialogueRun,
    FollowUp,
    Person,
    Referral,
    ReferralOutcome,
    Response,
    Staff,
)

#: The name of a service stands in a text message.
DESTINATION_MAXIMUM: Final = 80
#: What the person agreed to, as it is kept with the proof. Wordings are not sealed: where she was sent says a lot about her, and is
#: in the referral alone, which names the proof.
AGREED: Final = "We may give your name, your contact and what you need to the service that the referral names"
_ITEM: Final = "referral_received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a form says. ``how`` the person agreed; ``check_on``: when the bot asks her, if it is to ask."""

    domain: str
    destination: str
    note: str
    agreed: bool
    how: ConsentHow | None
    check_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """One referral. ``outcome`` is what staff wrote down, or else what the person answered the bot (``by_bot``)."""

    id: UUID
    domain: str
    destination: str
    note: str | None
    created_at: datetime
    who: str
    check_on: date | None
    check_status: str | None
    outcome: ReferralOutcome | None
    by_bot: bool
    revision: int


def refer(store: Store, reader: Reader, person_id: UUID, draft: Draft, now: datetime) -> UUID:
    """Keep a referral with its consent, and plan the check. Raises :class:`NotFound` and :class:`CaseFileError`."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        if session.exec(select(Person.id).where(Person.id == person_id)).first() is None:
            raise NotFound("There is no such person.")
        if draft.domain not in (*DOMAINS, OTHER):
            raise CaseFileError("domain", "unknown")
        destination = text("destination", draft.destination, needed=True) or ""
        if len(destination) > DESTINATION_MAXIMUM:
            raise CaseFileError("destination", "too_long")
        if not draft.agreed:
            raise CaseFileError("agreed", "consent_needed")
        if draft.how is None:
            raise CaseFileError("how", "unknown")
        consent = Consent(
            agency_id=reader.agency_id,
            person_id=person_id,
            kind="referral",
            given=True,
            wording=AGREED,
            wording_key=f"staff.referral.{draft.how.value}",
            language="en",
            at=now,
            recorded_by=reader.staff_id,
        )
        session.add(consent)
        session.flush()
        case = _case_of(session, person_id)
        referral = Referral(
            agency_id=reader.agency_id,
            person_id=person_id,
            case_id=case.id if case else None,
            domain=draft.domain,
            destination=destination,
            note=text("note", draft.note),
            consent_id=consent.id,
            check_on=draft.check_on,
            created_at=now,
            staff_id=reader.staff_id,
        )
        if draft.check_on is not None:
            referral.follow_up_id = _plan_check(session, case, referral, draft.check_on, now).id
        session.add(referral)
        _audit(session, reader, "referral.made", referral.id, now, {"domain": draft.domain})
        return referral.id


def set_outcome(store: Store, reader: Reader, referral_id: UUID, outcome: ReferralOutcome, now: datetime, *, seen: int) -> UUID:
    """Write down what came of it; the bot need not ask any more then. Returns whose it is.

    Raises :class:`NotFound` and :class:`ccmm_bot.casework.casefile.common.Changed`.
    """
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        row = session.exec(select(Referral).where(Referral.id == referral_id).with_for_update()).first()
        if row is None:
            raise NotFound("There is no such referral.")
        unchanged(row.revision, seen)
        row.outcome, row.outcome_at, row.outcome_by = outcome, now, reader.staff_id
        row.revision += 1
        session.add(row)
        if outcome is not ReferralOutcome.UNKNOWN and row.follow_up_id is not None:
            check = session.exec(select(FollowUp).where(FollowUp.id == row.follow_up_id).with_for_update()).first()
            if check is not None:
                planning.cancel(session, check, "answered", now)
        _audit(session, reader, "referral.outcome", row.id, now, {"outcome": outcome.value})
        return row.person_id


def person_of(store: Store, reader: Reader, referral_id: UUID) -> UUID:
    """Whose referral it is. Raises :class:`NotFound`."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        found = session.exec(select(Referral.person_id).where(Referral.id == referral_id)).first()
    if found is None:
        raise NotFound("There is no such referral.")
    return found


def referrals_of(session: Session, person_id: UUID) -> tuple[ReferralView, ...]:
    """A person's referrals, the newest first: two queries."""
    rows = session.exec(
        select(Referral, Staff.name, FollowUp.status)
        .join(Staff, col(Staff.id) == Referral.staff_id)
        .outerjoin(FollowUp, col(FollowUp.id) == Referral.follow_up_id)
        .where(Referral.person_id == person_id)
        .order_by(col(Referral.created_at).desc(), col(Referral.id).desc())
    ).all()
    answers = answered(session, [row.follow_up_id for row, _, _ in rows if row.follow_up_id is not None])
    return tuple(
        ReferralView(
            id=row.id,
            domain=row.domain,
            destination=row.destination,
            note=row.note,
            created_at=row.created_at,
            who=name,
            check_on=row.check_on,
            check_status=str(status) if status else None,
            outcome=row.outcome or (answers.get(row.follow_up_id) if row.follow_up_id else None),
            by_bot=row.outcome is None and row.follow_up_id in answers,
            revision=row.revision,
        )
        for row, name, status in rows
    )


def unknown_outcome() -> ColumnElement[bool]:
    """Of a :class:`Referral` in a query: neither staff nor the person has said whether help came."""
    known = [f'"{outcome.value}"' for outcome in ReferralOutcome if outcome is not ReferralOutcome.UNKNOWN]
    said = (
        select(Response.id)
        .join(DialogueRun, col(Response.run_id) == DialogueRun.id)
        .where(
            col(DialogueRun.follow_up_id) == Referral.follow_up_id,
            Response.item == _ITEM,
            col(Response.skipped).is_(False),
            cast(col(Response.value), Text).in_(known),  # JSON as it is written, the same on both databases
        )
        .correlate(Referral)
        .exists()
    )
    return or_(col(Referral.outcome) == ReferralOutcome.UNKNOWN, and_(col(Referral.outcome).is_(None), not_(said)))


def answered(session: Session, checks: Sequence[UUID]) -> dict[UUID, ReferralOutcome]:
    """What people answered the bot, by the check it asked in; a skipped question is no answer."""
    if not checks:
        return {}
    rows = session.exec(
        select(DialogueRun.follow_up_id, Response.value)
        .join(Response, col(Response.run_id) == DialogueRun.id)
        .where(col(DialogueRun.follow_up_id).in_(checks), Response.item == _ITEM, col(Response.skipped).is_(False))
        .order_by(col(Response.answered_at))
    )
    values = {outcome.value for outcome in ReferralOutcome}
    return {check: ReferralOutcome(value) for check, value in rows if check is not None and value in values}


def _case_of(session: Session, person_id: UUID) -> Case | None:
    """The person's own case, an open one before an ended one."""
    return session.exec(
        select(Case).where(Case.person_id == person_id).order_by(col(Case.exit_date).is_not(None), col(Case.opened_at).desc())
    ).first()


def _plan_check(session: Session, case: Case | None, referral: Referral, day: date, now: datetime) -> FollowUp:
    if sane_day("check_on", day, now) < today_of(session, now):
        raise CaseFileError("check_on", "date_past")
    if case is None:
        raise CaseFileError("check_on", "no_case")
    earlier = select(func.max(FollowUp.occurrence)).where(FollowUp.case_id == case.id, FollowUp.kind == REFERRAL_CHECK)
    occurrence = (session.exec(earlier).one() or 0) + 1
    zone = calendar_of(session)[0]
    due = moment_on(day, zone, f"{case.id.hex}.{REFERRAL_CHECK}.{occurrence}")
    facts = {"referral_to": referral.destination}
    planned = planning.plan_at(session, case, REFERRAL_CHECK, due, now, occurrence=occurrence, day=day, facts=facts)
    if planned is None:
        raise CaseFileError("check_on", "no_case")
    session.flush()
    return planned


def _audit(session: Session, reader: Reader, action: str, referral_id: UUID, now: datetime, detail: dict[str, str]) -> None:
    session.add(done_by(reader, action, "referral", referral_id, now, detail))
