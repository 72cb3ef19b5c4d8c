"""Reading: six lists, each page by page."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from ccmm_bot.casework.exchange import interchange
from ccmm_bot.casework.exchange.interchange import (
    CaseRecord,
    FlagRecord,
    FollowUpRecord,
    PersonRecord,
    ReferralRecord,
    ResponseRecord,
    Slice,
)
from ccmm_bot.store.tables import FlagStatus
from ccmm_bot.web.api.calling import Limit, System
from ccmm_bot.web.site import TheSite

router = APIRouter(tags=["reading"])


@router.get("/api/v1/persons")
def persons(site: TheSite, system: System, after: UUID | None = None, limit: Limit = 50) -> Slice[PersonRecord]:
    """Everybody the agency serves."""
    return interchange.persons(site.store, system.reader, after=after, limit=limit)


@router.get("/api/v1/cases")
def cases(
    site: TheSite, system: System, after: UUID | None = None, limit: Limit = 50, person_id: UUID | None = None
) -> Slice[CaseRecord]:
    """Cases, of everybody or of one person."""
    return interchange.cases(site.store, system.reader, after=after, limit=limit, person_id=person_id)


@router.get("/api/v1/flags")
def flags(
    site: TheSite,
    system: System,
    after: UUID | None = None,
    limit: Limit = 50,
    person_id: UUID | None = None,
    status: FlagStatus | None = None,
) -> Slice[FlagRecord]:
    """What a human should look at, or has."""
    return interchange.flags(site.store, system.reader, after=after, limit=limit, person_id=person_id, status=status)


@router.get("/api/v1/follow-ups")
def follow_ups(
    site: TheSite, system: System, after: UUID | None = None, limit: Limit = 50, person_id: UUID | None = None
) -> Slice[FollowUpRecord]:
    """What the service starts for cases."""
    return interchange.follow_ups(site.store, system.reader, after=after, limit=limit, person_id=person_id)


@router.get("/api/v1/referrals")
def referrals(
    site: TheSite, system: System, after: UUID | None = None, limit: Limit = 50, person_id: UUID | None = None
) -> Slice[ReferralRecord]:
    """Who was sent to which service, and what came of it."""
    return interchange.referrals(site.store, system.reader, after=after, limit=limit, person_id=person_id)


@router.get("/api/v1/responses")
def responses(
    site: TheSite, system: System, after: UUID | None = None, limit: Limit = 50, person_id: UUID | None = None
) -> Slice[ResponseRecord]:
    """Answers to questions, in canonical values."""
    return interchange.responses(site.store, system.reader, after=after, limit=limit, person_id=person_id)
