"""What waits for somebody who has looked at it: help lines for an administrator, languages for a speaker."""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.agencies import help_lines, offices
from ccmm_bot.i18n import review
from ccmm_bot.i18n.languages import language
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.words import N_

router = APIRouter()

Line = Annotated[str, Form(max_length=64)]
_SAID: Final = MappingProxyType(
    {
        "confirmed": Said(N_("It is written down, with your name. People are told this number from the next message on.")),
        "withdrawn": Said(N_("The confirmation is taken back. People are not told this number any more.")),
    }
)


@router.get("/staff/help-lines")
def help_lines_page(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Every help line, and which wait for a confirmation."""
    return _help_lines(site, reader, said=_SAID.get(said))


@router.post("/staff/help-lines/confirm")
def confirm(site: TheSite, reader: Staff, line: Line = "", asked: Annotated[str, Form(max_length=8)] = "") -> Response:
    """The administrator has asked the help line itself, and says so by a tick."""
    _ = site.text(reader)
    if not asked:
        return _help_lines(site, reader, message=_("Nothing was changed. Ask the help line first, and tick that you have."))
    store, lines, now = site.store, site.runtime.help_lines, site.clock.now()
    try:
        help_lines.confirm(store, reader.agency_id, lines, [line], by=reader.name, now=now, staff=reader.staff_id)
    except help_lines.HelpLineError as error:
        return _help_lines(site, reader, message=error.told(_))
    return RedirectResponse("/staff/help-lines?said=confirmed", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/help-lines/withdraw")
def withdraw(site: TheSite, reader: Staff, line: Line = "") -> Response:
    """The confirmation was a mistake, or the number is not right any more."""
    store, lines, now = site.store, site.runtime.help_lines, site.clock.now()
    try:
        help_lines.withdraw(store, reader.agency_id, lines, line, now=now, staff=reader.staff_id)
    except help_lines.HelpLineError as error:
        return _help_lines(site, reader, message=error.told(site.text(reader)))
    return RedirectResponse("/staff/help-lines?said=withdrawn", status_code=HTTPStatus.SEE_OTHER)


@router.get("/staff/languages")
def languages_page(site: TheSite, reader: Staff) -> Response:
    """How far each language is, who has read it, and which wait for a speaker."""
    runtime = site.runtime
    own = offices.reviewed_first(site.store, reader.agency_id)
    required = tuple(dict.fromkeys((*runtime.settings.reviewed_dialogues, *own)))
    known = tuple(name for name in required if name in runtime.loaded.dialogues)
    rows = review.table(runtime.catalogues, runtime.machine.program, runtime.loaded.dialogues, known)
    offered = {choice.id for choice in runtime.machine.languages}
    shown = [(language(row.tag), row) for row in rows]
    return show_room(site, reader, "languages", rows=shown, offered=offered, required=known)


def _help_lines(site: Site, reader: Reader, *, said: Said | None = None, message: str | None = None) -> Response:
    rows = help_lines.listed(site.store, reader.agency_id, site.runtime.help_lines)
    waiting = sum(row.waits for row in rows)
    return show_room(site, reader, "help-lines", "help_lines", rows=rows, waiting=waiting, said=said, message=message)
