"""The audit's entry for what a colleague did; written in the same transaction as what it records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.store.tables import Actor, Audit


def done_by(reader: Reader, action: str, kind: str, subject: UUID, now: datetime, detail: Mapping[str, Any] | None = None) -> Audit:
    """``reader`` did ``action`` to the ``kind`` with the id ``subject``; ``detail`` holds nothing personal."""
    return Audit(
        agency_id=reader.agency_id,
        at=now,
        actor_kind=Actor.STAFF,
        actor_id=reader.staff_id,
        action=action,
        subject_kind=kind,
        subject_id=subject,
        detail=dict(detail or {}),
    )
