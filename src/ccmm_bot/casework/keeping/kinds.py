"""What is kept for a time only: the kinds of data, and how long an agency keeps each.

PIPA (British Columbia) s. 35 lets an organization keep personal information as long as it serves its purpose or the law asks for
it; how long that is, is the agency's to say. Nothing of a person is removed while anything of hers is under way (see :func:`busy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, or_, select, union

from ccmm_bot.dialogue.session import Status
from ccmm_bot.store.tables import AppointmentStatus, FlagStatus, FollowUpStatus
from ccmm_bot.store.whose import table_named

#: Longer than this is for good.
MOST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of data. Days: what counts where an agency has set none (``None``: for good), and the least it may set."""

    name: str
    default: int | None
    least: int


KINDS: Final[tuple[Kind, ...]] = (
    Kind(name="payloads", default=None, least=14),  # providers deliver again for days
    Kind(name="messages", default=None, least=90),
    Kind(name="files", default=None, least=90),
    Kind(name="uploads", default=30, least=1),
    Kind(name="sign_ins", default=90, least=30),
    Kind(name="deliveries", default=730, least=90),
    Kind(name="people", default=None, least=365),
)
BY_NAME: Final[Mapping[str, Kind]] = MappingProxyType({kind.name: kind for kind in KINDS})


def periods(own: Mapping[str, Any] | None, raw_days: int | None) -> dict[str, int | None]:
    """The days an agency keeps each kind, ``None`` for good. Payloads have a column of their own."""
    kept = {kind.name: (own or {}).get(kind.name, kind.default) for kind in KINDS}
    return kept | {"payloads": raw_days}


#: A question that nobody has answered for so long is not being asked any more.
_ASKED_FOR: Final = timedelta(days=90)
_UNDER_WAY: Final = (FollowUpStatus.SCHEDULED, FollowUpStatus.DUE, FollowUpStatus.SENT, FollowUpStatus.IN_PROGRESS)


def busy(agency: UUID, today: date) -> Select[Any]:
    """The ids of people of whom something is under way: a case that has not ended, a follow-up that is planned or due, an open
    flag, a next step, an appointment to come, a question that is being asked, a human who talks with her.
    """
    person, case, household = table_named("person"), table_named("case"), table_named("case").alias()
    follow_up, flag, step = table_named("follow_up"), table_named("flag"), table_named("next_step")
    talk, meeting = table_named("conversation"), table_named("appointment")

    def runs(row: Any) -> Any:
        return or_(row.c.exit_date.is_(None), row.c.exit_date >= today)

    found = union(
        select(case.c.person_id.label("id")).where(case.c.agency_id == agency, case.c.person_id.is_not(None), runs(case)),
        select(person.c.id)
        .join(household, household.c.household_id == person.c.household_id)
        .where(person.c.agency_id == agency, runs(household)),
        select(follow_up.c.person_id).where(follow_up.c.agency_id == agency, follow_up.c.status.in_(_UNDER_WAY)),
        select(flag.c.person_id).where(flag.c.agency_id == agency, flag.c.status == FlagStatus.OPEN),
        select(step.c.person_id).where(step.c.agency_id == agency, step.c.done_at.is_(None)),
        select(meeting.c.person_id).where(meeting.c.agency_id == agency, meeting.c.status == AppointmentStatus.PLANNED),
        select(talk.c.person_id).where(
            talk.c.agency_id == agency,
            talk.c.updated_at >= datetime.combine(today - _ASKED_FOR, time.min, UTC),
            or_(talk.c.status == Status.WAITING, talk.c.human_since.is_not(None)),
        ),
    ).subquery()
    return select(found.c.id)
