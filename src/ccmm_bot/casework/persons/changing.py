"""Changing what is known about a person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.seen import still_seen
from ccmm_bot.i18n.languages import language as known_language
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Audit, Person

NAME_MAXIMUM = 200


def set_second_language(store: Store, reader: Reader, person_id: UUID, tag: str, now: datetime, *, seen: str | None = None) -> None:
    """Write down the language for what cannot be said in the person's own (WhatsApp's templates, for one); "" for none.

    ``seen``: the mark of the language that the form was opened with. Raises :class:`NotFound`, ``Changed`` where it is another by
    now, and :class:`ccmm_bot.i18n.languages.UnknownLanguage` for a language that is none of ours.
    """
    require(reader, Permission.WRITE_TO_PEOPLE)
    chosen = known_language(tag).tag if tag else None
    with store.writing(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
        if person is None:
            raise NotFound("There is no such person.")
        there, actions = [person.second_language], ["person.second_language"]
        still_seen(session, seen, there, [chosen], kind="person", subject=person.id, actions=actions)
        before, person.second_language = person.second_language, chosen
        session.add(person)
        session.add(done_by(reader, "person.second_language", "person", person.id, now, {"before": before, "after": chosen}))


def rename(
    store: Store,
    reader: Reader,
    person_id: UUID,
    name: str,
    now: datetime,
    *,
    seen: str | None = None,
    beside: Audit | None = None,
) -> None:
    """Write down how the person is called; an empty name is none. The messages we start show its initials only.

    ``seen``: the mark of the name that the form was opened with. ``beside``: one more entry of the audit, kept with it.
    Raises :class:`NotFound`, ``Changed`` where it is another by now, and ``ValueError`` for a name that is too long.
    """
    require(reader, Permission.WRITE_TO_PEOPLE)
    called = " ".join(name.split())
    if len(called) > NAME_MAXIMUM:
        raise ValueError(f"The name is longer than {NAME_MAXIMUM} characters.")
    with store.writing(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
        if person is None:
            raise NotFound("There is no such person.")
        there, wanted = [person.name], [called or None]
        still_seen(session, seen, there, wanted, kind="person", subject=person.id, actions=["person.named"])
        person.name = called or None
        session.add(person)
        session.add(done_by(reader, "person.named", "person", person.id, now))
        if beside is not None:
            session.add(beside)
