"""What was erased is nowhere: not in the files, not in the log of the database, not in a backup that is opened and put back."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyrage
import pytest
from pyrage import x25519
from sqlmodel import select

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.caseload.merging import merge, undo
from ccmm_bot.casework.persons.erasure import erase, erase_again
from ccmm_bot.conversation.snapshot import Snapshot, seal
from ccmm_bot.dialogue.session import Session
from ccmm_bot.messages import ContentKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store import backups, rotation
from ccmm_bot.store.datakeys import DataKeys, attach
from ccmm_bot.store.disposal import dispose, erased_since
from ccmm_bot.store.keys import ErasedValue, KeyRing
from ccmm_bot.store.safekeeping import beside
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import (
    Agency,
    Audit,
    ContactMethod,
    ContactNote,
    ContactPoint,
    Conversation,
    Inbound,
    KeyDisposal,
    Outbox,
    Person,
    PersonContactPoint,
    Role,
)
from tests import new
from tests.conversation.support import Phone, rows, service, settings

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
_SNAPSHOT = b"conversation.snapshot"
#: Words only she used; what is searched for in every file, however it might be written.
CANARIES = ("Kanarienvogel", "Zwitschermaschine", "6045550177", "كناري")


def forms(word: str) -> Iterator[bytes]:
    """A word as files could hold it."""
    for plain in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")):
        yield plain
        yield plain.hex().encode()
        for lead in range(3):  # base64 spells a word in three ways, by where it begins
            coded = base64.b64encode(b"\0" * lead + plain)
            yield coded[4 if lead else 0 : len(coded) // 4 * 4 - 4]


def found(folder: Path, *more: bytes) -> list[str]:
    needles = [form for word in CANARIES for form in forms(word)] + [each for each in more if each]
    return sorted(
        path.name for path in folder.rglob("*") if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    )


async def talk(runtime: Runtime, number: str, *, words: bool = True) -> Phone:
    """Somebody writes; with words only she uses, or without."""
    phone = Phone(runtime, address=f"+1{number}")
    await phone.say("hello", "1", *(CANARIES if words else ("thanks",)))
    await phone.send(phone.message(CANARIES[0] if words else "", kind=ContentKind.IMAGE))
    return phone


def whose(runtime: Runtime, phone: Phone) -> Person:
    with runtime.store.installation() as session:
        talked = session.get_one(Conversation, UUID(phone.conversation_id))
        return session.get_one(Person, talked.person_id)


def supervisor(store: Store) -> Reader:
    with store.installation() as session:
        agency = session.exec(select(Agency.id)).first()
    assert agency is not None
    return new.staff(store, agency, Role.SUPERVISOR, "Sara")


def sealed_of(runtime: Runtime, person: Person) -> list[bytes]:
    """Her name and her messages as they lie in the database: these bytes are to be gone as well."""
    with runtime.database.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT text FROM inbound UNION ALL SELECT name FROM person WHERE name IS NOT NULL"
        ).all()
    assert person is not None
    return [bytes(row[0]) for row in found if row[0] is not None]


async def test_nothing_of_her_is_left_in_any_file(sqlite_url: str, tmp_path: Path) -> None:
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        phone = await talk(runtime, CANARIES[2])
        her = whose(runtime, phone)
        with runtime.store.installation(write=True) as session:
            session.get_one(Person, her.id).name = CANARIES[1]
        assert found(tmp_path) == [], "it could not be read before either"
        sealed = sealed_of(runtime, her)
        assert len(sealed) >= 6
        assert "ccmm.sqlite3-wal" in found(tmp_path, *sealed)
        stays = await talk(runtime, "6045550178", words=False)
        reader = supervisor(runtime.store)
        erase(runtime.store, reader, her.id, her.code, NOW)
        theirs = {bytes(row) for row in sealed_of(runtime, her)}
        assert found(tmp_path, *(each for each in sealed if each not in theirs)) == [], "not even sealed, not even in the log"
        (kept,) = rows(runtime, Person)
        assert kept.id == whose(runtime, stays).id
        assert {each.text for each in rows(runtime, Inbound)} >= {"hello", "thanks"}
        assert all(each.settled_at is not None for each in rows(runtime, KeyDisposal))
        assert {each.action for each in rows(runtime, Audit)} >= {"person.erased"}


async def test_a_backup_from_before_tells_nothing_any_more(sqlite_url: str, tmp_path: Path) -> None:
    key = tmp_path / "backup.key"
    place = tmp_path / "service"
    place.mkdir()
    chosen = settings(sqlite_url, place)
    async with service(chosen) as runtime:
        phone, stays = await talk(runtime, CANARIES[2]), await talk(runtime, "6045550178", words=False)
        her, kept = whose(runtime, phone), whose(runtime, stays)
        made = backups.make(sqlite_url, tmp_path / "backups", backups.identity_file(key), NOW)
        erase(runtime.store, supervisor(runtime.store), her.id, her.code, NOW)
    plain = tmp_path / "opened.sqlite3"
    identity = x25519.Identity.from_str(key.read_text().strip())
    plain.write_bytes(pyrage.decrypt(made.path.read_bytes(), [identity]))
    keys = _ring(chosen.secret_key_file)
    opened = unreadable = 0
    with closing(sqlite3.connect(plain)) as old:
        for (blob,) in old.execute("SELECT text FROM inbound").fetchall():
            try:
                assert keys.open(b"inbound.text", blob).decode() in ("hello", "1", "thanks", "")
                opened += 1
            except ErasedValue:
                unreadable += 1
    assert (opened, unreadable) == (4, 7), "the whole key ring opens what others said, and nothing of hers"
    store = Store(open_engine(f"sqlite:///{plain}", keys), keys)
    assert [person for _, person in erased_since(store.engine, keys)] == [her.id]
    assert erase_again(store, NOW) == 1, "put back, she is found and goes again"
    assert erase_again(store, NOW) == 0
    with store.installation() as session:
        assert [each.id for each in session.exec(select(Person))] == [kept.id]
        assert {each.text for each in session.exec(select(Inbound))} == {"hello", "1", "thanks", ""}
    store.close()


async def test_keys_she_had_before_go_with_her(sqlite_url: str, tmp_path: Path) -> None:
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        phone = await talk(runtime, CANARIES[2])
        before = whose(runtime, phone)
        own = runtime.keys.own
        assert isinstance(own, DataKeys)
        assert before.data_key is not None
        assert list(rotation.renew(runtime.database.engine, runtime.keys, own))[-1] == 2
        assert whose(runtime, phone).data_key != before.data_key
        own.of(before.data_key.hex)
        erase(runtime.store, supervisor(runtime.store), before.id, before.code, NOW)
        dispose(runtime.database.engine, runtime.keys, datetime.now(UTC))
        with pytest.raises(ErasedValue):
            own.of(before.data_key.hex)


async def test_what_she_said_on_a_phone_that_is_somebody_elses_now_goes_and_what_others_say_stays(
    database_url: str, tmp_path: Path
) -> None:
    async with service(settings(database_url, tmp_path)) as runtime:
        phone = await talk(runtime, CANARIES[2])
        her = whose(runtime, phone)
        with runtime.store.installation(write=True) as session:
            talked = session.get_one(Conversation, UUID(phone.conversation_id))
            other = new.person(session, her.agency_id)
            link = session.exec(select(PersonContactPoint)).one()
            link.current = False
            talked.person_id, talked.snapshot = (
                other,
                runtime.keys.open(_SNAPSHOT, seal(runtime.keys, Snapshot(session=Session(next_run=900, next_wait=900)))),
            )
            session.add_all([link, talked])
            new.uses(session, other, talked.contact_point_id)
        await phone.say("it is me now")
        erase(runtime.store, supervisor(runtime.store), her.id, her.code, NOW)
        left = [each.text for each in rows(runtime, Inbound)]
        assert left.count("it is me now") == 1
        assert not any(word in text for word in CANARIES for text in left)
        assert len(left) == 8, "that a message came is kept: it would be taken in again"
        assert {each.content["text"] for each in rows(runtime, Outbox)} - {""}, "what the other was answered stays"
        await phone.say("still here")


async def test_merging_two_entries_and_taking_it_back_mixes_no_keys(database_url: str, tmp_path: Path) -> None:
    async with service(settings(database_url, tmp_path)) as runtime:
        one, two = await talk(runtime, "6045550177", words=False), await talk(runtime, "6045550178", words=False)
        kept, merged = whose(runtime, one), whose(runtime, two)
        reader = supervisor(runtime.store)
        case = new.case(runtime.store, kept.agency_id, person_id=merged.id)
        undone = merge(runtime.store, reader, kept.id, merged.id, NOW)
        with runtime.store.installation(write=True) as session:
            note = ContactNote(
                agency_id=kept.agency_id,
                case_id=case,
                day=NOW.date(),
                method=ContactMethod.PHONE,
                note="she called",
                written_at=NOW,
                staff_id=reader.staff_id,
            )
            session.add(note)
        undo(runtime.store, reader, undone, NOW)
        erase(runtime.store, reader, kept.id, kept.code, NOW)
        assert [each.note for each in rows(runtime, ContactNote)] == ["she called"], "written while they were one, and not lost"
        assert {each.text for each in rows(runtime, Inbound)} == {"hello", "1", "thanks", ""}


async def test_somebody_erased_who_had_written_stop_is_heard_again_and_stays_stopped_until_start(
    database_url: str, tmp_path: Path
) -> None:
    async with service(settings(database_url, tmp_path)) as runtime:
        phone = await talk(runtime, "6045550177", words=False)
        await phone.say("STOP")
        her = whose(runtime, phone)
        erase(runtime.store, supervisor(runtime.store), her.id, her.code, NOW)
        (point,) = rows(runtime, ContactPoint)
        assert (point.address, point.data_key) == ("", None)
        assert point.opted_out_at is not None
        assert await phone.say("hello") == [], "taken in, and not answered: STOP is still honoured"
        (again,) = rows(runtime, ContactPoint)
        assert (again.id, again.address, again.opted_out_at) == (point.id, phone.address, point.opted_out_at)
        assert again.data_key is not None
        assert await phone.say("START") != []
        (wanted,) = rows(runtime, ContactPoint)
        assert wanted.opted_out_at is None
        assert len(rows(runtime, Person)) == 1


async def test_start_as_the_first_word_after_an_erasure_counts(database_url: str, tmp_path: Path) -> None:
    async with service(settings(database_url, tmp_path)) as runtime:
        phone = await talk(runtime, "6045550177", words=False)
        await phone.say("STOP")
        her = whose(runtime, phone)
        erase(runtime.store, supervisor(runtime.store), her.id, her.code, NOW)
        assert await phone.say("START") != []
        (point,) = rows(runtime, ContactPoint)
        assert point.opted_out_at is None


def _ring(file: Path) -> KeyRing:
    ring = KeyRing.load(file)
    attach(ring, beside(file))
    return ring
