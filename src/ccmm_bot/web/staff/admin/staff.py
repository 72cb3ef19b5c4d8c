"""The agency's staff: who is in, what they may do, which languages they speak; inviting and helping back in."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access import staff_links
from ccmm_bot.casework.access.accounts import AccountError
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.access.staff_links import Made
from ccmm_bot.casework.agencies import colleagues
from ccmm_bot.casework.agencies.colleagues import ColleagueError
from ccmm_bot.casework.seen import Changed
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.store.tables import Role
from ccmm_bot.web.letters import mail_link
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.typed import SeenMark
from ccmm_bot.web.words import N_, words

router = APIRouter()

Languages = Annotated[list[str], Form(max_length=40, default_factory=list)]
_TAGS: Final = tuple(each.tag for each in LANGUAGES)
_SAID: Final = MappingProxyType(
    {
        "changed": Said(N_("The account is changed.")),
        "withdrawn": Said(N_("The invitation is withdrawn: its link does not work any more.")),
    }
)


@router.get("/staff/admin/staff")
def page(site: TheSite, reader: Staff, said: str = "") -> Response:
    """The list."""
    return _page(site, reader, said=_SAID.get(said))


@router.post("/staff/admin/staff")
async def invite(
    request: Request,
    site: TheSite,
    reader: Staff,
    email: Annotated[str, Form(max_length=254)],
    name: Annotated[str, Form(max_length=200)],
    role: Annotated[Role, Form()],
    languages: Languages,
) -> Response:
    """Invite a colleague, by mail where that is set up."""
    spoken = [tag for tag in _TAGS if tag in languages]
    values = {"email": email, "name": name, "role": role, "languages": spoken}
    try:
        made = await run_in_threadpool(
            staff_links.invite,
            site.store,
            reader,
            email=email,
            name=name,
            role=role,
            languages=spoken,
            now=site.clock.now(),
        )
    except AccountError as error:
        return await run_in_threadpool(_page, site, reader, typed=values, message=error.told(site.text(reader)))
    _ = site.text(reader)
    says = _("You are invited to work with {service}. This link makes your account. It works once, for seven days.")
    return await _handed_over(request, site, reader, made, says)


@router.post("/staff/admin/staff/{staff_id}")
def change(
    site: TheSite,
    reader: Staff,
    staff_id: UUID,
    role: Annotated[Role, Form()],
    languages: Languages,
    active: Annotated[bool, Form()] = False,
    seen: SeenMark = None,
) -> Response:
    """What a colleague may do, which languages she speaks, and whether the account is on."""
    spoken = [tag for tag in _TAGS if tag in languages]
    again: dict[str, object] = {"id": staff_id, "role": role, "languages": spoken, "active": active, "faster": False}
    try:
        colleagues.change(site.store, reader, staff_id, role=role, languages=spoken, active=active, now=site.clock.now(), seen=seen)
    except ColleagueError as error:
        return _page(site, reader, message=error.told(site.text(reader)), again=again)
    except Changed as error:
        message = site.text(reader)(words("problem", "changed"))
        return _page(site, reader, message=message, again=again | {"by": error.by, "at": error.at, "faster": True})
    return RedirectResponse("/staff/admin/staff?said=changed", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/admin/staff/{staff_id}/way-back")
async def way_back(
    request: Request, site: TheSite, reader: Staff, staff_id: UUID, lost_phone: Annotated[bool, Form()] = False
) -> Response:
    """A link to a new password; where the phone is lost, the second factors go as well."""
    made = await run_in_threadpool(staff_links.way_back, site.store, reader, staff_id, lost_phone=lost_phone, now=site.clock.now())
    _ = site.text(reader)
    return await _handed_over(
        request, site, reader, made, _("This link sets a new password for {service}. It works once, for 24 hours.")
    )


@router.post("/staff/admin/invitations/{link_id}/withdraw")
def withdraw(site: TheSite, reader: Staff, link_id: UUID) -> Response:
    """Take an invitation back."""
    staff_links.withdraw(site.store, reader, link_id, site.clock.now())
    return RedirectResponse("/staff/admin/staff?said=withdrawn", status_code=HTTPStatus.SEE_OTHER)


async def _handed_over(request: Request, site: Site, reader: Reader, made: Made, says: str) -> Response:
    link = f"{site.place(request).origin}/staff/welcome/{made.token}"
    text = says.format(service=site.service_name)
    mailed = await mail_link(site.runtime.settings, made, link, site.service_name, text, site.clock.now())
    return show_room(site, reader, "staff", "link", mailed=mailed, link=link, made=made)


def _page(
    site: Site,
    reader: Reader,
    *,
    said: Said | None = None,
    message: str | None = None,
    typed: Mapping[str, object] | None = None,
    again: Mapping[str, object] | None = None,
) -> Response:
    """``typed`` into the invitation, ``again``: into the form of one account, where it could not be kept."""
    now = site.clock.now()
    return show_room(
        site,
        reader,
        "staff",
        said=said,
        message=message,
        typed=typed or {"email": "", "name": "", "role": Role.CASE_MANAGER, "languages": []},
        again=again or {},
        colleagues=colleagues.colleagues(site.store, reader),
        invitations=staff_links.open_invitations(site.store, reader, now),
        roles=staff_links.ROLES,
        languages=LANGUAGES,
        own=reader.staff_id,
    )
