"""What units of work change, as SQLite's statements: kind by kind, for all of them at once.

A statement is prepared once and run for every row. That saves little in itself; what it saves is that nothing else happens in
between: after a few dozen microseconds of Python neither the statement's code nor the pages it touches are in the processor's
caches any more, and it takes three times as long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from ccmm_bot.store.hot.writes import SECTIONS, NewContact, Row, Writes

_NEW_CONTACT: Final = (
    "INSERT INTO contact_point (id, agency_id, account_id, channel, address, address_hash, external_user_hash, shared, safety, "
    "created_at, opted_out_at, data_key) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"
)
_KNOWN_CONTACT: Final = (
    "UPDATE contact_point SET address = ?, external_user_hash = ?, data_key = ?, safety = CASE WHEN ? = 'unknown' THEN safety "
    "ELSE ? END, opted_out_at = CASE WHEN ? THEN ? ELSE opted_out_at END WHERE id = ?"
)
_NEW_PERSON: Final = "INSERT INTO person (id, agency_id, code, language, created_at, data_key) VALUES (?, ?, ?, ?, ?, ?)"
_NEW_CONVERSATION: Final = (
    "INSERT INTO conversation (id, agency_id, contact_point_id, person_id, snapshot, version, last_seq, language, status, "
    "last_inbound_at, human_since, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)"
)
_CONVERSATION: Final = (
    "UPDATE conversation SET snapshot = ?, version = version + 1, last_seq = ?, language = ?, status = ?, "
    "last_inbound_at = COALESCE(?, last_inbound_at), human_since = ?, updated_at = ? WHERE id = ? AND version = ?"
)

_SECTIONS: Final = {section.name: section.sqlite for section in SECTIONS}
_PLACES: Final = {name: place for place, name in enumerate(_SECTIONS)}


def write(connection: sqlite3.Connection, units: Sequence[Writes]) -> int:
    """Write all of it, of which no two parts belong to one conversation. Returns how many kinds of statements that took.

    :raises sqlite3.IntegrityError: a conversation has another version than the one that was read, or a row has its double
    """
    changed: list[Row] = []
    statements = 0
    for w in units:
        if w.contact is not None:
            statements += _new(connection, w, w.contact)
            continue
        now = (w.snapshot, w.last_seq, w.language, w.status, w.last_inbound_at, w.human_since, w.now)
        changed.append((*now, w.conversation_id, w.version))
    if changed:
        statements += 1
        if connection.executemany(_CONVERSATION, changed).rowcount != len(changed):
            raise sqlite3.IntegrityError("the conversation changed inside its own transaction")
    sections = _gathered(units)
    for name, rows in sorted(sections.items(), key=_place):
        connection.executemany(_SECTIONS[name], rows)
    return statements + len(sections)


def _new(connection: sqlite3.Connection, w: Writes, c: NewContact) -> int:
    """Somebody who writes for the first time."""
    if c.known:
        found = (c.address, c.external_user_hash, c.contact_key, c.safety, c.safety, c.opts, w.opted_out_at)
        connection.execute(_KNOWN_CONTACT, (*found, w.contact_point_id))
    else:
        contact = (w.contact_point_id, w.agency_id, c.account_id, c.channel, c.address, c.address_hash, c.external_user_hash)
        connection.execute(_NEW_CONTACT, (*contact, c.safety, w.now, w.opted_out_at, c.contact_key))
    if c.person_code is not None:
        connection.execute(_NEW_PERSON, (w.person_id, w.agency_id, c.person_code, w.language, w.now, c.person_key))
    row = (w.conversation_id, w.agency_id, w.contact_point_id, w.person_id, w.snapshot, w.last_seq, w.language, w.status)
    connection.execute(_NEW_CONVERSATION, (*row, w.last_inbound_at, w.human_since, w.now, w.now))
    return 3


def _gathered(units: Sequence[Writes]) -> dict[str, list[Row]]:
    """The rows of every kind. Those of one unit alone are taken as they are."""
    if len(units) == 1:
        return units[0].sections
    gathered: dict[str, list[Row]] = {}
    for w in units:
        for name, rows in w.sections.items():
            if (found := gathered.get(name)) is None:
                gathered[name] = list(rows)
            else:
                found.extend(rows)
    return gathered


def _place(section: tuple[str, Any]) -> int:
    return _PLACES[section[0]]
