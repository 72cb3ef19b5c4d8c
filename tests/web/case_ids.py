"""One of each thing a case file holds, for the test of who may call what."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.casefile import plan
from ccmm_bot.casework.caseload import absences, importing, merging, ways
from ccmm_bot.casework.caseload.appointments import Meeting, make
from ccmm_bot.clock import BC
from ccmm_bot.store.tables import Role
from tests import new
from tests.web.serving import Site


def case_ids(site: Site, agency_id: UUID, person_id: UUID, case_id: UUID, staff_id: UUID, stand_in_id: UUID) -> dict[str, str]:
    """Ids by the names routes have for them."""
    store, now = site.service.runtime.store, site.clock.now()
    leading = Reader(staff_id=staff_id, agency_id=agency_id, role=Role.SUPERVISOR, name="Leading")
    tomorrow = (now.astimezone(BC) + timedelta(days=3)).replace(tzinfo=None, hour=10)
    double = new.person(store, agency_id, created_at=now)
    today = now.astimezone(BC).date()
    sheet = b"name,stage\nAmina,intake\n"
    return {
        "goal_id": str(plan.add_goal(store, leading, case_id, plan.Goal(domain="housing", goal="A home"), now)),
        "appointment_id": str(make(store, leading, case_id, Meeting(at=tomorrow), now)),
        "merge_id": str(merging.merge(store, leading, person_id, double, now)),
        "contact_point_id": str(ways.numbers(store, leading, person_id)[0].id),
        "import_id": str(importing.upload(store, leading, sheet, "cases.csv", now)),
        "absence_id": str(absences.plan_absence(store, leading, staff_id, stand_in_id, today, today, now)),
        "name": "case_questionnaire",
        "subject_id": str(case_id),
    }
