"""The agencies of the installation, for its operator: making one, inviting its first administrator, connecting its channels."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.accounts import AccountError
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.access.staff_links import Made
from ccmm_bot.casework.agencies import installation
from ccmm_bot.casework.agencies.installation import InstallationError
from ccmm_bot.channels.stored import check_sender
from ccmm_bot.errors import CcmmError, ConfigurationError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.accounts import SenderError
from ccmm_bot.web.letters import mail_link
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.words import N_

router = APIRouter()

Text = Annotated[str, Form(max_length=300)]
_CHANNELS: Final = (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.TELEGRAM)
_SAID: Final = MappingProxyType(
    {"connected": Said(N_("The sender is kept. The service opens it at its next start; then send it a message yourself."))}
)
#: What is wrong with a sender or its credentials, by what the check says; the words name the field.
_WRONG: Final = MappingProxyType(
    {
        "The Twilio account SID must be AC and 32 hexadecimal digits.": N_(
            "The Twilio account SID must be AC and 32 hexadecimal digits."
        ),
        "The sender must be a number like +16045550100.": N_("The sender must be a number like +16045550100."),
        "The Twilio auth token is empty.": N_("The Twilio auth token is empty."),
        "That has not the shape of a bot's token.": N_("That has not the shape of a bot's token."),
        "This sender belongs to another agency. What people wrote to it is theirs.": N_(
            "This sender belongs to another agency. What people wrote to it is theirs."
        ),
    }
)


@router.get("/staff/admin/agencies")
def page(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Every agency, and what is missing before its first message."""
    return _page(site, reader, said=_SAID.get(said))


@router.post("/staff/admin/agencies")
async def make(
    request: Request,
    site: TheSite,
    reader: Staff,
    name: Text = "",
    service_name: Text = "",
    email: Text = "",
    administrator: Text = "",
) -> Response:
    """Make an agency, and invite who will administer it."""
    typed = {"name": name, "service_name": service_name, "email": email, "administrator": administrator}
    try:
        _agency, made = await run_in_threadpool(installation.make, site.store, reader, **typed, now=site.clock.now())
    except (InstallationError, AccountError) as error:
        return await run_in_threadpool(_page, site, reader, form="new", typed=typed, error=error)
    return await _invited(request, site, reader, made)


@router.post("/staff/admin/agencies/{agency_id}/administrator")
async def invite(request: Request, site: TheSite, reader: Staff, agency_id: UUID, email: Text = "", name: Text = "") -> Response:
    """Invite the first administrator again, or another one."""
    try:
        made = await run_in_threadpool(
            installation.invite_first, site.store, reader, agency_id, email=email, name=name, now=site.clock.now()
        )
    except (InstallationError, AccountError) as error:
        typed = {"email": email, "administrator": name}
        return await run_in_threadpool(_page, site, reader, form=f"invite-{agency_id}", typed=typed, error=error)
    return await _invited(request, site, reader, made)


@router.post("/staff/admin/agencies/{agency_id}/senders")
def connect(
    site: TheSite,
    reader: Staff,
    agency_id: UUID,
    channel: Annotated[ChannelKind, Form()],
    sender: Text = "",
    account_sid: Text = "",
    token: Text = "",
) -> Response:
    """Give an agency a sender. What is secret about it is sealed at once and never shown again, also where the form comes back."""
    if channel is ChannelKind.TELEGRAM:
        account, credentials = token.partition(":")[0], {"token": token, "webhook_secret": secrets.token_urlsafe(32)}
    else:
        account, credentials = sender.strip().removeprefix("whatsapp:"), {"account_sid": account_sid.strip(), "auth_token": token}
    try:
        check_sender(channel, account, credentials)
        installation.connect(
            site.store, reader, agency_id, channel=channel, account=account, credentials=credentials, now=site.clock.now()
        )
    except (ConfigurationError, SenderError) as error:
        typed = {"channel": channel.value, "sender": sender, "account_sid": account_sid}
        return _page(site, reader, form=f"sender-{agency_id}", typed=typed, error=error)
    return RedirectResponse("/staff/admin/agencies?said=connected", status_code=HTTPStatus.SEE_OTHER)


async def _invited(request: Request, site: Site, reader: Reader, made: Made) -> Response:
    link = f"{site.place(request).origin}/staff/welcome/{made.token}"
    _ = site.text(reader)
    says = _("You are invited to administer your agency in {service}. This link makes your account. It works once, for seven days.")
    text = says.format(service=site.service_name)
    mailed = await mail_link(site.runtime.settings, made, link, site.service_name, text, site.clock.now())
    return show_room(site, reader, "agencies", "link", mailed=mailed, link=link, made=made, back="/staff/admin/agencies")


def _page(
    site: Site,
    reader: Reader,
    *,
    said: Said | None = None,
    form: str = "",
    typed: Mapping[str, str] | None = None,
    error: CcmmError | None = None,
) -> Response:
    _ = site.text(reader)
    message = None if error is None else error.told(_)
    if error is not None and (known := _WRONG.get(str(error))):
        message = _(known)
    runtime = site.runtime
    return show_room(
        site,
        reader,
        "agencies",
        said=said,
        message=message,
        form=form,
        typed=typed or {},
        agencies=installation.agencies(site.store, reader, runtime.help_lines, site.clock.now()),
        served={(each.kind, each.account) for each in runtime.channels},
        channels=_CHANNELS,
        longest=installation.NAME_MAXIMUM,
    )
