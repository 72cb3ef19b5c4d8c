"""Two people with one form open: what one of them saw when she opened it, and who has changed it since.

Whichever way, the writing transaction compares what the form carries with what is there, and raises :class:`Changed`:

* What is worked on as a whole counts its *revisions* (a case, a goal, a flag, an appointment): :func:`unchanged`. Other systems
  read that number, too.
* Where a form is about a few values of a row that has more (a name, safe hours, an exit date, a colleague's account), it carries a
  *mark* of those: :func:`still_seen`. What somebody has changed elsewhere in the row is not in its way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.errors import CcmmError
from ccmm_bot.store.tables import Audit, Staff

_LENGTH = 20
_MEANWHILE = "Somebody else has changed this meanwhile."


class Changed(CcmmError):
    """Somebody else has changed this since it was opened; nothing of theirs was overwritten. ``by`` and ``at``, where known."""

    def __init__(self, message: str, *, by: str | None = None, at: datetime | None = None) -> None:
        super().__init__(message)
        self.by = by
        self.at = at


def unchanged(current: int, seen: int) -> None:
    """Raises :class:`Changed` unless the revision that was ``seen`` is still the current one."""
    if current != seen:
        raise Changed(_MEANWHILE)


def mark(*values: object) -> str:
    """A mark of these values, in this order; never empty."""
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:_LENGTH]


def still_seen(
    session: Session,
    seen: str | None,
    now_there: Sequence[object],
    wanted: Sequence[object] | None,
    *,
    kind: str,
    subject: UUID,
    actions: Sequence[str],
) -> None:
    """Raises :class:`Changed` where what was ``seen`` is no longer there, with who did it and when.

    ``seen``: the :func:`mark` the form carried; ``None`` from whoever opened no form (another system). ``wanted``: what would be
    written; where a colleague has written the very same, nothing is in the way. ``actions``: those of the audit that change it.
    """
    if seen is None or seen == mark(*now_there) or (wanted is not None and list(wanted) == list(now_there)):
        return
    latest = session.exec(
        select(Audit.at, Staff.name)
        .join(Staff, col(Staff.id) == Audit.actor_id, isouter=True)
        .where(Audit.subject_kind == kind, Audit.subject_id == subject, col(Audit.action).in_(actions))
        .order_by(col(Audit.at).desc(), col(Audit.id).desc())
        .limit(1)
    ).first()
    at, by = latest or (None, None)
    raise Changed(_MEANWHILE, by=by, at=at)
