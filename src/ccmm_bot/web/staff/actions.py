"""The buttons. Each does one thing and goes back to the person's page, which says what came of it."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.conversations import replies
from ccmm_bot.casework.conversations.handing_back import plan_hand_back
from ccmm_bot.casework.conversations.replies import Hindrance, Target
from ccmm_bot.casework.persons import changing as people
from ccmm_bot.casework.seen import Changed
from ccmm_bot.followup import kinds
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.pages import show_person
from ccmm_bot.web.typed import SeenMark, overtaken

router = APIRouter()


class Started(StrEnum):
    """What staff start on a person's phone (CCMM report §2: surveys at entry and exit, the follow-up; IRCC: the check-in)."""

    FOLLOW_UP = kinds.FOLLOW_UP
    CHECK_IN = kinds.CHECK_IN
    ENTRY_SURVEY = kinds.ENTRY_SURVEY
    EXIT_SURVEY = kinds.EXIT_SURVEY


_REFUSED = {"busy": Hindrance.BUSY, "opted_out": Hindrance.OPTED_OUT, "human": Hindrance.HUMAN, "no_name": Hindrance.NO_NAME}


@router.post("/staff/people/{person_id}/name")
def rename(
    site: TheSite,
    reader: Staff,
    person_id: UUID,
    name: Annotated[str, Form(max_length=people.NAME_MAXIMUM)] = "",
    seen: SeenMark = None,
) -> Response:
    """Write down how the person is called."""
    try:
        people.rename(site.store, reader, person_id, name, site.clock.now(), seen=seen)
    except Changed as error:
        trouble = overtaken("name", {"name": name}, error)
        return show_person(site, reader, person_id, trouble=trouble, status=HTTPStatus.CONFLICT)
    return _back(person_id, "named")


@router.post("/staff/conversations/{conversation_id}/reply")
async def reply(
    site: TheSite,
    reader: Staff,
    conversation_id: UUID,
    text: Annotated[str, Form(max_length=replies.REPLY_MAXIMUM)] = "",
    back: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Write to the person; the bot waits from then on, until it is handed back or a set time has passed."""
    to = await run_in_threadpool(replies.target, site.store, reader, conversation_id)
    now = site.clock.now()
    hindrance = replies.hindrance_to_reply(to, text, now)
    elsewhere = hindrance is Hindrance.WINDOW and await replies.another_way(site.runtime.database.runner, to, now)
    if hindrance is not None and not elsewhere:
        return await run_in_threadpool(_kept, site, reader, to, text, hindrance)
    said = "sent" if to.window_open(now) else "sent-elsewhere" if elsewhere else "sent-knock"
    receipt = await site.runtime.receiver.reply_as_human(str(to.conversation_id), text.strip(), str(reader.staff_id))
    if receipt.rejected is not None:
        return await run_in_threadpool(_kept, site, reader, to, text, _said(receipt.rejected, said))
    await run_in_threadpool(plan_hand_back, site.store, reader, conversation_id, back, now)
    return _back(to.person_id, said, to)


@router.post("/staff/conversations/{conversation_id}/canned")
async def canned(site: TheSite, reader: Staff, conversation_id: UUID, key: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Send a ready answer in the person's language: a text of the catalogue, whatever the form says."""
    to = await run_in_threadpool(replies.target, site.store, reader, conversation_id)
    ready = site.canned.text(key, to.language)
    if ready is None:
        return _back(to.person_id, "no-canned", to)
    return await reply(site, reader, conversation_id, ready.text)


@router.post("/staff/conversations/{conversation_id}/take-over")
async def take_over(site: TheSite, reader: Staff, conversation_id: UUID, back: Annotated[str, Form(max_length=8)] = "") -> Response:
    """Keep the bot still, before anything is written."""
    to = await run_in_threadpool(replies.target, site.store, reader, conversation_id)
    await site.runtime.receiver.take_over(str(to.conversation_id), str(reader.staff_id))
    await run_in_threadpool(plan_hand_back, site.store, reader, conversation_id, back, site.clock.now())
    return _back(to.person_id, "taken-over", to)


@router.post("/staff/conversations/{conversation_id}/hand-back")
async def hand_back(site: TheSite, reader: Staff, conversation_id: UUID) -> Response:
    """Let the bot go on."""
    to = await run_in_threadpool(replies.target, site.store, reader, conversation_id)
    if not to.human:
        return _back(to.person_id, Hindrance.NOT_HUMAN, to)
    await run_in_threadpool(plan_hand_back, site.store, reader, conversation_id, "", site.clock.now())
    await site.runtime.receiver.resume(str(to.conversation_id), str(reader.staff_id))
    return _back(to.person_id, "handed-back", to)


@router.post("/staff/conversations/{conversation_id}/follow-up")
async def follow_up(
    site: TheSite, reader: Staff, conversation_id: UUID, kind: Annotated[Started, Form()] = Started.FOLLOW_UP
) -> Response:
    """Start the 3-month follow-up, a check-in or a survey on the person's phone."""
    to = await run_in_threadpool(replies.target, site.store, reader, conversation_id)
    if (hindrance := replies.hindrance_to_start(to, site.clock.now())) is not None:
        return _back(to.person_id, hindrance, to)
    now = site.clock.now()
    said = "started-later" if replies.starts_later(to, now) else "started" if to.window_open(now) else "started-knock"
    planned = await run_in_threadpool(replies.planned, site.store, reader, to.person_id, kind.value)
    receipt = await site.runtime.receiver.begin(
        str(to.conversation_id),
        kinds.KINDS[kind].dialogue,
        follow_up_id=None if planned is None else str(planned),
        staff_id=str(reader.staff_id),
    )
    return _back(to.person_id, _said(receipt.rejected, said), to)


@router.post("/staff/conversations/{conversation_id}/consent-again")
async def consent_again(
    site: TheSite, reader: Staff, conversation_id: UUID, how: Annotated[replies.ConsentHow, Form()]
) -> Response:
    """Write down that the person wants our messages again. Sends nothing."""
    to = await run_in_threadpool(replies.target, site.store, reader, conversation_id)
    receipt = await site.runtime.receiver.consent_again(str(to.conversation_id), how.value, str(reader.staff_id))
    return _back(to.person_id, "consented" if receipt.rejected is None else "not-opted-out", to)


def _kept(site: Site, reader: Reader, to: Target, text: str, said: str) -> Response:
    """What could not be sent, still in its form, with the reason."""
    return show_person(site, reader, to.person_id, to.conversation_id, said=said, draft=text, status=HTTPStatus.CONFLICT)


def _said(rejected: str | None, otherwise: str) -> str:
    if rejected is None:
        return otherwise
    return _REFUSED.get(rejected, Hindrance.BUSY)


def _back(person_id: UUID, said: str, to: Target | None = None) -> Response:
    chosen = f"&conversation={to.conversation_id}" if to is not None else ""
    return RedirectResponse(f"/staff/people/{person_id}?said={said}{chosen}", status_code=HTTPStatus.SEE_OTHER)
