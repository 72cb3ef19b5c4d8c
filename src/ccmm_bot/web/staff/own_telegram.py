"""Linking one's own Telegram, for urgent notices. It opens nothing and shows nothing, so that it asks for no password."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ccmm_bot.casework.access import staff_telegram
from ccmm_bot.channels import senders
from ccmm_bot.messages import ChannelKind
from ccmm_bot.web.site import Staff, TheSite
from ccmm_bot.web.staff.account import back, show_account

router = APIRouter()


@router.post("/staff/account/telegram")
async def offer(site: TheSite, reader: Staff) -> Response:
    """A link to the agency's bot with a code that works once, shown this one time."""
    mine = await run_in_threadpool(senders.of_agency, site.store, reader.agency_id)
    names = dict(await senders.public(site.runtime.channels, [each for each in mine if each[0] is ChannelKind.TELEGRAM]))
    name = names.get(ChannelKind.TELEGRAM)
    if name is None:
        return back("no-bot")
    code = await run_in_threadpool(staff_telegram.offer, site.store, reader, site.clock.now())
    return await run_in_threadpool(show_account, site, reader, telegram_link=f"https://t.me/{name}?start={code}")


@router.post("/staff/account/telegram/unlink")
def unlink(site: TheSite, reader: Staff) -> Response:
    """Send nothing there any more."""
    staff_telegram.unlink(site.store, reader, site.clock.now())
    return back("unlinked")
