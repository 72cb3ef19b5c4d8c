"""The report of who looked at whom: openings with a reason, staff who looked at many people who are not theirs, exports, erasures.

For a week, from the audit and the openings. It names staff and codes of people; reasons are opened for whoever leads or audits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from gettext import NullTranslations
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, allows, require
from ccmm_bot.casework.agencies.viewing import VIEWED
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, Audit, Case, Person, PersonOpening, Role, Staff

#: Looking at so many people who are somebody else's in a week is shown. Who leads looks at many: that is her work.
MANY: Final = 10
EXPORTS: Final = ("person.exported", "data.exported", "activity.exported")
ERASURES: Final = ("person.erased",)

#: When in the week those who lead or audit are told that the report is there: Monday from this hour on, and Tuesday where that was
#: missed. Not later: the names of jobs that are done, by which nobody is told twice, are kept for three days.
TOLD_FROM: Final = time(8)
_TOLD_ON: Final = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningLine:
    """Somebody was opened with a reason."""

    at: datetime
    who: str
    person_id: UUID
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedLine:
    """A colleague looked at many people whose case manager somebody else is."""

    who: str
    role: Role
    people: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneLine:
    """Something was exported or erased. ``code`` is empty where the person is gone, or there was not one alone."""

    at: datetime
    who: str
    action: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReport:
    """One week, ``first`` to ``last``, both included, on the agency's calendar."""

    first: date
    last: date
    openings: Sequence[OpeningLine]
    looked: Sequence[LookedLine]
    exports: Sequence[DoneLine]
    erasures: Sequence[DoneLine]


def access_report(store: Store, reader: Reader, day: date | None, now: datetime) -> AccessReport:
    """The week, Monday to Sunday, in which ``day`` lies; the present one where none is given."""
    require(reader, Permission.READ_AUDIT)
    return report_of(store, reader.agency_id, day, now)


def report_of(store: Store, agency_id: UUID, day: date | None, now: datetime) -> AccessReport:
    """The same for the operator at the machine."""
    with store.reading(agency_id) as session:
        zone = ZoneInfo(session.exec(select(Agency.timezone)).one())
        chosen = day or now.astimezone(zone).date()
        first = chosen - timedelta(days=chosen.weekday())
        since, until = (datetime.combine(first + timedelta(days=days), time.min, zone) for days in (0, 7))
        staff = {row.id: row for row in session.exec(select(Staff)).all()}
        names = {key: row.name for key, row in staff.items()}
        rows = session.exec(
            select(Audit)
            .where(col(Audit.at) >= since, col(Audit.at) < until, col(Audit.action).in_((VIEWED, *EXPORTS, *ERASURES)))
            .order_by(col(Audit.id))
        ).all()
        opened = session.exec(
            select(PersonOpening)
            .where(col(PersonOpening.at) >= since, col(PersonOpening.at) < until)
            .order_by(col(PersonOpening.at))
        ).all()
        named = {row.subject_id for row in rows if row.subject_kind == "person"} | {row.person_id for row in opened}
        codes = dict(session.exec(select(Person.id, Person.code).where(col(Person.id).in_([key for key in named if key]))).all())
        looked = _looked(session, [row for row in rows if row.action == VIEWED], staff)
    done = [
        DoneLine(
            at=row.at,
            who=_name(names, row.actor_id),
            action=row.action,
            code=codes.get(row.subject_id, "") if row.subject_id else "",
        )
        for row in rows
        if row.action != VIEWED
    ]
    return AccessReport(
        first=first,
        last=first + timedelta(days=6),
        openings=[
            OpeningLine(
                at=row.at,
                who=_name(names, row.staff_id),
                person_id=row.person_id,
                code=codes.get(row.person_id, ""),
                reason=row.reason,
            )
            for row in opened
        ],
        looked=looked,
        exports=[line for line in done if line.action in EXPORTS],
        erasures=[line for line in done if line.action in ERASURES],
    )


def readers(store: Store, now: datetime) -> list[tuple[UUID, date]]:
    """Whom to tell now, and of the week that began on which Monday: whoever may read the report, where a week has ended."""
    roles = [role for role in Role if allows(role, Permission.READ_AUDIT)]
    with store.installation() as session:
        weeks: dict[UUID, date] = {}
        for agency, zone in session.exec(select(Agency.id, Agency.timezone)).all():
            local = now.astimezone(ZoneInfo(zone))
            if local.weekday() in _TOLD_ON and (local.weekday() > 0 or local.time() >= TOLD_FROM):
                weeks[agency] = local.date() - timedelta(days=local.weekday() + 7)
        rows = session.exec(
            select(Staff.id, Staff.agency_id)
            .where(col(Staff.active), col(Staff.role).in_(roles), col(Staff.agency_id).in_(list(weeks)))
            .order_by(col(Staff.id))
        ).all()
    return [(staff, weeks[agency]) for staff, agency in rows]


def told_of(store: Store, staff_id: UUID) -> tuple[str, str] | None:
    """The address and the language of a reader who may still read the report."""
    with store.installation() as session:
        staff = session.get(Staff, staff_id)
        if staff is None or not staff.active or not allows(staff.role, Permission.READ_AUDIT):
            return None
        return staff.email, staff.interface_language


def letter(monday: date, speaks: NullTranslations) -> tuple[str, str]:
    """Subject and text. No name, no number: it may lie in any inbox."""
    _ = speaks.gettext
    text = _("The report of who looked at whom is there, for the week from %(first)s to %(last)s. Please read it.")
    return _("The access report of the week"), text % {"first": monday, "last": monday + timedelta(days=6)}


def _looked(session: Session, views: Sequence[Audit], staff: dict[UUID, Staff]) -> list[LookedLine]:
    """Whoever looked at many people that are somebody else's today."""
    people = {row.subject_id for row in views if row.subject_kind == "person" and row.subject_id is not None}
    managers: defaultdict[UUID, set[UUID]] = defaultdict(set)
    wanted = select(Case.person_id, Case.case_manager_id).where(col(Case.case_manager_id).is_not(None))
    for whose, manager in session.exec(wanted.where(col(Case.person_id).in_(people))).all():
        if whose is not None and manager is not None:
            managers[whose].add(manager)
    others: defaultdict[UUID, Counter[UUID]] = defaultdict(Counter)
    for row in views:
        person, actor = row.subject_id, row.actor_id
        if person is not None and actor is not None and person in managers and actor not in managers[person]:
            others[actor][person] += 1
    found = [
        LookedLine(who=staff[key].name, role=staff[key].role, people=len(seen), pages=seen.total())
        for key, seen in others.items()
        if key in staff and len(seen) >= MANY
    ]
    return sorted(found, key=lambda line: (-line.people, line.who))


def _name(names: dict[UUID, str], key: UUID | None) -> str:
    return names.get(key, "") if key is not None else ""
