"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for the day the phone is lost.

Every account needs one: a password alone opens nothing. A code is taken once (RFC 6238 §5.2), of this time step or the one before
or after it; guessing is slow (:mod:`ccmm_bot.casework.access.attempts`). The app's secret is kept sealed, recovery
codes as keyed hashes.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import pyotp
from sqlalchemy import func
from sqlmodel import Session, col, select

from ccmm_bot.casework.access import attempts
from ccmm_bot.casework.access.attempts import Counter
from ccmm_bot.casework.access.sessions import entry
from ccmm_bot.store.keys import UnreadableValue
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Passkey, RecoveryCode, Staff

STEP_S: Final = 30
RECOVERY_CODES: Final = 10
#: Wrong codes within a window. There are a million codes of which three fit.
LIMIT: Final = 5
#: No letters that look alike when written by hand.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_FIELD: Final = b"staff.totp_offer"


class Outcome(StrEnum):
    """What came of a code."""

    GOOD = "good"
    WRONG = "wrong"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What somebody can prove herself with besides the password."""

    app: bool
    passkeys: int
    recovery_codes: int  # that are left

    @property
    def any(self) -> bool:
        """Whether there is one at all; recovery codes alone are none."""
        return self.app or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret for an authenticator app, not yet confirmed. ``sealed`` goes through the form and comes back with the first code."""

    secret: str
    uri: str
    sealed: str


def factors(store: Store, staff_id: UUID) -> Factors:
    """What an account has."""
    with store.installation() as session:
        return factors_of(session, staff_id)


def factors_of(session: Session, staff_id: UUID) -> Factors:
    """The same, in a transaction."""
    passkeys = session.exec(select(func.count(col(Passkey.id))).where(Passkey.staff_id == staff_id)).one()
    codes = session.exec(
        select(func.count(col(RecoveryCode.id))).where(RecoveryCode.staff_id == staff_id, col(RecoveryCode.used_at).is_(None))
    ).one()
    return Factors(app=session.get_one(Staff, staff_id).totp_secret is not None, passkeys=passkeys, recovery_codes=codes)


def offer(store: Store, staff_id: UUID, *, email: str, service_name: str) -> Offer:
    """A fresh secret, as text and as the address an authenticator app reads from a picture."""
    secret = pyotp.random_base32()
    return _offered(store, staff_id, secret, email, service_name)


def offer_again(store: Store, staff_id: UUID, sealed: str, *, email: str, service_name: str) -> Offer | None:
    """What a form brought back, to be shown once more; ``None`` unless it was made for this account."""
    secret = _unsealed(store, staff_id, sealed)
    return None if secret is None else _offered(store, staff_id, secret, email, service_name)


def confirm(store: Store, staff_id: UUID, sealed: str, code: str, now: datetime) -> Outcome:
    """Take the offered secret, if the app shows the right code for it."""
    secret = _unsealed(store, staff_id, sealed)
    step = None if secret is None else _step_of(secret, code, now, after=None)
    if secret is None or step is None:
        return Outcome.WRONG
    with store.installation(write=True) as session:
        staff = session.get_one(Staff, staff_id)
        staff.totp_secret, staff.totp_step = secret, step
        session.add(staff)
        session.add(entry(staff.agency_id, staff.id, "staff.app_set_up", now))
    return Outcome.GOOD


def check_code(store: Store, staff_id: UUID, code: str, now: datetime) -> Outcome:
    """Whether it is the app's code now. Each is taken once."""
    counter = _counter(staff_id)
    with store.installation(write=True) as session:
        agency = session.get_one(Staff, staff_id).agency_id
        if not attempts.begin(session, store, agency, [counter], now):
            return Outcome.TOO_MANY
    with store.installation(write=True) as session:
        staff = session.exec(select(Staff).where(Staff.id == staff_id).with_for_update()).one()
        step = None if staff.totp_secret is None else _step_of(staff.totp_secret, code, now, after=staff.totp_step)
        if step is None:
            return Outcome.WRONG
        staff.totp_step = step
        session.add(staff)
        attempts.succeeded(session, store, agency, counter, now)
    return Outcome.GOOD


def new_recovery_codes(store: Store, staff_id: UUID, now: datetime) -> Sequence[str]:
    """A fresh set, to be written down; the old ones are worth nothing any more."""
    codes = [f"{_random(5)}-{_random(5)}" for _ in range(RECOVERY_CODES)]
    with store.installation(write=True) as session:
        staff = session.get_one(Staff, staff_id)
        for old in session.exec(select(RecoveryCode).where(RecoveryCode.staff_id == staff_id)):
            session.delete(old)
        session.add_all(
            RecoveryCode(agency_id=staff.agency_id, staff_id=staff_id, code_hash=_code_hash(store, staff_id, code))
            for code in codes
        )
        session.add(entry(staff.agency_id, staff_id, "staff.recovery_codes_made", now))
    return codes


def check_recovery_code(store: Store, staff_id: UUID, code: str, now: datetime) -> Outcome:
    """Whether it is a recovery code that was not used yet; from now on it is."""
    counter = _counter(staff_id)
    with store.installation(write=True) as session:
        agency = session.get_one(Staff, staff_id).agency_id
        if not attempts.begin(session, store, agency, [counter], now):
            return Outcome.TOO_MANY
    with store.installation(write=True) as session:
        row = session.exec(
            select(RecoveryCode)
            .where(
                RecoveryCode.staff_id == staff_id,
                RecoveryCode.code_hash == _code_hash(store, staff_id, code),
                col(RecoveryCode.used_at).is_(None),
            )
            .with_for_update()
        ).first()
        if row is None:
            return Outcome.WRONG
        row.used_at = now
        session.add(row)
        attempts.succeeded(session, store, agency, counter, now)
        session.add(entry(agency, staff_id, "staff.recovery_code_used", now))
    return Outcome.GOOD


def forget_all(session: Session, staff_id: UUID) -> None:
    """Take every second factor away: the next sign-in sets one up anew."""
    staff = session.get_one(Staff, staff_id)
    staff.totp_secret = staff.totp_step = None
    session.add(staff)
    for table in (Passkey, RecoveryCode):
        for row in session.exec(select(table).where(table.staff_id == staff_id)):
            session.delete(row)


def current_code(secret: str, now: datetime) -> str:
    """What an authenticator app shows."""
    return pyotp.TOTP(secret).at(now)


def _offered(store: Store, staff_id: UUID, secret: str, email: str, service_name: str) -> Offer:
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=service_name)
    return Offer(secret, uri, store.keys.seal(_FIELD + staff_id.hex.encode(), secret.encode()).hex())


def _unsealed(store: Store, staff_id: UUID, sealed: str) -> str | None:
    try:
        return store.keys.open(_FIELD + staff_id.hex.encode(), bytes.fromhex(sealed)).decode()
    except (ValueError, UnreadableValue, UnicodeDecodeError):
        return None


def _step_of(secret: str, code: str, now: datetime, *, after: int | None) -> int | None:
    """The time step whose code it is; ``None`` for a wrong code, and for one of a step that was taken."""
    typed = "".join(code.split())
    step = int(now.timestamp()) // STEP_S
    app = pyotp.TOTP(secret, interval=STEP_S)
    fitting = [each for each in (step - 1, step, step + 1) if hmac.compare_digest(app.at(each * STEP_S).encode(), typed.encode())]
    return next((each for each in fitting if after is None or each > after), None)


def proved(session: Session, store: Store, agency: UUID, staff_id: UUID, now: datetime) -> None:
    """A passkey has proved who it is: written down as for a code, and wrong codes before it count no more."""
    attempts.succeeded(session, store, agency, _counter(staff_id), now)


def _counter(staff_id: UUID) -> Counter:
    return Counter("signin.second", staff_id.hex, LIMIT)


def _code_hash(store: Store, staff_id: UUID, code: str) -> bytes:
    bare = "".join(letter for letter in code.casefold() if letter.isalnum())
    return store.keys.lookup(b"recovery", f"{staff_id.hex}\0{bare}")


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
