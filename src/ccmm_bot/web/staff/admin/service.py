"""How the service stands, and who did what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ccmm_bot.casework.access.policy import Permission, allows
from ccmm_bot.casework.agencies.access_report import MANY, access_report
from ccmm_bot.casework.agencies.alarms import gap_line, outages
from ccmm_bot.casework.agencies.audit_log import Asked, audit_log, colleagues
from ccmm_bot.casework.agencies.service_state import SPAN, service_state
from ccmm_bot.web.audit_words import ACTIONS
from ccmm_bot.web.menu import LINKED, may_open_if_there
from ccmm_bot.web.site import Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.templating import translator

router = APIRouter()

T = TypeVar("T")

#: There is a week before and after each of these days, in every time zone.
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2999, 12, 31)


@router.get("/staff/admin/service")
def service(site: TheSite, reader: Staff) -> Response:
    """Senders, failures, dialogues."""
    runtime = site.runtime
    served = {(each.kind, each.account) for each in runtime.channels}
    speaks = translator(runtime.settings.locales_dir, reader.interface_language)
    programs = sorted((name, dialogue.ref.version) for name, dialogue in runtime.loaded.dialogues.items())
    return show_room(
        site,
        reader,
        "service",
        state=service_state(site.store, reader, site.clock.now()),
        served=served,
        days=SPAN.days,
        programs=programs,
        lines=runtime.channel_lines if allows(reader.role, Permission.RUN_INSTALLATION) else (),  # of every agency
        outages=[(each, gap_line(each.gap, speaks)) for each in outages(site.store, reader, site.clock.now())],
        links=[entry for entry in LINKED if may_open_if_there(reader, entry.path)],
    )


@router.get("/staff/admin/audit")
def audit(site: TheSite, reader: Staff, request: Request, everything: bool = False, before: UUID | None = None) -> Response:
    """Who did what. What is looked for is in the address, so that a page of it can be kept and passed on: codes, no names."""
    given = {name: request.query_params.get(name, "")[:64] for name in ("code", "staff", "action", "since", "until")}
    asked = Asked(
        staff_only=not everything,
        staff=_read(UUID, given["staff"]),
        action=given["action"],
        code=given["code"],
        since=_read(_day, given["since"]),
        until=_read(_day, given["until"]),
    )
    page = audit_log(site.store, reader, asked, before=before)
    kept = {name: value for name, value in given.items() if value} | ({"everything": "true"} if everything else {})
    older = urlencode(kept | {"before": str(page.older)}) if page.older else ""
    return show_room(
        site,
        reader,
        "audit",
        page=page,
        everything=everything,
        given=given,
        older=older,
        actions=sorted(ACTIONS),
        colleagues=colleagues(site.store, reader),
    )


@router.get("/staff/admin/access")
def access(site: TheSite, reader: Staff, week: Annotated[date | None, Query(ge=FIRST_DAY, le=LAST_DAY)] = None) -> Response:
    """Who looked at whom in a week."""
    report = access_report(site.store, reader, week, site.clock.now())
    before = report.first - timedelta(days=7)
    return show_room(site, reader, "access", report=report, before=before.isoformat(), many=MANY)


def _day(text: str) -> date:
    found = date.fromisoformat(text)
    if not FIRST_DAY <= found <= LAST_DAY:
        raise ValueError("No entry can be of such a day.")
    return found


def _read(how: Callable[[str], T], text: str) -> T | None:
    try:
        return how(text)
    except ValueError:
        return None
