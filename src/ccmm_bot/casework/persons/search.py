"""Finding a person by name, code or telephone.

A telephone is found through the keyed hash it is kept under, a code through its column. Names are sealed, and an index of words
under a keyed hash would tell whoever holds the database which people share a name, and would still miss a name spelt in another
way: so the names of the reader's agency are opened and compared one by one, similar spellings included. That is linear, and
bounded: of an agency with more than :data:`MOST_NAMES` named people the latest so many are looked through, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import phonenumbers
from rapidfuzz import fuzz
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.i18n.normalise import words
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, ContactPoint, Conversation, Person, PersonContactPoint

MOST_NAMES: Final = 20_000
SHOWN: Final = 50
QUERY_MAXIMUM: Final = 100
#: How similar a name has to be, of 100.
_SIMILAR: Final = 82
_DIGITS: Final = 7  # fewer are no telephone number


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One person. ``by``: code, phone or name."""

    person_id: UUID
    code: str
    name: str | None
    language: str | None
    by: str
    case_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best matches first. ``more``: there are others; ``bounded``: not every name was looked at."""

    matches: Sequence[Match]
    more: bool
    bounded: bool


def search(store: Store, reader: Reader, query: str) -> Found:
    """People of the reader's agency whom ``query`` may mean; nobody for an empty one."""
    require(reader, Permission.READ_CASES)
    wanted = " ".join("".join(letter if letter.isprintable() else " " for letter in query[:QUERY_MAXIMUM]).split())
    if not wanted:
        return Found(matches=(), more=False, bounded=False)
    with store.reading(reader.agency_id) as session:
        ranked: dict[UUID, tuple[float, str]] = {}
        for key in _by_code(session, wanted):
            ranked[key] = (200.0, "code")
        for key in _by_phone(store, session, wanted):
            ranked.setdefault(key, (190.0, "phone"))
        names, bounded = _names(session)
        for key, score in _by_name(names, wanted):
            ranked.setdefault(key, (score, "name"))
        best = sorted(ranked, key=lambda key: (-ranked[key][0], str(key)))
        people = {row.id: row for row in session.exec(select(Person).where(col(Person.id).in_(best[:SHOWN])))}
        of_people = select(Case.person_id, Case.id).where(col(Case.person_id).in_(list(people)))
        cases = dict(session.exec(of_people.order_by(col(Case.opened_at))).all())
    return Found(
        matches=tuple(
            Match(
                person_id=key,
                code=people[key].code,
                name=people[key].name,
                language=people[key].language,
                by=ranked[key][1],
                case_id=cases.get(key),
            )
            for key in best[:SHOWN]
        ),
        more=len(best) > SHOWN,
        bounded=bounded,
    )


def _by_code(session: Session, wanted: str) -> Sequence[UUID]:
    bare = "".join(letter for letter in wanted.upper() if letter.isalnum())
    forms = {wanted.upper(), bare, f"{bare[:2]}-{bare[2:]}"}
    return session.exec(select(Person.id).where(col(Person.code).in_(forms))).all()


def _by_phone(store: Store, session: Session, wanted: str) -> Sequence[UUID]:
    if sum(letter.isdigit() for letter in wanted) < _DIGITS:
        return ()
    try:
        number = phonenumbers.parse(wanted, "CA")
    except phonenumbers.NumberParseException:
        return ()
    forms = {phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), wanted}
    hashes = [store.keys.lookup(b"address", form) for form in forms]
    points = select(ContactPoint.id).where(col(ContactPoint.address_hash).in_(hashes))
    held = select(PersonContactPoint.person_id).where(col(PersonContactPoint.contact_point_id).in_(points))
    talked = select(Conversation.person_id).where(col(Conversation.contact_point_id).in_(points))
    return [*session.exec(held).all(), *session.exec(talked).all()]


def _names(session: Session) -> tuple[Sequence[tuple[UUID, str | None]], bool]:
    rows = session.exec(
        select(Person.id, Person.name).where(col(Person.name).is_not(None)).order_by(col(Person.id).desc()).limit(MOST_NAMES + 1)
    ).all()
    return rows[:MOST_NAMES], len(rows) > MOST_NAMES


def _by_name(names: Sequence[tuple[UUID, str | None]], wanted: str) -> Sequence[tuple[UUID, float]]:
    needle = _folded(wanted)
    if not needle:
        return ()
    found = []
    for key, name in names:
        folded = _folded(name or "")
        if needle in folded:
            found.append((key, 180.0 if folded.startswith(needle) else 170.0))
        elif (score := fuzz.token_set_ratio(needle, folded)) >= _SIMILAR:
            found.append((key, score))
    return found


def _folded(text: str) -> str:
    """A name as it is compared. Ethiopic script is folded as in Tigrinya, where the most letters sound alike."""
    return words(text, "ti" if any("\u1200" <= letter <= "\u137f" for letter in text) else None)
