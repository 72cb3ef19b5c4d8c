"""Signing in, first step: e-mail and password. One failure looks like another, and guessing gets slow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from ccmm_bot.casework.access import attempts
from ccmm_bot.casework.access.accounts import first_agency, normal_email
from ccmm_bot.casework.access.attempts import Counter
from ccmm_bot.casework.access.passwords import hash_password, outdated, verify
from ccmm_bot.casework.access.sessions import SignedIn, open_session
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import SessionStage, Staff

#: Attempts within a window. For one account from one client a success starts the count anew; the two wider limits count on, so that
#: nobody resets them with an account of her own.
PAIR_LIMIT, ACCOUNT_LIMIT, CLIENT_LIMIT = 5, 30, 100


@dataclass(frozen=True, slots=True)
class Refused:
    """E-mail, password or account: the reader is not told which."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """Too many attempts; the right answer is refused as well until the window has passed."""


def sign_in(
    store: Store, *, email: str, password: str, client: str, now: datetime, browser: str | None = None
) -> SignedIn | Refused | TooMany:
    """Check an e-mail and a password. ``client`` is the network address of the browser.

    The session opens nothing before the second factor (:mod:`ccmm_bot.casework.access.second_factor`).
    """
    address = normal_email(email)
    pair = Counter("signin.pair", f"{address}\0{client}", PAIR_LIMIT)
    counters = (Counter("signin.account", address, ACCOUNT_LIMIT), Counter("signin.client", client, CLIENT_LIMIT), pair)
    with store.installation(write=True) as session:
        staff = session.exec(select(Staff).where(Staff.email == address, col(Staff.active).is_(True))).first()
        agency = staff.agency_id if staff else first_agency(session)
        if agency is None:
            return Refused()
        if not attempts.begin(session, store, agency, counters, now):
            return TooMany()
    if not verify(staff.password_hash if staff else None, password) or staff is None:
        return Refused()
    rehashed = hash_password(password) if outdated(staff.password_hash) else None
    with store.installation(write=True) as session:
        attempts.succeeded(session, store, agency, pair, now)
        if rehashed is not None:
            staff.password_hash = rehashed
            session.add(session.merge(staff))
    return open_session(store, staff.id, now, stage=SessionStage.PASSWORD, browser=browser)
