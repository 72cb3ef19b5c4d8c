"""The agency's settings."""

from __future__ import annotations

import json
from datetime import time
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.agencies import agency
from ccmm_bot.casework.agencies.agency import AgencySettings
from ccmm_bot.casework.agencies.offices import OfficeError
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.followup.deadlines import Deadline
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.words import N_

router = APIRouter()

Short = Annotated[str, Form(max_length=200)]
_SAID: Final = MappingProxyType({"kept": Said(N_("The settings are kept. They count from now on."))})


@router.get("/staff/admin/agency")
def page(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Show them."""
    view = agency.agency_settings(site.store, reader)
    return _page(site, reader, _typed(view.settings), said=_SAID.get(said))


@router.post("/staff/admin/agency")
def keep(
    site: TheSite,
    reader: Staff,
    office_hours: Short = "",
    on_call_email: Annotated[str, Form(max_length=254)] = "",
    urgent: Short = "",
    urgent_unit: Short = "hours",
    high: Short = "",
    high_unit: Short = "days",
    normal: Short = "",
    normal_unit: Short = "days",
    sending_from: Short = "",
    sending_until: Short = "",
    keep_raw_days: Short = "",
    seen: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Keep what was changed, or show the form again with what was typed and what is wrong with it.

    ``seen``: the settings as they were when the form was opened. Where a colleague has changed others meanwhile, hers stay;
    where it is the same one, hers is shown beside what was typed, and nothing is kept before that was seen.
    """
    typed = {
        "office_hours": office_hours,
        "on_call_email": on_call_email,
        "urgent": (urgent, urgent_unit),
        "high": (high, high_unit),
        "normal": (normal, normal_unit),
        "sending_from": sending_from,
        "sending_until": sending_until,
        "keep_raw_days": keep_raw_days,
    }
    now_there = _typed(agency.agency_settings(site.store, reader).settings)
    before = _seen(seen, now_there)
    touched = {name for name in typed if typed[name] != before[name]}
    if both := {name for name in touched if now_there[name] not in (before[name], typed[name])}:
        return _page(
            site, reader, now_there | {name: typed[name] for name in touched}, theirs={name: now_there[name] for name in both}
        )
    typed = now_there | {name: typed[name] for name in touched}
    try:
        agency.change_settings(site.store, reader, _read(typed), site.clock.now())
    except OfficeError as error:
        return _page(site, reader, typed, message=error.told(site.text(reader)))
    return RedirectResponse("/staff/admin/agency?said=kept", status_code=HTTPStatus.SEE_OTHER)


def _page(
    site: Site,
    reader: Reader,
    typed: dict[str, Any],
    *,
    said: Said | None = None,
    message: str | None = None,
    theirs: dict[str, Any] | None = None,
) -> Response:
    view = agency.agency_settings(site.store, reader)
    if theirs:
        message = site.text(reader)(
            "Somebody else has changed this since you opened it. What is there now is shown; what you typed is still in the form. "
            "Look at both, then keep it again."
        )
    return show_room(
        site,
        reader,
        "agency",
        view=view,
        typed=typed,
        seen=json.dumps(_typed(view.settings)),
        theirs={name: " ".join(value) if isinstance(value, tuple) else value for name, value in (theirs or {}).items()},
        said=said,
        message=message,
    )


def _seen(text: str, otherwise: dict[str, Any]) -> dict[str, Any]:
    """The settings a form was opened with; as they are now where it does not say."""
    try:
        found = json.loads(text)
    except ValueError:
        return otherwise
    if not isinstance(found, dict) or set(found) != set(otherwise):
        return otherwise
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def _read(typed: dict[str, Any]) -> AgencySettings:
    limits = {severity: _limit(*typed[severity.value]) for severity in Severity}
    return AgencySettings(
        office_hours=typed["office_hours"].strip() or None,
        on_call_email=typed["on_call_email"].strip() or None,
        response_times=limits,
        sending_from=_minutes(typed["sending_from"]),
        sending_until=_minutes(typed["sending_until"]),
        keep_raw_days=_number(typed["keep_raw_days"]) if typed["keep_raw_days"].strip() else None,
    )


def _limit(text: str, unit: str) -> Deadline:
    count = _number(text)
    try:
        return Deadline(hours=count) if unit == "hours" else Deadline(days=count)
    except ValueError:
        raise OfficeError("A response time is a number of hours or of working days.") from None


def _number(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise OfficeError("Write numbers with digits.") from None


def _minutes(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        at = time.fromisoformat(text.strip())
    except ValueError:
        raise OfficeError("Write times of day like 09:30.") from None
    return at.hour * 60 + at.minute


def _typed(settings: AgencySettings) -> dict[str, Any]:
    limits = {
        severity.value: (str(limit.hours or limit.days), "hours" if limit.hours else "days")
        for severity, limit in settings.response_times.items()
    }
    return {
        "office_hours": settings.office_hours or "",
        "on_call_email": settings.on_call_email or "",
        **limits,
        "sending_from": _clock(settings.sending_from),
        "sending_until": _clock(settings.sending_until),
        "keep_raw_days": "" if settings.keep_raw_days is None else str(settings.keep_raw_days),
    }


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"
