"""Help lines that an administrator confirms before people are told the number (``docs/help-lines.md``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.conversation.help_lines import HelpLine
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit, HelpLineConfirmation

BY_MAXIMUM = 200


class HelpLineError(CcmmError):
    """What was asked for cannot be done; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A help line as an agency has it."""

    line: HelpLine
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    changed: bool = False  # it was confirmed, and the entry has changed since: that confirmation is void

    @property
    def waits(self) -> bool:
        """Whether people are not told the number."""
        return self.line.unverified and self.confirmed_at is None


def listed(store: Store, agency_id: UUID, lines: Iterable[HelpLine]) -> tuple[Listed, ...]:
    """Every line of the data file, in its order."""
    with store.reading(agency_id) as session:
        kept = {row.line: row for row in session.exec(select(HelpLineConfirmation))}
    return tuple(_listed(line, kept.get(line.id)) for line in lines)


def _listed(line: HelpLine, kept: HelpLineConfirmation | None) -> Listed:
    if kept is None:
        return Listed(line=line)
    if kept.hash != line.hash:
        return Listed(line=line, changed=True)
    return Listed(line=line, confirmed_at=kept.confirmed_at, confirmed_by=kept.confirmed_by)


def confirm(
    store: Store,
    agency_id: UUID,
    lines: Sequence[HelpLine],
    ids: Iterable[str],
    *,
    by: str,
    now: datetime,
    staff: UUID | None = None,
) -> int:
    """Somebody has asked the help lines themselves. How many were not confirmed before, as they stand now.

    :param by: the name colleagues know; ``staff``: the account, where it is done with one
    :raises HelpLineError: there is no such line, or nobody's name
    """
    name = " ".join(by.split())
    if not name or len(name) > BY_MAXIMUM or not name.isprintable():
        raise HelpLineError("Say who has confirmed it, in at most {most} letters.", most=BY_MAXIMUM)
    chosen = [_line(lines, id_) for id_ in dict.fromkeys(ids)]
    new = 0
    with store.writing(agency_id) as session:
        for line in chosen:
            row = _kept(session, line.id)
            if row is not None and row.hash == line.hash:
                continue
            if row is None:
                row = HelpLineConfirmation(agency_id=agency_id, line=line.id, hash="", confirmed_at=now, confirmed_by="")
            row.hash, row.confirmed_at, row.confirmed_by = line.hash, now, name
            session.add(row)
            session.add(_audit(agency_id, "help_line.confirmed", line, now, staff))
            new += 1
    return new


def withdraw(
    store: Store, agency_id: UUID, lines: Sequence[HelpLine], id_: str, *, now: datetime, staff: UUID | None = None
) -> bool:
    """Take a confirmation back: people are not told the number any more. Whether there was one.

    :raises HelpLineError: there is no such line
    """
    line = _line(lines, id_)
    with store.writing(agency_id) as session:
        row = _kept(session, line.id)
        if row is None:
            return False
        session.delete(row)
        session.add(_audit(agency_id, "help_line.withdrawn", line, now, staff))
        return True


def _kept(session: Session, line: str) -> HelpLineConfirmation | None:
    return session.exec(select(HelpLineConfirmation).where(col(HelpLineConfirmation.line) == line)).first()


def _line(lines: Iterable[HelpLine], id_: str) -> HelpLine:
    found = next((line for line in lines if line.id == id_), None)
    if found is None:
        raise HelpLineError("There is no such help line.")
    return found


def _audit(agency_id: UUID, action: str, line: HelpLine, now: datetime, staff: UUID | None) -> Audit:
    return Audit(
        agency_id=agency_id,
        at=now,
        actor_kind=Actor.SYSTEM if staff is None else Actor.STAFF,
        actor_id=staff,
        action=action,
        subject_kind="agency",
        subject_id=agency_id,
        detail={"line": line.id, "hash": line.hash[:16]},
    )
