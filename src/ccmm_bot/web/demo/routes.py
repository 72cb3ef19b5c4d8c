"""The demonstration's page. The phones go through the very receiver, outbox, sender and channels that real ones do."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

import phonenumbers
from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access import sessions
from ccmm_bot.casework.access.policy import NotFound
from ccmm_bot.messages import ChannelKind
from ccmm_bot.web.demo.due import next_due
from ccmm_bot.web.demo.state import ACCOUNTS, Bubble, Demonstration
from ccmm_bot.web.site import Site, TheSite
from ccmm_bot.web.when import bc_time

_ANSWER_S = 1.5  # how long a page waits for the answer to what it sent, before it shows what there is
_STEP_S = 0.02


def is_this_machine(request: Request) -> bool:
    """Whether the request comes from this machine and was meant for it (a name of elsewhere that points here is refused)."""
    client = request.client.host if request.client else ""
    return _loopback(client) and _loopback(request.base_url.hostname or "")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def demonstration(request: Request) -> Demonstration:
    """The phones; there is no demonstration for anybody else."""
    found = request.app.state.demonstration
    if not isinstance(found, Demonstration) or not is_this_machine(request):
        raise NotFound("There is no demonstration here.")
    return found


def phone_kind(kind: ChannelKind) -> ChannelKind:
    """A channel that has a phone on the page."""
    if kind not in ACCOUNTS:
        raise NotFound("There is no such phone.")
    return kind


TheDemonstration = Annotated[Demonstration, Depends(demonstration)]
Kind = Annotated[ChannelKind, Depends(phone_kind)]

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneView:
    """One phone as the templates show it."""

    kind: ChannelKind
    what: str
    seen: str
    bubbles: list[Bubble]


@router.get("/demo")
async def page(request: Request, site: TheSite, demo: TheDemonstration) -> Response:
    """The phones beside the staff page, which is opened without a sign-in: the page exists on this machine only."""
    response = site.show("demo/page.html", phones=[_view(site, demo, kind) for kind in ACCOUNTS])
    await _open_session(request, response, site, demo)
    return response


@router.get("/demo/staff")
async def staff(request: Request, site: TheSite, demo: TheDemonstration) -> Response:
    """The staff page alone, signed in."""
    response = RedirectResponse("/staff/today", status_code=HTTPStatus.SEE_OTHER)
    await _open_session(request, response, site, demo)
    return response


@router.get("/demo/phones/{kind}")
async def screen(site: TheSite, demo: TheDemonstration, kind: Kind, seen: Annotated[str, Query(max_length=64)] = "") -> Response:
    """A phone's screen, when it changed."""
    view = _view(site, demo, kind)
    if view.seen == seen:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return site.show("demo/screen.html", phone=view)


@router.post("/demo/phones/{kind}/write")
async def write(
    request: Request, site: TheSite, demo: TheDemonstration, kind: Kind, text: Annotated[str, Form(max_length=20_000)] = ""
) -> Response:
    """Send what was typed."""
    before = demo.arrived(kind)
    receipt = await site.runtime.receiver.receive(demo.write(kind, text, site.clock.now()))
    return await _answered(request, site, demo, kind, before + len(receipt.outbound))


@router.post("/demo/phones/{kind}/tap")
async def tap(
    request: Request,
    site: TheSite,
    demo: TheDemonstration,
    kind: Kind,
    message: Annotated[str, Form(max_length=40)],
    payload: Annotated[str, Form(max_length=64)],
) -> Response:
    """Press a button that is on the screen."""
    before = demo.arrived(kind)
    sent = demo.tap(kind, message, payload, site.clock.now())
    if sent is None:
        raise NotFound("There is no such button.")
    receipt = await site.runtime.receiver.receive(sent)
    return await _answered(request, site, demo, kind, before + len(receipt.outbound))


@router.post("/demo/phones/{kind}/forward")
async def forward(request: Request, site: TheSite, demo: TheDemonstration, kind: Kind) -> Response:
    """Let time pass until the next thing that is due on this phone."""
    address = demo.handsets[kind].phone.address
    before = site.clock.now()
    due = await run_in_threadpool(next_due, site.store, kind, address, before)
    if due is None:
        demo.remark(kind, site.text()("Nothing is due on this phone."))
    else:
        demo.clock.put(due)
        demo.remark(kind, bc_time(due))
        await demo.settle()
    response = await _answered(request, site, demo, kind, 0)
    # Hours and days have passed for the session as well: this browser gets a fresh one.
    await _open_session(request, response, site, demo)
    return response


@router.post("/demo/phones/{kind}/reset")
async def reset(request: Request, site: TheSite, demo: TheDemonstration, kind: Kind) -> Response:
    """A new phone with a new number."""
    demo.reset(kind)
    return await _answered(request, site, demo, kind, 0)


async def _open_session(request: Request, response: Response, site: Site, demo: Demonstration) -> None:
    token = request.cookies.get(site.cookie)
    now = site.clock.now()
    reader = await run_in_threadpool(sessions.who, site.store, token, now) if token else None
    if reader is not None:
        return
    opened = await run_in_threadpool(sessions.open_session, site.store, demo.staff_id, now)
    site.remember(response, opened.token)


async def _answered(request: Request, site: Site, demo: Demonstration, kind: ChannelKind, target: int) -> Response:
    """Wait a moment for the answers to arrive, then show the screen (or the whole page, to a browser without scripts)."""
    waited = timedelta()
    while demo.arrived(kind) < target and waited.total_seconds() < _ANSWER_S:
        await asyncio.sleep(_STEP_S)
        waited += timedelta(seconds=_STEP_S)
    if "hx-request" not in request.headers:
        return RedirectResponse("/demo", status_code=HTTPStatus.SEE_OTHER)
    return site.show("demo/screen.html", phone=_view(site, demo, kind))


def _readable(address: str) -> str:
    if not address.startswith("+"):
        return address
    return phonenumbers.format_number(phonenumbers.parse(address), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _view(site: Site, demo: Demonstration, kind: ChannelKind) -> PhoneView:
    bubbles = demo.screen(kind)
    address = demo.handsets[kind].phone.address
    digest = hashlib.sha256(repr((address, bubbles)).encode()).hexdigest()[:20]
    return PhoneView(kind=kind, what=_readable(address), seen=digest, bubbles=bubbles)
