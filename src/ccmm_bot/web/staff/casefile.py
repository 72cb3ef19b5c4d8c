"""The page of one case, and what is written into it. A form with a mistake comes back as it was, with the mistake named."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Permission, Reader, allows
from ccmm_bot.casework.casefile import intake, plan, recording
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.casefile.criteria import CRITERIA, DOMAINS, OTHER
from ccmm_bot.casework.casefile.reading import case_file
from ccmm_bot.casework.casefile.supervision import loads
from ccmm_bot.casework.caseload.appointments import of_case
from ccmm_bot.casework.followups.listing import REASONS
from ccmm_bot.casework.forms.definitions import FORMS
from ccmm_bot.casework.forms.model import Subject
from ccmm_bot.casework.seen import Changed
from ccmm_bot.store.tables import ContactMethod, GoalStatus, NeedIntensity, NeedMoment, Ruling, Stage, Step
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Trouble, Typed, overtaken

router = APIRouter()

_DOMAINS: Final = (*DOMAINS, OTHER)
_STAGES: Final = tuple(stage.value for stage in Stage if stage is not Stage.EXIT)


@router.get("/staff/cases/{case_id}")
def case(site: TheSite, reader: Staff, case_id: UUID, said: str = "") -> Response:
    """One case."""
    return _show(site, reader, case_id, said=said)


@router.post("/staff/cases/{case_id}/stage")
def stage(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """Another stage."""

    def write() -> None:
        recording.change_stage(
            site.store,
            reader,
            case_id,
            read.choice(typed, "stage", Stage),
            site.clock.now(),
            seen=read.revision(typed),
            reason=read.one(typed, "reason"),
        )

    return keep_in_case(site, reader, case_id, "stage", typed, write, "stage-kept")


@router.post("/staff/cases/{case_id}/steps")
def step(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """The day of a step."""

    def write() -> None:
        found, day = read.choice(typed, "step", Step), read.day(typed, "day")
        recording.write_step(site.store, reader, case_id, found, day, site.clock.now())

    return keep_in_case(site, reader, case_id, "step", typed, write, "kept")


@router.post("/staff/cases/{case_id}/facts")
def facts(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """Intensity, planned end, rationale."""

    def write() -> None:
        given = recording.Facts(
            need_intensity=read.maybe_choice(typed, "need_intensity", NeedIntensity),
            planned_end=read.maybe_day(typed, "planned_end"),
            rationale=read.one(typed, "rationale"),
        )
        recording.write_facts(site.store, reader, case_id, given, site.clock.now(), seen=read.revision(typed))

    return keep_in_case(site, reader, case_id, "facts", typed, write, "kept")


@router.post("/staff/cases/{case_id}/needs")
def needs(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """Need domains at entry or exit."""

    def write() -> None:
        moment = read.choice(typed, "moment", NeedMoment)
        domains, shown = read.several(typed, "domains"), read.several(typed, "shown")
        recording.write_needs(site.store, reader, case_id, moment, domains, site.clock.now(), shown=shown)

    return keep_in_case(site, reader, case_id, "needs", typed, write, "kept")


@router.post("/staff/cases/{case_id}/criteria")
def criteria(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """IRCC's criteria."""

    def write() -> None:
        met, shown = read.several(typed, "criteria"), read.several(typed, "shown")
        recording.write_criteria(site.store, reader, case_id, met, site.clock.now(), shown=shown)

    return keep_in_case(site, reader, case_id, "criteria", typed, write, "kept")


@router.post("/staff/cases/{case_id}/contacts")
def contact(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """A contact, or why there was none."""

    def write() -> None:
        given = recording.Contact(
            day=read.day(typed, "day"),
            method=read.choice(typed, "method", ContactMethod),
            reached=not read.ticked(typed, "not_reached"),
            minutes=read.maybe_number(typed, "minutes"),
            interpreter=read.ticked(typed, "interpreter"),
            read_aloud=read.ticked(typed, "read_aloud"),
            note=read.one(typed, "note"),
        )
        recording.write_contact(site.store, reader, case_id, given, site.clock.now())

    return keep_in_case(site, reader, case_id, "contact", typed, write, "kept")


@router.post("/staff/cases/{case_id}/goals")
def add_goal(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """One more goal."""
    return keep_in_case(
        site,
        reader,
        case_id,
        "goal",
        typed,
        lambda: plan.add_goal(site.store, reader, case_id, _goal(typed), site.clock.now()),
        "kept",
    )


@router.post("/staff/goals/{goal_id}")
def change_goal(site: TheSite, reader: Staff, goal_id: UUID, typed: Typed) -> Response:
    """Change a goal."""
    case_id = plan.case_of_goal(site.store, reader, goal_id)

    def write() -> None:
        plan.change_goal(site.store, reader, goal_id, _goal(typed), site.clock.now(), seen=read.revision(typed))

    return keep_in_case(site, reader, case_id, f"goal-{goal_id}", typed, write, "kept")


@router.post("/staff/cases/{case_id}/plan")
def submit_plan(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """Hand the plan in."""
    return keep_in_case(
        site, reader, case_id, "plan", typed, lambda: plan.submit(site.store, reader, case_id, site.clock.now()), "plan-submitted"
    )


@router.post("/staff/cases/{case_id}/plan/decision")
def rule_on_plan(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """A supervisor rules on the plan."""
    return _ruled(site, reader, case_id, typed, "rule-plan", intake.decide_plan)


@router.post("/staff/cases/{case_id}/decision")
def rule_on_intake(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """A supervisor rules on the intake."""
    return _ruled(site, reader, case_id, typed, "rule-intake", intake.decide)


@router.post("/staff/cases/{case_id}/manager")
def assign(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """Give the case to a case manager."""

    def write() -> None:
        intake.assign(site.store, reader, case_id, read.id_of(typed, "staff_id"), site.clock.now())

    return keep_in_case(site, reader, case_id, "assign", typed, write, "assigned")


def _ruled(site: Site, reader: Reader, case_id: UUID, typed: FormData, form: str, decide: Callable[..., None]) -> Response:
    def write() -> None:
        decide(
            site.store,
            reader,
            case_id,
            read.choice(typed, "ruling", Ruling),
            site.clock.now(),
            seen=read.revision(typed),
            reason=read.one(typed, "reason"),
        )

    return keep_in_case(site, reader, case_id, form, typed, write, "ruled")


def _goal(typed: FormData) -> plan.Goal:
    return plan.Goal(
        domain=read.one(typed, "domain"),
        goal=read.one(typed, "goal"),
        steps=read.one(typed, "steps"),
        target_day=read.maybe_day(typed, "target_day"),
        status=read.maybe_choice(typed, "status", GoalStatus) or GoalStatus.OPEN,
    )


def keep_in_case(
    site: Site, reader: Reader, case_id: UUID, form: str, typed: FormData, write: Callable[[], object], said: str
) -> Response:
    """Write, and go back to the case's page; or show the page with what was typed and what is wrong with it."""
    try:
        write()
    except CaseFileError as error:
        trouble = Trouble(form=form, field=error.field, code=error.code, typed=typed)
        return _show(site, reader, case_id, trouble=trouble, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except Changed as error:
        trouble = overtaken(form, typed, error)
        return _show(site, reader, case_id, trouble=trouble, status=HTTPStatus.CONFLICT)
    return RedirectResponse(f"/staff/cases/{case_id}?said={said}", status_code=HTTPStatus.SEE_OTHER)


def _show(
    site: Site, reader: Reader, case_id: UUID, *, trouble: Trouble | None = None, said: str = "", status: int = 200
) -> Response:
    found = case_file(site.store, reader, case_id, site.clock.now())
    supervises = allows(reader.role, Permission.SUPERVISE)
    values: dict[str, Any] = {
        "case": found,
        "loads": loads(site.store, reader) if supervises else (),
        "trouble": trouble,
        "appointments": of_case(site.store, reader, case_id),
        "said": said_of(said),
        "reasons": REASONS,
        "may_write": allows(reader.role, Permission.WRITE_TO_PEOPLE),
        "may_write_case": allows(reader.role, Permission.WRITE_CASES),
        "may_supervise": supervises,
        "own_steps": [each.value for each in recording.OWN_STEPS],
        "methods": [each.value for each in ContactMethod],
        "domains": _DOMAINS,
        "goal_states": [each.value for each in GoalStatus],
        "stages": _STAGES,
        "moments": tuple(NeedMoment),
        "criteria_groups": CRITERIA,
        "plan_submitted": Step.PLAN_SUBMITTED,
        "case_forms": [
            form
            for form in FORMS.values()
            if form.subject is Subject.CASE and (form.writes is Permission.WRITE_CASES or supervises)
        ],
    }
    return site.show("staff/casefile/case.html", reader, status=status, here="cases", **values)
