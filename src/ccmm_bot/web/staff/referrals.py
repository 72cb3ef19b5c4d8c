"""Sending a person elsewhere, and what came of it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.conversations.replies import ConsentHow
from ccmm_bot.casework.desk import referrals
from ccmm_bot.casework.seen import Changed
from ccmm_bot.store.tables import ReferralOutcome
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Staff, TheSite
from ccmm_bot.web.staff.pages import show_person
from ccmm_bot.web.typed import Trouble, Typed

router = APIRouter()

FORM = "refer"


@router.post("/staff/people/{person_id}/referrals")
def refer(site: TheSite, reader: Staff, person_id: UUID, typed: Typed) -> Response:
    """Keep a referral with its consent."""
    try:
        draft = referrals.Draft(
            domain=read.one(typed, "domain"),
            destination=read.one(typed, "destination"),
            note=read.one(typed, "note"),
            agreed=read.ticked(typed, "agreed"),
            how=read.maybe_choice(typed, "how", ConsentHow),
            check_on=read.maybe_day(typed, "check_on"),
        )
        referrals.refer(site.store, reader, person_id, draft, site.clock.now())
    except CaseFileError as error:
        trouble = Trouble(form=FORM, field=error.field, code=error.code, typed=typed)
        return show_person(site, reader, person_id, trouble=trouble, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _back(person_id, "referred")


@router.post("/staff/referrals/{referral_id}/outcome")
def outcome(site: TheSite, reader: Staff, referral_id: UUID, typed: Typed) -> Response:
    """Write down what came of it."""
    person = referrals.person_of(site.store, reader, referral_id)
    form = f"outcome-{referral_id}"
    try:
        said = read.choice(typed, "outcome", ReferralOutcome)
        referrals.set_outcome(site.store, reader, referral_id, said, site.clock.now(), seen=read.revision(typed))
    except CaseFileError as error:
        trouble = Trouble(form=form, field=error.field, code=error.code, typed=typed)
        return show_person(site, reader, person, trouble=trouble, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except Changed:
        trouble = Trouble(form=form, field="seen", code="changed", typed=typed)
        return show_person(site, reader, person, trouble=trouble, status=HTTPStatus.CONFLICT)
    return _back(person, "referral-said")


def _back(person_id: UUID, said: str) -> Response:
    return RedirectResponse(f"/staff/people/{person_id}?said={said}", status_code=HTTPStatus.SEE_OTHER)
