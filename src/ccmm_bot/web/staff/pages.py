"""The page of a person. It refreshes itself by a fragment that answers 204 as long as nothing changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from ccmm_bot.casework.cases import cases_of
from ccmm_bot.casework.flags import FlagOutcome
from ccmm_bot.casework.followup_lists import REASONS
from ccmm_bot.casework.invitations import open_invitations
from ccmm_bot.casework.person import person_page
from ccmm_bot.casework.policy import Permission, Reader, allows
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.live import Seen, changed, print_of
from ccmm_bot.web.staff.said import said_of

router = APIRouter()


@router.get("/staff/people/{person_id}")
def person(site: TheSite, reader: Staff, person_id: UUID, conversation: UUID | None = None, said: str = "") -> Response:
    """One person."""
    values = _person(site, reader, person_id, conversation)
    print_ = print_of(site, reader, "staff/person_live.html", values)
    return site.show("staff/person.html", reader, here="person", said=said_of(said), seen=print_, **values)


@router.get("/staff/people/{person_id}/live")
def person_live(site: TheSite, reader: Staff, person_id: UUID, conversation: UUID | None = None, seen: Seen = "") -> Response:
    """The same, as a fragment."""
    return changed(site, reader, "staff/person_live.html", _person(site, reader, person_id, conversation), seen)


def _person(site: Site, reader: Reader, person_id: UUID, conversation: UUID | None) -> dict[str, Any]:
    return {
        "person": person_page(site.store, reader, site.labels, person_id, conversation),
        "cases": cases_of(site.store, reader, person_id),
        "invitations": open_invitations(site.store, reader, person_id, site.clock.now()),
        "languages": LANGUAGES,
        "reasons": REASONS,
        "may_resolve": allows(reader.role, Permission.RESOLVE_FLAGS),
        "may_write": allows(reader.role, Permission.WRITE_TO_PEOPLE),
        "outcomes": [outcome.value for outcome in FlagOutcome],
    }
