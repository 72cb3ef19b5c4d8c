"""Lists of cases: one's own, everybody's, the intake queue, and what waits for a supervisor."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Permission, Reader, allows
from ccmm_bot.casework.casefile import file_audits, intake, supervision
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.casefile.household import Candidate, candidates, known_by_code
from ccmm_bot.casework.forms.definitions import FORMS
from ccmm_bot.casework.forms.model import Subject
from ccmm_bot.store.tables import CaseModel, Stage
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Trouble, Typed

router = APIRouter()

PAGE: Final = supervision.SHOWN

Page = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/staff/cases")
def case_list(site: TheSite, reader: Staff, whose: str = "mine", page: Page = 1) -> Response:
    """Open cases: mine, or everybody's; those with an overdue clock first."""
    mine = whose != "all"
    whom = reader.staff_id if mine else None
    found = supervision.open_cases(site.store, reader, site.clock.now(), manager_id=whom, first=(page - 1) * PAGE, most=PAGE)
    return site.show(
        "staff/casefile/list.html",
        reader,
        here="cases",
        lines=found.lines,
        count=found.count,
        overdue=found.overdue,
        mine=mine,
        page=page,
        pages=max(1, -(-found.count // PAGE)),
    )


@router.get("/staff/intake")
def queue(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Everybody who asked for intake, the longest waiting first."""
    waiting = intake.requests(site.store, reader)
    may = allows(reader.role, Permission.WRITE_CASES)
    return site.show(
        "staff/casefile/intake_queue.html", reader, here="intake", requests=waiting, may_write_case=may, said=said_of(said)
    )


@router.get("/staff/intake/{person_id}")
def begin_form(site: TheSite, reader: Staff, person_id: UUID) -> Response:
    """Turn a request into a household with its cases."""
    return _begin(site, reader, person_id)


@router.post("/staff/intake/{person_id}")
def begin(site: TheSite, reader: Staff, person_id: UUID, typed: Typed) -> Response:
    """Make the household and open its cases."""
    try:
        others = known_by_code(site.store, reader, read.one(typed, "codes"))
        chosen = [UUID(each) for each in read.several(typed, "people") if _is_id(each)]
        made = intake.begin(
            site.store,
            reader,
            [person_id, *chosen, *others],
            site.clock.now(),
            label=read.one(typed, "label"),
            together=read.one(typed, "together") != "no",
            rationale=read.one(typed, "rationale"),
            model=read.maybe_choice(typed, "model", CaseModel) or CaseModel.ENHANCED,
        )
    except CaseFileError as error:
        return _begin(
            site,
            reader,
            person_id,
            trouble=Trouble(form="begin", field=error.field, code=error.code, typed=typed),
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    return RedirectResponse(f"/staff/cases/{made[0]}?said=case-opened", status_code=HTTPStatus.SEE_OTHER)


@router.get("/staff/supervision")
def overview(site: TheSite, reader: Staff, said: str = "") -> Response:
    """What waits for a supervisor."""
    found = supervision.supervision(site.store, reader, site.clock.now())
    forms = [form for form in FORMS.values() if form.writes is Permission.SUPERVISE and form.subject is Subject.AGENCY]
    return site.show(
        "staff/casefile/supervision.html",
        reader,
        here="supervision",
        supervision=found,
        forms=forms,
        stages=tuple(Stage),
        said=said_of(said),
    )


@router.get("/staff/supervision/audits")
def audits(site: TheSite, reader: Staff, said: str = "") -> Response:
    """The closed files that were drawn."""
    lines = file_audits.audits(site.store, reader)
    return site.show("staff/casefile/audits.html", reader, here="supervision", lines=lines, said=said_of(said))


@router.post("/staff/supervision/audits/draw")
def draw(site: TheSite, reader: Staff) -> Response:
    """Draw one in five."""
    try:
        file_audits.draw(site.store, reader, site.clock.now())
    except CaseFileError:
        return RedirectResponse("/staff/supervision/audits?said=nothing-to-draw", status_code=HTTPStatus.SEE_OTHER)
    return RedirectResponse("/staff/supervision/audits?said=drawn", status_code=HTTPStatus.SEE_OTHER)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _begin(site: Site, reader: Reader, person_id: UUID, *, trouble: Trouble | None = None, status: int = HTTPStatus.OK) -> Response:
    who: Candidate
    who, others = candidates(site.store, reader, person_id)
    typed: FormData | None = trouble.typed if trouble else None
    ticked = read.several(typed, "people") if typed is not None else [str(other.person_id) for other in others]
    return site.show(
        "staff/casefile/begin.html",
        reader,
        status=status,
        here="intake",
        who=who,
        others=others,
        ticked=ticked,
        together=read.one(typed, "together") != "no" if typed is not None else True,
        models=[each.value for each in CaseModel],
        trouble=trouble,
    )
