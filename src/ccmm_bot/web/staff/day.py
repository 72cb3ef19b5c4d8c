"""The first page of the day, and each of its lists in full: what a count says is what one click shows."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Permission, Reader, allows
from ccmm_bot.casework.desk.today import COUNTED, today, waiting_page
from ccmm_bot.casework.desk.worklists import WorkList, work_page
from ccmm_bot.casework.followups.listing import REASONS
from ccmm_bot.web.menu import first_page
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.live import Seen, changed, print_of
from ccmm_bot.web.when import aware, iso

router = APIRouter()

PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/staff")
def first(reader: Staff) -> Response:
    """The first page of the day."""
    return RedirectResponse(first_page(reader), status_code=HTTPStatus.SEE_OTHER)


@router.get("/staff/today")
def today_page(site: TheSite, reader: Staff, before: datetime | None = None, mine: bool = False) -> Response:
    """Flags, the lists of the day, and conversations."""
    values = _today(site, reader, before, mine)
    print_ = print_of(site, reader, "staff/today_live.html", values)
    return site.show("staff/today.html", reader, here="today", seen=print_, **values)


@router.get("/staff/today/live")
def today_live(site: TheSite, reader: Staff, before: datetime | None = None, mine: bool = False, seen: Seen = "") -> Response:
    """The same, as a fragment."""
    return changed(site, reader, "staff/today_live.html", _today(site, reader, before, mine), seen)


@router.get("/staff/today/waiting")
def waiting(site: TheSite, reader: Staff, mine: bool = False, page: PageNumber = 1) -> Response:
    """Everybody who waits for a human."""
    found = waiting_page(site.store, reader, now=site.clock.now(), mine=mine, page=page)
    return site.show("staff/waiting.html", reader, here="today", found=found, mine=mine)


@router.get("/staff/today/list")
def work_list(
    site: TheSite, reader: Staff, name: WorkList = WorkList.UNANSWERED, mine: bool = False, page: PageNumber = 1
) -> Response:
    """One list of the day in full."""
    found = work_page(site.store, reader, name, now=site.clock.now(), mine=mine, page=page)
    return site.show("staff/work_list.html", reader, here="today", found=found, mine=mine, **_shared(reader))


def _today(site: Site, reader: Reader, before: datetime | None, mine: bool) -> dict[str, Any]:
    moment = aware(before) if before else None
    asked = {**({"before": iso(moment)} if moment else {}), **({"mine": "1"} if mine else {})}
    return {
        "today": today(site.store, reader, now=site.clock.now(), before=moment, mine=mine),
        "query": "?" + urlencode(asked) if asked else "",
        "mine": mine,
        "counted": COUNTED,
        **_shared(reader),
    }


def _shared(reader: Reader) -> dict[str, Any]:
    return {"reasons": REASONS, "may_resolve": allows(reader.role, Permission.RESOLVE_FLAGS)}
