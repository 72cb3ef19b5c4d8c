"""Whose cases somebody looks after today: her own, and those of a colleague who is away."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from ccmm_bot.store.tables import Absence, Case


def looked_after(staff_id: UUID, today: date) -> ColumnElement[bool]:
    """A condition on :class:`Case`; ``today`` is the agency's day."""
    away = select(Absence.staff_id).where(
        Absence.stand_in_id == staff_id, col(Absence.first_day) <= today, col(Absence.last_day) >= today
    )
    return or_(col(Case.case_manager_id) == staff_id, col(Case.case_manager_id).in_(away))
