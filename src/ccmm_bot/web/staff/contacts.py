"""What is known of a person's phone: when it is safe to write there first, and that it is safe again."""

from __future__ import annotations

from datetime import time
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.conversations import replies
from ccmm_bot.casework.persons import contact_points
from ccmm_bot.casework.persons.contact_points import NoHoursLeft, Safety, SaidByPerson
from ccmm_bot.casework.seen import Changed
from ccmm_bot.web.site import Staff, TheSite
from ccmm_bot.web.staff.pages import show_person
from ccmm_bot.web.typed import SeenMark, overtaken

router = APIRouter()

#: What a field for a time of day sends, or nothing.
_Time = Annotated[str, Form(pattern=r"^$|^([01][0-9]|2[0-3]):[0-5][0-9]$")]


@router.post("/staff/conversations/{conversation_id}/safety")
def keep_safety(
    site: TheSite,
    reader: Staff,
    conversation_id: UUID,
    safety: Annotated[Safety, Form()],
    safe_from: _Time = "",
    safe_until: _Time = "",
    shared: Annotated[bool, Form()] = False,
    seen: SeenMark = None,
) -> Response:
    """Write down when we may write there first."""
    to = replies.target(site.store, reader, conversation_id)
    hours = (time.fromisoformat(safe_from), time.fromisoformat(safe_until)) if safe_from and safe_until else None
    said = "safety-kept"
    try:
        contact_points.keep_safety(
            site.store, reader, conversation_id, safety, site.clock.now(), hours=hours, shared=shared, seen=seen
        )
    except NoHoursLeft:
        said = "no-hours"
    except SaidByPerson:
        said = "said-not-safe"
    except Changed as error:
        typed = {"safety": safety.value, "safe_from": safe_from, "safe_until": safe_until} | ({"shared": "true"} if shared else {})
        trouble = overtaken("safety", typed, error)
        return show_person(site, reader, to.person_id, conversation_id, trouble=trouble, status=HTTPStatus.CONFLICT)
    return _back(to, said)


@router.post("/staff/conversations/{conversation_id}/safe-again")
async def safe_again(site: TheSite, reader: Staff, conversation_id: UUID, how: Annotated[replies.ConsentHow, Form()]) -> Response:
    """The person told somebody here that her phone is safe again. Sends nothing."""
    to = await run_in_threadpool(replies.target, site.store, reader, conversation_id)
    receipt = await site.runtime.receiver.safe_again(str(to.conversation_id), how.value, str(reader.staff_id))
    return _back(to, "safe-again" if receipt.rejected is None else "not-silent")


def _back(to: replies.Target, said: str) -> Response:
    address = f"/staff/people/{to.person_id}?said={said}&conversation={to.conversation_id}"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
