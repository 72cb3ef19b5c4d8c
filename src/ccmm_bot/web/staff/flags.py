"""One flag: what happened to it, and what staff do with it. A form with a mistake comes back as it was typed."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Permission, Reader, allows
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.desk import flags, next_steps
from ccmm_bot.casework.desk.flag_page import flag_page
from ccmm_bot.casework.desk.flags import FlagOutcome
from ccmm_bot.casework.seen import Changed
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Trouble, Typed

router = APIRouter()


@router.get("/staff/flags/{flag_id}")
def flag(site: TheSite, reader: Staff, flag_id: UUID, said: str = "") -> Response:
    """One flag."""
    return _show(site, reader, flag_id, said=said)


@router.post("/staff/flags/{flag_id}/resolve")
def resolve(site: TheSite, reader: Staff, flag_id: UUID, typed: Typed) -> Response:
    """Resolve it, or correct what is written."""

    def write() -> UUID:
        return flags.resolve(
            site.store,
            reader,
            flag_id,
            outcome=read.choice(typed, "outcome", FlagOutcome),
            note=read.one(typed, "note"),
            now=site.clock.now(),
            seen=_seen(typed),
            next_step=read.one(typed, "next_step"),
            next_on=read.maybe_day(typed, "next_on"),
        )

    return _kept(site, reader, flag_id, "resolve", typed, write, "resolved")


@router.post("/staff/flags/{flag_id}/reassign")
def reassign(site: TheSite, reader: Staff, flag_id: UUID, typed: Typed) -> Response:
    """Give it to a colleague."""

    def write() -> UUID:
        to, note = read.id_of(typed, "to"), read.one(typed, "note")
        return flags.reassign(site.store, reader, flag_id, to=to, note=note, now=site.clock.now(), seen=_seen(typed))

    return _kept(site, reader, flag_id, "reassign", typed, write, "reassigned")


@router.post("/staff/flags/{flag_id}/snooze")
def snooze(site: TheSite, reader: Staff, flag_id: UUID, typed: Typed) -> Response:
    """Put it off."""

    def write() -> UUID:
        until, reason = read.day(typed, "until"), read.one(typed, "reason")
        return flags.snooze(site.store, reader, flag_id, until=until, reason=reason, now=site.clock.now(), seen=_seen(typed))

    return _kept(site, reader, flag_id, "snooze", typed, write, "snoozed")


@router.post("/staff/flags/{flag_id}/wake")
def wake(site: TheSite, reader: Staff, flag_id: UUID) -> Response:
    """Take it back before its time."""
    flags.wake(site.store, reader, flag_id, site.clock.now())
    return _back(f"/staff/flags/{flag_id}", "woken")


@router.post("/staff/people/{person_id}/steps")
def plan_step(site: TheSite, reader: Staff, person_id: UUID, typed: Typed) -> Response:
    """Something to do for a person on a day."""
    words, on = read.one(typed, "next_step"), read.one(typed, "next_on")
    try:
        next_steps.plan_step(site.store, reader, person_id, words, on, site.clock.now())
    except CaseFileError as error:
        return _back(f"/staff/people/{person_id}", "step-odd" if error.field == "next_on" else "empty")
    return _back(f"/staff/people/{person_id}", "step-planned")


@router.post("/staff/steps/{step_id}/done")
def finish_step(site: TheSite, reader: Staff, step_id: UUID) -> Response:
    """It is done."""
    person = next_steps.finish_step(site.store, reader, step_id, site.clock.now())
    return _back(f"/staff/people/{person}", "step-done")


def _seen(typed: FormData) -> int | None:
    return read.revision(typed) if "seen" in typed else None


def _kept(site: Site, reader: Reader, flag_id: UUID, form: str, typed: FormData, write: Callable[[], UUID], said: str) -> Response:
    try:
        person = write()
    except CaseFileError as error:
        flags.person_of(site.store, reader, flag_id)  # what was typed is shown again beside a flag of the reader's agency only
        trouble = Trouble(form=form, field=error.field, code=error.code, typed=typed)
        return _show(site, reader, flag_id, trouble=trouble, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except flags.AlreadyResolved:
        trouble = Trouble(form=form, field="seen", code="resolved_before", typed=typed)
        return _show(site, reader, flag_id, trouble=trouble, status=HTTPStatus.CONFLICT)
    except Changed:
        trouble = Trouble(form=form, field="seen", code="changed", typed=typed)
        return _show(site, reader, flag_id, trouble=trouble, status=HTTPStatus.CONFLICT)
    return _back(f"/staff/people/{person}", said)


def _show(
    site: Site, reader: Reader, flag_id: UUID, *, trouble: Trouble | None = None, said: str = "", status: int = 200
) -> Response:
    return site.show(
        "staff/flag.html",
        reader,
        status=status,
        here="today",
        flag=flag_page(site.store, reader, flag_id, site.clock.now()),
        outcomes=[outcome.value for outcome in FlagOutcome],
        may_resolve=allows(reader.role, Permission.RESOLVE_FLAGS),
        trouble=trouble,
        said=said_of(said),
    )


def _back(path: str, said: str) -> Response:
    return RedirectResponse(f"{path}?said={said}", status_code=HTTPStatus.SEE_OTHER)
