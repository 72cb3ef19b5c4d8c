"""Telling an agency's other systems what happened: who is told of what, and which deliveries are due.

An event is an entry of the audit, which is written in the same transaction as what it records: whatever happened has one. What is
sent names it and the row it is about, by ids only; the system asks for the row through the API, under its token. The audit is
looked through a little behind the present, and with an overlap: an entry of a slow transaction becomes visible late, and a unique
constraint makes each event one delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from sqlmodel import col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.channels.outgoing import Told, check_url, new_secret
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Audit, WebhookDelivery, WebhookEndpoint, WebhookState

#: What can be told, by the action of the audit's entry.
EVENTS: Final = (
    "flag.raised",
    "flag.worse",
    "flag.resolved",
    "flag.escalated",
    "case.opened",
    "case.exit_set",
    "case.exit_cleared",
    "case.reopened",
    "person.named",
    "person.erased",
    "message.received",
)
MOST_ENDPOINTS: Final = 5
#: How far behind the present the audit is read, and how far back it is read again.
BEHIND: Final = timedelta(seconds=2)
OVERLAP: Final = timedelta(minutes=10)
#: A delivery is tried for so long.
GIVE_UP: Final = timedelta(days=3)
_FIRST_DELAY: Final = timedelta(seconds=10)
_LONGEST_DELAY: Final = timedelta(hours=2)
_BATCH: Final = 500


class WebhookError(CcmmError):
    """The endpoint cannot be kept; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """An endpoint as the list shows it."""

    id: UUID
    url: str
    events: Sequence[str]
    created_at: datetime
    waiting: int
    failed: int
    last_answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to send."""

    id: UUID
    url: str
    secret: str
    event: str
    body: bytes


def register(store: Store, reader: Reader, *, url: str, events: Sequence[str], private: bool, now: datetime) -> str:
    """Keep an endpoint; returns the secret, which is seen this one time. It is told of what happens from now on.

    Raises :class:`WebhookError` and :class:`ccmm_bot.channels.outgoing.AddressError`.
    """
    require(reader, Permission.ADMINISTER)
    address = check_url(url, private=private)
    wanted = [event for event in EVENTS if event in events]
    if not wanted:
        raise WebhookError("Choose at least one event.")
    secret = new_secret()
    with store.writing(reader) as session:
        there = session.exec(select(WebhookEndpoint.id).where(col(WebhookEndpoint.removed_at).is_(None))).all()
        if len(there) >= MOST_ENDPOINTS:
            raise WebhookError("An agency has at most five endpoints. Remove one first.")
        row = WebhookEndpoint(
            agency_id=reader.agency_id,
            url=address,
            secret=secret,
            events=wanted,
            created_at=now,
            created_by=reader.staff_id,
            read_until=now,
        )
        session.add(row)
        session.add(_entry(reader, "webhook.registered", row.id, now))
    return secret


def endpoints(store: Store, reader: Reader) -> list[EndpointView]:
    """The agency's endpoints, the oldest first."""
    require(reader, Permission.ADMINISTER)
    with store.reading(reader) as session:
        rows = session.exec(select(WebhookEndpoint).where(col(WebhookEndpoint.removed_at).is_(None))).all()
        views = []
        for row in sorted(rows, key=lambda each: each.id):
            of_it = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == row.id)
            waiting = session.exec(of_it.where(WebhookDelivery.status == WebhookState.PENDING).limit(1000)).all()
            failed = session.exec(of_it.where(WebhookDelivery.status == WebhookState.FAILED).limit(1000)).all()
            last = session.exec(of_it.where(col(WebhookDelivery.attempts) > 0).order_by(col(WebhookDelivery.id).desc())).first()
            views.append(
                EndpointView(
                    id=row.id,
                    url=row.url,
                    events=row.events,
                    created_at=row.created_at,
                    waiting=len(waiting),
                    failed=len(failed),
                    last_answer=None if last is None else last.answer,
                )
            )
    return views


def remove(store: Store, reader: Reader, endpoint_id: UUID, now: datetime) -> None:
    """Tell it nothing any more. Raises :class:`NotFound`."""
    require(reader, Permission.ADMINISTER)
    with store.writing(reader) as session:
        row = session.exec(select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)).first()
        if row is None:
            raise NotFound("There is no such endpoint.")
        row.removed_at = row.removed_at or now
        session.add(row)
        session.add(_entry(reader, "webhook.removed", row.id, now))


# --- the worker's side -----------------------------------------------------------------------------------------------------


def collect(store: Store, now: datetime) -> int:
    """Make a delivery of every event an endpoint has not been told of. Returns how many were made; safe to run at any time."""
    made = 0
    until = now - BEHIND
    with store.installation() as session:
        active = session.exec(select(WebhookEndpoint).where(col(WebhookEndpoint.removed_at).is_(None))).all()
    for endpoint in active:
        since = max(endpoint.created_at, endpoint.read_until - OVERLAP)
        with store.installation(write=True) as session:
            known = select(WebhookDelivery.event_id).where(WebhookDelivery.endpoint_id == endpoint.id)
            found = session.exec(
                select(Audit)
                .where(
                    Audit.agency_id == endpoint.agency_id,
                    col(Audit.at) > since,
                    col(Audit.at) <= until,
                    col(Audit.action).in_(endpoint.events),
                    col(Audit.id).not_in(known),
                )
                .order_by(col(Audit.at), col(Audit.id))
                .limit(_BATCH)
            ).all()
            session.add_all(
                WebhookDelivery(
                    agency_id=endpoint.agency_id,
                    endpoint_id=endpoint.id,
                    event_id=row.id,
                    type=row.action,
                    subject_kind=row.subject_kind,
                    subject_id=row.subject_id,
                    occurred_at=row.at,
                    next_at=now,
                )
                for row in found
            )
            kept = session.get_one(WebhookEndpoint, endpoint.id)
            kept.read_until = max(kept.read_until, found[-1].at if len(found) == _BATCH else until)
            session.add(kept)
            made += len(found)
    return made


def due(store: Store, now: datetime) -> list[UUID]:
    """Deliveries to try now, the oldest first."""
    with store.installation() as session:
        return list(
            session.exec(
                select(WebhookDelivery.id)
                .where(WebhookDelivery.status == WebhookState.PENDING, col(WebhookDelivery.next_at) <= now)
                .order_by(col(WebhookDelivery.next_at))
                .limit(_BATCH)
            ).all()
        )


def take(store: Store, delivery_id: UUID, now: datetime) -> Delivery | None:
    """What to send; ``None`` where it is done, not yet due, or its endpoint was removed. Its next try is written down first."""
    with store.installation(write=True) as session:
        row = session.exec(select(WebhookDelivery).where(WebhookDelivery.id == delivery_id).with_for_update()).first()
        if row is None or row.status is not WebhookState.PENDING or row.next_at > now:
            return None
        endpoint = session.get_one(WebhookEndpoint, row.endpoint_id)
        if endpoint.removed_at is not None:
            row.status, row.answer, row.settled_at = WebhookState.FAILED, "removed", now
            session.add(row)
            return None
        row.attempts += 1
        row.next_at = now + delay(row.attempts)
        session.add(row)
        content = {
            "id": str(row.event_id),
            "type": row.type,
            "timestamp": row.occurred_at,
            "data": {"kind": row.subject_kind, "id": None if row.subject_id is None else str(row.subject_id)},
        }
        body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
        return Delivery(id=row.id, url=endpoint.url, secret=endpoint.secret, event=str(row.event_id), body=body)


def settle(store: Store, delivery_id: UUID, told: Told, now: datetime) -> None:
    """Write down how the system answered. 410 (gone) is final."""
    with store.installation(write=True) as session:
        row = session.get_one(WebhookDelivery, delivery_id)
        row.answer = told.answer[:64]
        if told.taken:
            row.status, row.settled_at = WebhookState.DELIVERED, now
        elif told.answer in ("410", "address") or now - row.occurred_at > GIVE_UP:
            row.status, row.settled_at = WebhookState.FAILED, now
        session.add(row)


def delay(attempts: int) -> timedelta:
    """How long until the next try, after so many."""
    return min(_FIRST_DELAY * float(3 ** min(attempts - 1, 10)), _LONGEST_DELAY)


def _entry(reader: Reader, action: str, subject: UUID, now: datetime) -> Audit:
    return done_by(reader, action, "webhook", subject, now)
