"""Finding a person by name, code or telephone.

A telephone is found through the keyed hash it is kept under, a code through its column. Names are compared one by one, similar
spellings included, with what :mod:`ccmm_bot.casework.persons.names` keeps open of the reader's agency. That is linear, and bounded:
of an agency with more than :data:`MOST_NAMES` named people the latest so many are looked through, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import phonenumbers
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.persons.names import MOST_NAMES, Names, folded, key_of
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, ContactPoint, Conversation, Person, PersonContactPoint

SHOWN: Final = 50
QUERY_MAXIMUM: Final = 100
#: How similar a name has to be, of 100.
_SIMILAR: Final = 82
_DIGITS: Final = 7  # fewer are no telephone number
_BLOCK: Final = 500  # people fetched at once

__all__ = ["MOST_NAMES", "QUERY_MAXIMUM", "Found", "Match", "search"]


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


def search(store: Store, reader: Reader, query: str, names: Names | None = None) -> Found:
    """People of the reader's agency whom ``query`` may mean; nobody for an empty one.

    ``names``: those this process has opened already; without them all are opened once more.
    """
    require(reader, Permission.READ_CASES)
    wanted = " ".join("".join(letter if letter.isprintable() else " " for letter in query[:QUERY_MAXIMUM]).split())
    if not wanted:
        return Found(matches=(), more=False, bounded=False)
    with store.reading(reader.agency_id) as whole:
        people, called, bounded = (names or Names()).read(whole, store.keys, reader.agency_id)
    with store.reading(reader) as session:
        ranked: dict[UUID, tuple[float, str]] = {}
        for key in by_code(session, wanted):
            ranked[key] = (200.0, "code")
        for key in by_phone(store, session, wanted):
            ranked.setdefault(key, (190.0, "phone"))
        for place, score in _by_name(called, wanted):
            ranked.setdefault(key_of(people[place]), (score, "name"))
        rows = _seen(session, sorted(ranked, key=lambda key: (-ranked[key][0], str(key))))
        of_people = select(Case.person_id, Case.id).where(col(Case.person_id).in_([row.id for row in rows]))
        cases = dict(session.exec(of_people.order_by(col(Case.opened_at))).all())
    return Found(
        matches=tuple(
            Match(
                person_id=row.id,
                code=row.code,
                name=row.name,
                language=row.language,
                by=ranked[row.id][1],
                case_id=cases.get(row.id),
            )
            for row in rows[:SHOWN]
        ),
        more=len(rows) > SHOWN,
        bounded=bounded,
    )


def _seen(session: Session, best: Sequence[UUID]) -> list[Person]:
    """The best whom the reader may see, and one more where there is one: the session decides, not the names."""
    found: list[UUID] = []
    for start in range(0, len(best), _BLOCK):
        block = best[start : start + _BLOCK]
        seen = set(session.exec(select(Person.id).where(col(Person.id).in_(block))))
        found += [key for key in block if key in seen]
        if len(found) > SHOWN:
            break
    del found[SHOWN + 1 :]
    rows = {row.id: row for row in session.exec(select(Person).where(col(Person.id).in_(found)))}
    return [rows[key] for key in found if key in rows]


def by_code(session: Session, wanted: str) -> Sequence[UUID]:
    """Who has a code, written with or without its dash."""
    bare = "".join(letter for letter in wanted.upper() if letter.isalnum())
    forms = {wanted.upper(), bare, f"{bare[:2]}-{bare[2:]}"}
    return session.exec(select(Person.id).where(col(Person.code).in_(forms))).all()


def by_phone(store: Store, session: Session, wanted: str) -> Sequence[UUID]:
    """Who uses a telephone, or wrote from it."""
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


def _by_name(names: Sequence[str], wanted: str) -> Sequence[tuple[int, float]]:
    """Places in ``names`` that fit, and how well."""
    needle = folded(wanted)
    if not needle:
        return ()
    from rapidfuzz import fuzz, process  # compiled for each kind of processor: loaded by whoever searches

    inside = {place: 180.0 if name.startswith(needle) else 170.0 for place, name in enumerate(names) if needle in name}
    alike = process.extract(needle, names, scorer=fuzz.token_set_ratio, score_cutoff=_SIMILAR, limit=None)
    return [*inside.items(), *((place, score) for _name, score, place in alike if place not in inside)]
