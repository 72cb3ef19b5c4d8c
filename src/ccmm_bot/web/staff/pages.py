"""What staff look at. Every page refreshes itself by a fragment that answers 204 as long as nothing changed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.cases import cases_of
from ccmm_bot.casework.flags import FlagOutcome
from ccmm_bot.casework.followup_lists import REASONS
from ccmm_bot.casework.invitations import open_invitations
from ccmm_bot.casework.person import person_page
from ccmm_bot.casework.policy import Permission, Reader, allows
from ccmm_bot.casework.today import today
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.web.menu import first_page
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.when import aware, iso

router = APIRouter()

Seen = Annotated[str, Query(max_length=64)]


@router.get("/staff")
def first(reader: Staff) -> Response:
    """The first page of the day."""
    return RedirectResponse(first_page(reader), status_code=HTTPStatus.SEE_OTHER)


@router.get("/staff/today")
def today_page(site: TheSite, reader: Staff, before: datetime | None = None) -> Response:
    """Flags and conversations."""
    values = _today(site, reader, before)
    return site.show("staff/today.html", reader, here="today", seen=_print(site, reader, "staff/today_live.html", values), **values)


@router.get("/staff/today/live")
def today_live(site: TheSite, reader: Staff, before: datetime | None = None, seen: Seen = "") -> Response:
    """The same, as a fragment."""
    return _changed(site, reader, "staff/today_live.html", _today(site, reader, before), seen)


@router.get("/staff/people/{person_id}")
def person(site: TheSite, reader: Staff, person_id: UUID, conversation: UUID | None = None, said: str = "") -> Response:
    """One person."""
    values = _person(site, reader, person_id, conversation)
    print_ = _print(site, reader, "staff/person_live.html", values)
    return site.show("staff/person.html", reader, here="person", said=said_of(said), seen=print_, **values)


@router.get("/staff/people/{person_id}/live")
def person_live(site: TheSite, reader: Staff, person_id: UUID, conversation: UUID | None = None, seen: Seen = "") -> Response:
    """The same, as a fragment."""
    return _changed(site, reader, "staff/person_live.html", _person(site, reader, person_id, conversation), seen)


def _today(site: Site, reader: Reader, before: datetime | None) -> dict[str, Any]:
    moment = aware(before) if before else None
    query = "?" + urlencode({"before": iso(moment)}) if moment else ""
    return {"today": today(site.store, reader, now=site.clock.now(), before=moment), "query": query}


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


def _changed(site: Site, reader: Reader, template: str, values: dict[str, Any], seen: str) -> Response:
    current = _print(site, reader, template, values)
    if current == seen:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return site.show(template, reader, seen=current, **values)


def _print(site: Site, reader: Reader, template: str, values: dict[str, Any]) -> str:
    """A name for what the fragment says now."""
    body = site.show(template, reader, seen="", **values).body
    return hashlib.sha256(body).hexdigest()[:20]
