"""An entry that was merged into another is empty and stays so: whoever writes to it is told where it went.

Held in one place: :class:`ccmm_bot.casework.access.policy.Reader` is asked by the session she writes in, whatever page or system it
is for. Merging itself, and taking a merge back, are the two that may (:mod:`ccmm_bot.casework.caseload.merging`).
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.errors import CcmmError
from ccmm_bot.store.tables import Audit, Person


class Merged(CcmmError):
    """Everything of this entry is ``kept_id``'s now. That one is the reader's to see."""

    def __init__(self, kept_id: UUID) -> None:
        super().__init__("This entry was merged with another one; nothing is written to it any more.")
        self.kept_id = kept_id


class MergedElsewhere(CcmmError):
    """The same, where the entry that was kept is not the reader's to see."""


def refuse_merged(session: Session) -> None:
    """Raise :class:`Merged` or :class:`MergedElsewhere` where a row that is about to be written would be an empty entry's.

    It goes with the entry that was kept, and not before.
    """
    gone = {row.id for row in session.deleted if isinstance(row, Person)}
    people = {whom for row in (*session.new, *session.dirty) if (whom := _whose(row)) is not None} | gone
    if not people:
        return
    # Locked as a row that points to her locks her: a merge that is under way is waited for, and then seen.
    asked = select(Person.merged_into).where(col(Person.id).in_(people), col(Person.merged_into).is_not(None))
    found = session.exec(asked.with_for_update(read=True, key_share=True)).all()
    kept = next((each for each in found if each is not None and each not in gone), None)
    if kept is None:
        return
    if session.exec(select(Person.id).where(Person.id == kept)).first() is None:
        raise MergedElsewhere("There is no such person.")
    raise Merged(kept)


def _whose(row: object) -> UUID | None:
    if isinstance(row, Person):
        return row.id
    if isinstance(row, Audit):
        return row.subject_id if row.subject_kind == "person" else None
    found = getattr(row, "person_id", None)
    return found if isinstance(found, UUID) else None
