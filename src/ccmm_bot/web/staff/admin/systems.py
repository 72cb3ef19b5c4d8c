"""Other systems of the agency: tokens to ask with, addresses that are told, and activity as a table."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access import api_tokens
from ccmm_bot.casework.access.api_tokens import TokenError
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.exchange import webhooks
from ccmm_bot.casework.exchange.activity import activity_csv
from ccmm_bot.casework.exchange.webhooks import WebhookError
from ccmm_bot.channels.outgoing import AddressError
from ccmm_bot.clock import BC
from ccmm_bot.store.tables import TokenScope
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.words import N_

router = APIRouter()

_SAID: Final = MappingProxyType(
    {
        "revoked": Said(N_("The token opens nothing any more.")),
        "removed": Said(N_("That address is told nothing any more.")),
    }
)


@router.get("/staff/admin/systems")
def page(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Tokens and addresses."""
    return _page(site, reader, said=_SAID.get(said))


@router.post("/staff/admin/tokens")
def make_token(
    site: TheSite,
    reader: Staff,
    scope: Annotated[TokenScope, Form()],
    name: Annotated[str, Form(max_length=api_tokens.NAME_MAXIMUM)] = "",
) -> Response:
    """A token, shown once."""
    try:
        token = api_tokens.make_token(site.store, reader, name=name, scope=scope, now=site.clock.now())
    except TokenError as error:
        return _page(site, reader, message=error.told(site.text(reader)), name=name)
    return show_room(site, reader, "systems", "secret", secret=token, what="token")


@router.post("/staff/admin/tokens/{token_id}/revoke")
def revoke(site: TheSite, reader: Staff, token_id: UUID) -> Response:
    """Revoke a token."""
    api_tokens.revoke_token(site.store, reader, token_id, site.clock.now())
    return RedirectResponse("/staff/admin/systems?said=revoked", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/admin/webhooks")
def register(
    site: TheSite,
    reader: Staff,
    events: Annotated[list[str], Form(max_length=50, default_factory=list)],
    url: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """An address to tell; its secret is shown once."""
    private = site.runtime.settings.webhooks_private
    try:
        secret = webhooks.register(site.store, reader, url=url, events=events, private=private, now=site.clock.now())
    except (WebhookError, AddressError) as error:
        return _page(site, reader, message=error.told(site.text(reader)), url=url, chosen=events)
    return show_room(site, reader, "systems", "secret", secret=secret, what="webhook")


@router.post("/staff/admin/webhooks/{endpoint_id}/remove")
def remove(site: TheSite, reader: Staff, endpoint_id: UUID) -> Response:
    """Tell it nothing any more."""
    webhooks.remove(site.store, reader, endpoint_id, site.clock.now())
    return RedirectResponse("/staff/admin/systems?said=removed", status_code=HTTPStatus.SEE_OTHER)


@router.get("/staff/admin/activity")
def activity(site: TheSite, reader: Staff) -> Response:
    """Choose a span."""
    today = site.clock.now().astimezone(BC).date()
    first = today.replace(day=1)
    return show_room(site, reader, "activity", since=first.isoformat(), until=today.isoformat())


@router.post("/staff/admin/activity")
def activity_table(
    site: TheSite, reader: Staff, since: Annotated[date, Form()], until: Annotated[date, Form(lt=date.max)]
) -> Response:
    """The activity of a span of days, both included, as CSV."""
    start, end = _moment(since), _moment(until + timedelta(days=1))
    text = activity_csv(site.store, reader, since=start, until=end, now=site.clock.now())
    headers = {"Content-Disposition": f'attachment; filename="activity-{since.isoformat()}-{until.isoformat()}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _moment(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=BC).astimezone(UTC)


def _page(site: Site, reader: Reader, **values: Any) -> Response:
    shown = {"said": None, "message": None, "name": "", "url": "", "chosen": list(webhooks.EVENTS), **values}
    return show_room(
        site,
        reader,
        "systems",
        tokens=api_tokens.tokens(site.store, reader),
        scopes=list(TokenScope),
        endpoints=webhooks.endpoints(site.store, reader),
        events=webhooks.EVENTS,
        **shown,
    )
