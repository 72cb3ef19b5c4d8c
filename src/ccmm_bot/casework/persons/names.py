"""The names of an agency's people as they are compared in a search: opened once, and kept open in the memory of the process.

Every name is sealed with its person's own key, and opening twenty thousand takes longer than anybody waits for a page. An index
under a keyed hash would be fast as well, and would be one more thing on the disk that tells who shares a name. What is kept here is
nowhere but in the memory of a process that holds the keys anyway, and it is never out of date: each search reads the sealed names,
and opens those that are not the ones it knows. Somebody who was erased is forgotten with the next search.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, String, select, type_coerce
from sqlmodel import Session

from ccmm_bot.i18n.normalise import words
from ccmm_bot.store.keys import KeyRing, UnreadableValue
from ccmm_bot.store.whose import table_named

#: So many people's names are looked through; of more, the latest.
MOST_NAMES: Final = 20_000
#: So many are kept open, of all agencies together.
_KEPT: Final = 60_000
_FIELD: Final = b"person.name"


class Names:
    """The names one process knows. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[UUID, dict[Any, tuple[bytes, str]]] = {}
        self._lock = threading.Lock()
        self.opened = 0  # how many names have been opened so far

    def read(self, session: Session, keys: KeyRing, agency: UUID) -> tuple[Sequence[UUID | str], Sequence[str], bool]:
        """The ids of an agency's named people, the latest first; their names as :func:`folded` leaves them; whether there are more.

        ``session`` shows the whole agency. Whom the reader may see is not decided here.
        """
        table = table_named("person")
        # Twenty thousand rows: past the object mapper, and with ids as the driver has them.
        wanted = (
            select(type_coerce(table.c.id, String), type_coerce(table.c.name, LargeBinary))
            .where(table.c.agency_id == agency, table.c.name.is_not(None))
            .order_by(table.c.id.desc())
            .limit(MOST_NAMES + 1)
        )
        rows = session.connection().execute(wanted).all()
        known = self._known.get(agency, {})
        keys.prepare(sealed for key, sealed in rows[:MOST_NAMES] if key not in known)
        current = {key: self._name(known.get(key), sealed, keys) for key, sealed in rows[:MOST_NAMES]}
        with self._lock:
            self._known[agency] = current
            while len(self._known) > 1 and sum(map(len, self._known.values())) > _KEPT:
                del self._known[next(each for each in self._known if each != agency)]
        return list(current), [name for _sealed, name in current.values()], len(rows) > MOST_NAMES

    def _name(self, known: tuple[bytes, str] | None, sealed: bytes, keys: KeyRing) -> tuple[bytes, str]:
        if known is not None and known[0] == sealed:  # no two seals are the same, so the name is the same too
            return known
        self.opened += 1
        kept = bytes(sealed)
        try:
            return kept, folded(keys.open_text(_FIELD, kept))
        except UnreadableValue:
            return kept, ""  # erased while we look: nobody is found by it


def key_of(read: UUID | str) -> UUID:
    """A person's id, whichever way the driver gave it."""
    return read if isinstance(read, UUID) else UUID(read)


def folded(text: str) -> str:
    """A name as it is compared. Ethiopic script is folded as in Tigrinya, where the most letters sound alike."""
    return words(text, "ti" if any("\u1200" <= letter <= "\u137f" for letter in text) else None)
