"""Passkeys as the second factor (WebAuthn level 2, through py_webauthn).

What the browser is asked for goes out with the page, its challenge kept with the session; what it answers comes back in a form and
is checked against that challenge, once. A passkey works for the host it was made on and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlmodel import Session, select

from ccmm_bot.casework.access.policy import NotFound, Reader
from ccmm_bot.casework.access.second_factor import factors_of, proved
from ccmm_bot.casework.access.sessions import entry
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Passkey, Staff, StaffSession

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

NAME_MAXIMUM: Final = 64


class LastFactor(CcmmError):
    """The account's last second factor cannot be taken away."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where we are: the origin as browsers say it, and its host."""

    origin: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPasskey:
    """One of somebody's passkeys."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


def ask_to_make(store: Store, session_id: UUID, place: Place, service_name: str) -> str:
    """What the browser needs to make a passkey, as JSON. The challenge is kept with the session."""
    import webauthn
    from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement

    with store.installation(write=True) as session:
        row = session.get_one(StaffSession, session_id)
        staff = session.get_one(Staff, row.staff_id)
        options = webauthn.generate_registration_options(
            rp_id=place.host,
            rp_name=service_name,
            user_id=staff.id.bytes,
            user_name=staff.email,
            user_display_name=staff.name,
            exclude_credentials=_descriptors(session, staff.id),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        row.challenge = options.challenge
        session.add(row)
    return webauthn.options_to_json(options)


def make(store: Store, session_id: UUID, place: Place, answer: str, name: str, now: datetime) -> bool:
    """Keep the passkey the browser made; false where the answer does not fit what was asked."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    with store.installation(write=True) as session:
        row = session.get_one(StaffSession, session_id)
        challenge = _take_challenge(session, row)
        if challenge is None:
            return False
        try:
            made = webauthn.verify_registration_response(
                credential=answer, expected_challenge=challenge, expected_rp_id=place.host, expected_origin=place.origin
            )
        except (WebAuthnException, ValueError, RecursionError):
            return False
        if session.exec(select(Passkey.id).where(Passkey.credential_id == made.credential_id)).first() is not None:
            return False
        session.add(
            Passkey(
                agency_id=row.agency_id,
                staff_id=row.staff_id,
                credential_id=made.credential_id,
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                name=" ".join(name.split())[:NAME_MAXIMUM] or "Passkey",
                created_at=now,
            )
        )
        session.add(entry(row.agency_id, row.staff_id, "staff.passkey_made", now))
    return True


def ask_to_show(store: Store, session_id: UUID, place: Place) -> str | None:
    """What the browser needs to prove one of the account's passkeys, as JSON; ``None`` where it has none."""
    import webauthn

    with store.installation(write=True) as session:
        row = session.get_one(StaffSession, session_id)
        known = _descriptors(session, row.staff_id)
        if not known:
            return None
        options = webauthn.generate_authentication_options(rp_id=place.host, allow_credentials=known)
        row.challenge = options.challenge
        session.add(row)
    return webauthn.options_to_json(options)


def check(store: Store, session_id: UUID, place: Place, answer: str, now: datetime) -> bool:
    """Whether the browser has proved a passkey of the session's account."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    with store.installation(write=True) as session:
        row = session.get_one(StaffSession, session_id)
        challenge = _take_challenge(session, row)
        passkey = _named(session, row.staff_id, answer)
        if challenge is None or passkey is None:
            return False
        try:
            shown = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=place.host,
                expected_origin=place.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
            )
        except (WebAuthnException, ValueError):
            return False
        passkey.sign_count, passkey.last_used_at = shown.new_sign_count, now
        session.add(passkey)
        proved(session, store, row.agency_id, row.staff_id, now)
    return True


def own_passkeys(store: Store, reader: Reader) -> list[OwnPasskey]:
    """The reader's passkeys, the oldest first."""
    with store.reading(reader) as session:
        rows = session.exec(select(Passkey).where(Passkey.staff_id == reader.staff_id)).all()
    ordered = sorted(rows, key=lambda row: row.id)
    return [OwnPasskey(id=row.id, name=row.name, created_at=row.created_at, last_used_at=row.last_used_at) for row in ordered]


def remove(store: Store, reader: Reader, passkey_id: UUID, now: datetime) -> None:
    """Forget one of the reader's own. Raises :class:`NotFound`, and :class:`LastFactor` where nothing would be left."""
    with store.writing(reader) as session:
        row = session.exec(select(Passkey).where(Passkey.id == passkey_id, Passkey.staff_id == reader.staff_id)).first()
        if row is None:
            raise NotFound("There is no such passkey.")
        left = factors_of(session, reader.staff_id)
        if not left.app and left.passkeys == 1:
            raise LastFactor("This is the last second factor of the account.")
        session.delete(row)
        session.add(entry(reader.agency_id, reader.staff_id, "staff.passkey_removed", now))


def _take_challenge(session: Session, row: StaffSession) -> bytes | None:
    """Each challenge is answered once, rightly or not."""
    challenge, row.challenge = row.challenge, None
    session.add(row)
    return challenge


def _named(session: Session, staff_id: UUID, answer: str) -> Passkey | None:
    from webauthn.helpers import base64url_to_bytes

    try:
        credential = base64url_to_bytes(str(json.loads(answer)["rawId"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return session.exec(
        select(Passkey).where(Passkey.staff_id == staff_id, Passkey.credential_id == credential).with_for_update()
    ).first()


def _descriptors(session: Session, staff_id: UUID) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    rows = session.exec(select(Passkey.credential_id).where(Passkey.staff_id == staff_id)).all()
    return [PublicKeyCredentialDescriptor(id=bytes(credential)) for credential in rows]
