"""The page of a person. It refreshes itself by a fragment that answers 204 as long as nothing changed."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Permission, Reader, allows
from ccmm_bot.casework.casefile.cases import cases_of
from ccmm_bot.casework.casefile.criteria import DOMAINS, OTHER
from ccmm_bot.casework.caseload.merging import kept_as
from ccmm_bot.casework.conversations.handing_back import AFTER
from ccmm_bot.casework.desk.flags import FlagOutcome
from ccmm_bot.casework.followups.listing import REASONS
from ccmm_bot.casework.inviting.invitations import open_invitations
from ccmm_bot.casework.persons.beside import beside
from ccmm_bot.casework.persons.person import person_page
from ccmm_bot.casework.persons.timeline import timeline
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.store.tables import ReferralOutcome
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.live import Seen, changed, print_of
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Trouble
from ccmm_bot.web.when import aware

router = APIRouter()


@router.get("/staff/people/{person_id}")
def person(site: TheSite, reader: Staff, person_id: UUID, conversation: UUID | None = None, said: str = "") -> Response:
    """One person; where two entries were merged, the one that was kept."""
    if (kept := kept_as(site.store, reader, person_id)) is not None:
        return RedirectResponse(f"/staff/people/{kept}", status_code=HTTPStatus.SEE_OTHER)
    return show_person(site, reader, person_id, conversation, said=said)


@router.get("/staff/people/{person_id}/live")
def person_live(site: TheSite, reader: Staff, person_id: UUID, conversation: UUID | None = None, seen: Seen = "") -> Response:
    """The same, as a fragment."""
    return changed(site, reader, "staff/person_live.html", _person(site, reader, person_id, conversation), seen)


@router.get("/staff/people/{person_id}/timeline")
def everything(site: TheSite, reader: Staff, person_id: UUID, before: datetime | None = None) -> Response:
    """Everything that happened, the latest first, page by page."""
    found = timeline(site.store, reader, site.labels, person_id, before=aware(before) if before else None)
    return site.show("staff/timeline.html", reader, here="person", found=found)


def show_person(
    site: Site,
    reader: Reader,
    person_id: UUID,
    conversation: UUID | None = None,
    *,
    said: str = "",
    draft: str = "",
    trouble: Trouble | None = None,
    status: int = 200,
) -> Response:
    """The whole page; with what was typed where it could not be kept (``trouble``) or sent (``draft``)."""
    values = _person(site, reader, person_id, conversation)
    print_ = print_of(site, reader, "staff/person_live.html", values)
    values |= {"draft": draft, "trouble": trouble}
    return site.show("staff/person.html", reader, status=status, here="person", said=said_of(said), seen=print_, **values)


def _person(site: Site, reader: Reader, person_id: UUID, conversation: UUID | None) -> dict[str, Any]:
    page = person_page(site.store, reader, site.labels, person_id, conversation)
    return {
        "person": page,
        "beside": beside(site.store, reader, page),
        "canned": () if page.conversation is None else site.canned.of(page.conversation.language, reader.interface_language),
        "hand_back_after": tuple(AFTER),
        "domains": (*DOMAINS, OTHER),
        "referral_outcomes": [outcome.value for outcome in ReferralOutcome],
        "may_write_case": allows(reader.role, Permission.WRITE_CASES),
        "now": site.clock.now(),
        "draft": "",
        "trouble": None,
        "cases": cases_of(site.store, reader, person_id),
        "invitations": open_invitations(site.store, reader, person_id, site.clock.now()),
        "languages": LANGUAGES,
        "reasons": REASONS,
        "may_resolve": allows(reader.role, Permission.RESOLVE_FLAGS),
        "may_write": allows(reader.role, Permission.WRITE_TO_PEOPLE),
        "outcomes": [outcome.value for outcome in FlagOutcome],
    }
