"""How long an agency keeps what, and what has passed its time."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.agencies.offices import OfficeError
from ccmm_bot.casework.keeping import running
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.words import N_

router = APIRouter()

Days = Annotated[str, Form(max_length=6)]
_PAGE: Final = "/staff/admin/retention"
_SAID: Final = MappingProxyType({"kept": Said(N_("The periods are kept. They count from the next run on."))})
LABELS: Final = MappingProxyType(
    {
        "payloads": N_("Messages in the form the provider sent them"),
        "messages": N_("Texts of messages, in and out, and their translations"),
        "files": N_("Files people sent"),
        "uploads": N_("Uploaded caseloads that nobody took over"),
        "sign_ins": N_("Ended sessions and used links of staff"),
        "deliveries": N_("Receipts of messages, providers' ids, deliveries to other systems"),
        "people": N_("People: everything of whoever has not written for so long and whose case ended so long ago"),
    }
)


@router.get(_PAGE)
def page(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Show them."""
    kinds = running.shown(site.store, reader, site.clock.now())
    typed = {kind.name: "" if kind.days is None else str(kind.days) for kind in kinds}
    return _page(site, reader, typed, said=_SAID.get(said))


@router.post(_PAGE)
def keep(
    site: TheSite,
    reader: Staff,
    payloads: Days = "",
    messages: Days = "",
    files: Days = "",
    uploads: Days = "",
    sign_ins: Days = "",
    deliveries: Days = "",
    people: Days = "",
) -> Response:
    """Keep them, or show the form again with what was typed and what is wrong with it."""
    typed = {
        "payloads": payloads,
        "messages": messages,
        "files": files,
        "uploads": uploads,
        "sign_ins": sign_ins,
        "deliveries": deliveries,
        "people": people,
    }
    try:
        wanted = {name: _days(text) for name, text in typed.items()}
        running.keep(site.store, reader, wanted, site.clock.now())
    except OfficeError as error:
        return _page(site, reader, typed, message=error.told(site.text(reader)))
    return RedirectResponse(f"{_PAGE}?said=kept", status_code=HTTPStatus.SEE_OTHER)


def _page(
    site: Site, reader: Reader, typed: Mapping[str, str], *, said: Said | None = None, message: str | None = None
) -> Response:
    kinds = running.shown(site.store, reader, site.clock.now())
    return show_room(site, reader, "agency", "retention", kinds=kinds, labels=LABELS, typed=typed, said=said, message=message)


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text.strip())
    except ValueError:
        raise OfficeError("Write numbers with digits.") from None
