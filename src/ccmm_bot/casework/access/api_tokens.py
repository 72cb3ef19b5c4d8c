"""Tokens of an agency's other systems. What one may do is what a role may do: the policy is the same for machines.

A token is 256 random bits after a prefix that scanners of leaked secrets can look for; it is shown once, and only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, ApiToken, Audit, Role, TokenScope

PREFIX: Final = "ccmm_"
NAME_MAXIMUM: Final = 64
#: The role whose rights a scope has.
ROLES: Final = MappingProxyType({TokenScope.READ: Role.AUDITOR, TokenScope.WRITE: Role.CASE_MANAGER})
_TOUCH: Final = timedelta(minutes=5)  # how exactly the last use is kept


class TokenError(CcmmError):
    """The token cannot be made; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A token as the list shows it."""

    id: UUID
    name: str
    scope: TokenScope
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Another system that asks: the token, and the reader it counts as."""

    token_id: UUID
    reader: Reader


def make_token(store: Store, reader: Reader, *, name: str, scope: TokenScope, now: datetime) -> str:
    """A new token; the answer is the only time it is seen."""
    require(reader, Permission.ADMINISTER)
    called = " ".join(name.split())
    if not called or len(called) > NAME_MAXIMUM:
        raise TokenError("Say which system it is for, in at most 64 characters.")
    token = PREFIX + secrets.token_urlsafe(32)
    with store.writing(reader) as session:
        row = ApiToken(
            agency_id=reader.agency_id,
            name=called,
            token_hash=_digest(token),
            scope=scope,
            created_at=now,
            created_by=reader.staff_id,
        )
        session.add(row)
        session.add(token_entry(reader.agency_id, reader.staff_id, "api_token.made", row.id, now, scope=scope.value))
    return token


def tokens(store: Store, reader: Reader) -> Sequence[TokenView]:
    """The agency's tokens that work, the latest first."""
    require(reader, Permission.ADMINISTER)
    with store.reading(reader) as session:
        rows = session.exec(
            select(ApiToken).where(col(ApiToken.revoked_at).is_(None)).order_by(col(ApiToken.created_at).desc())
        ).all()
    return [
        TokenView(id=row.id, name=row.name, scope=row.scope, created_at=row.created_at, last_used_at=row.last_used_at)
        for row in rows
    ]


def revoke_token(store: Store, reader: Reader, token_id: UUID, now: datetime) -> None:
    """From now on it opens nothing. Raises :class:`NotFound`."""
    require(reader, Permission.ADMINISTER)
    with store.writing(reader) as session:
        row = session.exec(select(ApiToken).where(ApiToken.id == token_id)).first()
        if row is None:
            raise NotFound("There is no such token.")
        row.revoked_at = row.revoked_at or now
        session.add(row)
        session.add(token_entry(reader.agency_id, reader.staff_id, "api_token.revoked", row.id, now))


def caller_of(store: Store, token: str, now: datetime) -> Caller | None:
    """Whose token it is; ``None`` for one that never was or does not work any more."""
    with store.installation() as session:
        row = session.exec(
            select(ApiToken).where(ApiToken.token_hash == _digest(token), col(ApiToken.revoked_at).is_(None))
        ).first()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at >= _TOUCH:
        with store.installation(write=True) as session:
            session.get_one(ApiToken, row.id).last_used_at = now
    reader = Reader(staff_id=row.created_by, agency_id=row.agency_id, role=ROLES[row.scope], name=row.name, machine=True)
    return Caller(token_id=row.id, reader=reader)


def wrote(caller: Caller, what: str, now: datetime) -> Audit:
    """The entry that it was a machine, and which, that changes something for who made its token; kept with the change."""
    return Audit(
        agency_id=caller.reader.agency_id,
        at=now,
        actor_kind=Actor.SYSTEM,
        actor_id=caller.token_id,
        action="api.wrote",
        subject_kind="api_token",
        subject_id=caller.token_id,
        detail={"what": what},
    )


def token_entry(agency: UUID, staff: UUID, action: str, subject: UUID, now: datetime, **detail: str) -> Audit:
    """An audit row about a token."""
    return Audit(
        agency_id=agency,
        at=now,
        actor_kind=Actor.STAFF,
        actor_id=staff,
        action=action,
        subject_kind="api_token",
        subject_id=subject,
        detail=detail,
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
