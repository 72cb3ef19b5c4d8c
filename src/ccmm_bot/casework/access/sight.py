"""Whom a case manager sees: her own cases with their households, those she stands in for, and whom nobody has taken on yet.

Least privilege, decided here and held in one place: the conditions below are put on every query of a session that is opened for a
reader (:meth:`ccmm_bot.store.session.Store.reading`), on every table that leads to a person. Whoever is not hers does not exist for
her, and looks like what never was. The way to anybody else is to say why, and lasts some hours
(:mod:`ccmm_bot.casework.persons.opening`).

A person is hers when

- she is the case manager of one of her cases, or of a case in her household (all cases of one household go to one case manager:
  CCMM report §3), or stands in for whoever is;
- nobody is: she waits at the door of the agency, and anybody may open;
- an open flag of hers was given to the reader;
- the reader has opened her, with a reason, and the time is not over.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Table, and_, exists, false, or_, select
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import SQLModel

from ccmm_bot.store.tables import AgencyRow, FlagStatus

#: How a row of a table that names no person leads to one: the column, and the table it points at. The first that is there counts.
_STEPS: Final = (
    ("person_id", "person"),
    ("kept_id", "person"),
    ("case_id", "case"),
    ("conversation_id", "conversation"),
    ("flag_id", "flag"),
    ("run_id", "dialogue_run"),
    ("follow_up_id", "follow_up"),
    ("inbound_id", "inbound"),
    ("outbox_id", "outbox"),
)
#: What an agency shares: a telephone is found by its number whoever uses it, and the lists of invitations' misses name nobody.
_SHARED: Final = frozenset({"contact_point", "opt_out_entry", "invitation_miss", "person_contact_point"})


@lru_cache(maxsize=512)
def of_reader(staff_id: UUID, covers: frozenset[UUID], opened: frozenset[UUID]) -> ReaderSight:
    """One reader's conditions, kept: to write them costs more than to ask. ``covers``: whose cases are hers while they are away;
    ``opened``: persons, for some hours."""
    return ReaderSight(staff_id, covers | {staff_id}, opened)


@lru_cache(maxsize=1)
def scoped() -> Mapping[str, type[AgencyRow]]:
    """The tables that lead to a person, by name: what of them is shown is cut to what a reader sees."""
    mapped = {str(mapper.class_.__tablename__): mapper.class_ for mapper in SQLModel._sa_registry.mappers}
    return {
        name: table
        for name, table in sorted(mapped.items())
        if issubclass(table, AgencyRow) and (name == "person" or step(name) is not None)
    }


def step(name: str) -> tuple[str, str] | None:
    """The column by which a table leads toward a person, and the table it leads to; ``None`` where it leads to nobody."""
    if name in _SHARED:
        return None
    return next(((column, to) for column, to in _STEPS if column in _table(name).c), None)


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


class ReaderSight:
    """One reader's conditions."""

    def __init__(self, staff_id: UUID, managers: frozenset[UUID], opened: frozenset[UUID]) -> None:
        self._staff = staff_id
        self._managers = sorted(managers)
        self._opened = sorted(opened)
        self._made: dict[str, ExecutableOption] = {}

    def narrow(self, tables: frozenset[str]) -> list[ExecutableOption]:
        """The conditions for a query over some tables."""
        return [self._option(name) for name in sorted(tables & scoped().keys())]

    def _option(self, name: str) -> ExecutableOption:
        if name not in self._made:
            self._made[name] = with_loader_criteria(scoped()[name], self.rows(name, _table(name)), include_aliases=True)
        return self._made[name]

    def rows(self, name: str, table: FromClause) -> ColumnElement[bool]:
        """Which rows of a table, or of an alias of it, she sees."""
        if name == "person":
            return self.person(table.c.id, table.c.household_id)
        if name == "case":
            return self._case(table)
        way = step(name)
        if way is None:
            raise ValueError(f"{name} leads to nobody")
        column, target = table.c[way[0]], _table(way[1]).alias()
        reached = exists(select(1).select_from(target).where(target.c.id == column, self.rows(way[1], target)))
        return or_(column.is_(None), reached) if column.nullable else reached

    def person(self, person_id: Any, household_id: Any) -> ColumnElement[bool]:
        """Whether she sees a person."""
        case, mate, flag = (_table(name).alias() for name in ("case", "person", "flag"))
        of_the_family = and_(household_id.is_not(None), mate.c.household_id == household_id)
        # Of this person's household, however deep the question is asked: left to itself the query would take any household's.
        family = select(mate.c.id).where(of_the_family).correlate_except(mate)
        belongs = or_(
            case.c.person_id == person_id,
            case.c.household_id == household_id,
            case.c.person_id.in_(family),
        )
        hers = exists(select(1).select_from(case).where(belongs, case.c.case_manager_id.in_(self._managers)))
        taken = exists(select(1).select_from(case).where(belongs, case.c.case_manager_id.is_not(None)))
        given = exists(
            select(1)
            .select_from(flag)
            .where(flag.c.person_id == person_id, flag.c.assigned_to == self._staff, flag.c.status == FlagStatus.OPEN)
        )
        return or_(person_id.in_(self._opened) if self._opened else false(), ~taken, hers, given)

    def _case(self, case: FromClause) -> ColumnElement[bool]:
        """A case is seen with its person; a household's case with anybody of the household, or while nobody has it."""
        person, mate = _table("person").alias(), _table("person").alias()
        # Two questions, each of which goes by an index; as one it would read everybody.
        hers = select(1).select_from(person).where(person.c.id == case.c.person_id, self.person(person.c.id, person.c.household_id))
        of_family = (
            select(1)
            .select_from(mate)
            .where(
                case.c.person_id.is_(None),
                mate.c.household_id == case.c.household_id,
                self.person(mate.c.id, mate.c.household_id),
            )
        )
        seen = or_(exists(hers), exists(of_family))
        of_nobody = and_(case.c.case_manager_id.is_(None), case.c.person_id.is_(None))
        return or_(case.c.case_manager_id.in_(self._managers), of_nobody, seen)
