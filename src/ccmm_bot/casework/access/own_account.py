"""What somebody changes about her own account. Whatever would let another in asks for the password once more (ASVS 5.0 §7.5.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlmodel import select

from ccmm_bot.casework.access import attempts
from ccmm_bot.casework.access.attempts import Counter
from ccmm_bot.casework.access.passwords import check_strength, hash_password, verify
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.access.second_factor import Outcome
from ccmm_bot.casework.access.sessions import end_all, entry
from ccmm_bot.casework.access.staff_links import withdraw_all
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Staff, StaffLinkKind

_LIMIT: Final = 5


def check_password(store: Store, reader: Reader, password: str, now: datetime) -> Outcome:
    """Whether it is the reader's password. Guessing is as slow here as at the sign-in."""
    counter = Counter("signin.again", reader.staff_id.hex, _LIMIT)
    with store.writing(reader) as session:
        if not attempts.begin(session, store, reader.agency_id, [counter], now):
            return Outcome.TOO_MANY
        kept = session.exec(select(Staff).where(Staff.id == reader.staff_id)).one().password_hash
    if not verify(kept, password):
        return Outcome.WRONG
    with store.writing(reader) as session:
        attempts.succeeded(session, store, reader.agency_id, counter, now)
    return Outcome.GOOD


def change_password(store: Store, reader: Reader, password: str, now: datetime) -> None:
    """A new password, which ends every other session and every link to a new one.

    Raises :class:`ccmm_bot.casework.access.passwords.WeakPassword`.
    """
    with store.reading(reader) as session:
        staff = session.exec(select(Staff).where(Staff.id == reader.staff_id)).one()
    check_strength(password, about=(staff.email, staff.email.partition("@")[0], *staff.name.split()))
    hashed = hash_password(password)
    with store.writing(reader) as session:
        row = session.exec(select(Staff).where(Staff.id == reader.staff_id)).one()
        row.password_hash = hashed
        session.add(row)
        end_all(session, reader.staff_id, now, but=reader.session_id)
        withdraw_all(session, reader.staff_id, StaffLinkKind.PASSWORD, now)
        session.add(entry(reader.agency_id, reader.staff_id, "staff.password_changed", now))


def end_others(store: Store, reader: Reader, now: datetime) -> int:
    """End every session of the reader's but the one that asks. Returns how many there were."""
    with store.writing(reader) as session:
        return end_all(session, reader.staff_id, now, but=reader.session_id)


def set_interface_language(store: Store, reader: Reader, tag: str, now: datetime) -> None:
    """The language of the reader's own pages. The caller says which there are."""
    with store.writing(reader) as session:
        staff = session.exec(select(Staff).where(Staff.id == reader.staff_id)).one()
        staff.interface_language = tag
        session.add(staff)
        session.add(entry(reader.agency_id, reader.staff_id, "staff.language_set", now, {"language": tag}))
