"""Everything of one person is found, can be taken along, and goes for good; what is others' stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, col, select

from ccmm_bot.casework.access.policy import Forbidden, NotFound, Reader
from ccmm_bot.casework.persons.erasure import NotConfirmed, erase, preview
from ccmm_bot.casework.persons.export import export_person, packed
from ccmm_bot.casework.persons.search import search
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.messages import ContentKind
from ccmm_bot.store.scope import across
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Audit,
    Consent,
    ContactPoint,
    Invitation,
    InvitationKind,
    OptOutEntry,
    OptOutSource,
    Person,
    Role,
)
from tests import new

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


@pytest.fixture
def reader(store: Store) -> Reader:
    agency = new.agency(store)
    new.sender(store, agency)
    return new.staff(store, agency, Role.SUPERVISOR)


class People:
    """People with everything a conversation leaves behind."""

    def __init__(self, store: Store, agency: UUID) -> None:
        self.store = store
        self.agency = agency

    def telephone(self, number: str, *, stopped: bool = False) -> UUID:
        return new.telephone(self.store, self.agency, number, opted_out_at=NOW if stopped else None)

    def person(self, name: str, point: UUID, *, talks: bool = True, household: UUID | None = None) -> UUID:
        agency = self.agency
        with self.store.installation(write=True) as session:
            person = new.person(session, agency, name=name, household_id=household)
            new.uses(session, person, point)
            new.case(session, agency, person_id=person)
            session.add(Consent(agency_id=agency, person_id=person, kind="service", given=True, wording="May we?", at=NOW))
            if not talks:
                return person
            talk = new.conversation(session, person, point)
            inbound = new.inbound(session, talk, "my secret", kind=ContentKind.IMAGE, raw=b"raw secret")
            new.outbound(session, talk, in_reply_to=inbound)
            new.picture(session, inbound)
            new.flag(session, agency, person, "not_well", severity=Severity.HIGH, conversation_id=talk)
            said: dict[str, Any] = {"opted_out": True, "source": OptOutSource.KEYWORD, "inbound_id": inbound}
            session.add(OptOutEntry(agency_id=agency, contact_point_id=point, at=NOW, **said))
            handed_out: dict[str, Any] = {"kind": InvitationKind.POSTER, "code_hash": uuid4().bytes, "used_by": talk, "uses": 5}
            session.add(Invitation(agency_id=agency, created_at=NOW, expires_at=NOW, **handed_out))
            return person


@pytest.fixture
def people(store: Store, reader: Reader) -> People:
    return People(store, reader.agency_id)


def counts(store: Store) -> dict[str, int]:
    with across(store.engine).connect() as connection:
        return {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in sorted(SQLModel.metadata.tables)
        }


def code_of(store: Store, person: UUID) -> str:
    with store.installation() as session:
        return session.get_one(Person, person).code


def test_a_person_goes_as_if_she_had_never_written_and_others_stay(store: Store, reader: Reader, people: People) -> None:
    stays = people.person("Bahar", people.telephone("+16045550102"))
    before = counts(store)
    gone = people.person("Almaz", people.telephone("+16045550101"))
    seen = preview(store, reader, gone)
    assert (seen.rows["person"], seen.rows["inbound"], seen.rows["attachment"], seen.files) == (1, 1, 1, 1)
    assert (seen.keeps_opt_outs, seen.shared_telephones, seen.shared_household) == (0, 0, False)
    assert counts(store)["person"] == 2, "looking removes nothing"
    with pytest.raises(NotConfirmed):
        erase(store, reader, gone, code_of(store, stays), NOW)
    assert erase(store, reader, gone, f" {code_of(store, gone).lower()} ", NOW).rows == seen.rows
    after = counts(store)
    # Her poster is the agency's, the audit says that it was done, and that her key and her telephone's are destroyed is remembered.
    left = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert left == {"audit": 1, "invitation": 1, "key_disposal": 2}
    with pytest.raises(NotFound):
        preview(store, reader, gone)
    with store.installation() as session:
        entry = session.exec(select(Audit).where(Audit.action == "person.erased")).one()
        assert session.exec(select(Invitation.used_by).where(col(Invitation.used_by).is_(None))).all()
    assert set(entry.detail) == {"rows", "files"}
    assert preview(store, reader, stays).rows["inbound"] == 1


def test_a_number_that_was_stopped_stays_stopped_without_being_kept(store: Store, reader: Reader, people: People) -> None:
    gone = people.person("Almaz", people.telephone("+16045550101", stopped=True))
    assert preview(store, reader, gone).keeps_opt_outs == 1
    erase(store, reader, gone, code_of(store, gone), NOW)
    with store.installation() as session:
        point = session.exec(select(ContactPoint)).one()
        entry = session.exec(select(OptOutEntry)).one()
    assert (point.address, point.opted_out_at, entry.inbound_id) == ("", NOW, None)
    assert point.address_hash == store.keys.lookup(b"address", "+16045550101")


def test_what_is_shared_stays_with_the_others(store: Store, reader: Reader, people: People) -> None:
    household = new.household(store, reader, label="Family")
    new.case(store, reader, household_id=household)
    phone = people.telephone("+16045550101")
    gone = people.person("Almaz", phone, household=household)
    people.person("Bahar", phone, talks=False, household=household)
    seen = preview(store, reader, gone)
    assert (seen.shared_telephones, seen.shared_household, "household" in seen.rows, seen.rows["case"]) == (1, True, False, 1)
    erase(store, reader, gone, code_of(store, gone), NOW)
    left = counts(store)
    assert (left["household"], left["case"], left["contact_point"], left["person"], left["inbound"]) == (1, 2, 1, 1, 0)


def test_the_export_has_what_was_said_and_sent_and_no_hash(store: Store, reader: Reader, people: People) -> None:
    person = people.person("Almaz \ud800", people.telephone("+16045550101"))
    made = export_person(store, reader, person, NOW)
    data = json.loads(made.as_json())
    tables = data["tables"]
    assert tables["person"][0]["name"].startswith("Almaz")
    assert tables["contact_point"][0]["address"] == "+16045550101"
    assert tables["inbound"][0]["text"] == "my secret"
    assert tables["consent"][0]["wording"] == "May we?"
    assert list(made.files.values()) == [b"picture"]
    columns = {name for rows in tables.values() for row in rows for name in row}
    assert not columns & {"address_hash", "external_user_hash", "code_hash", "snapshot"}
    assert b"raw secret" not in made.as_json()
    assert packed(made, "<html></html>").startswith(b"PK")
    with store.installation() as session:
        assert session.exec(select(Audit).where(Audit.action == "person.exported")).one().subject_id == person


def test_another_agencys_person_is_nobody(store: Store, reader: Reader, people: People) -> None:
    person = people.person("Almaz", people.telephone("+16045550101"))
    stranger = replace(reader, agency_id=new.agency(store, "Second"))
    asks: list[Callable[[Reader], object]] = [
        lambda who: preview(store, who, person),
        lambda who: export_person(store, who, person, NOW),
        lambda who: erase(store, who, person, "K7", NOW),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask(stranger)
        with pytest.raises(Forbidden):
            ask(replace(reader, role=Role.CASE_MANAGER))
    assert search(store, stranger, "Almaz").matches == ()


@pytest.mark.parametrize(
    ("query", "expected", "by"),
    [
        ("almaz", "Almaz Tesfay", "name"),
        ("TESFAY", "Almaz Tesfay", "name"),
        ("Almas Tesfai", "Almaz Tesfay", "name"),
        ("604 555-0101", "Almaz Tesfay", "phone"),
        ("+1 (604) 555-0101", "Almaz Tesfay", "phone"),
        ("كريم", "کریم", "name"),
        ("ኣልማዝ", "አልማዝ", "name"),
    ],
)
def test_somebody_is_found_by_name_code_or_telephone(
    store: Store, reader: Reader, people: People, query: str, expected: str, by: str
) -> None:
    for number, name in enumerate(("Almaz Tesfay", "کریم", "አልማዝ", "Joan Smith"), 1):
        people.person(name, people.telephone(f"+1604555010{number}"))
    found = search(store, reader, query)
    assert [(match.name, match.by) for match in found.matches] == [(expected, by)]
    assert found.matches[0].case_id is not None
    by_code = search(store, reader, found.matches[0].code.lower().replace("-", ""))
    assert [match.by for match in by_code.matches] == ["code"]


@pytest.mark.parametrize("query", ["", "  ", "%", "nobody at all", "\0", "999", "' OR 1=1"])
def test_what_means_nobody_finds_nobody(store: Store, reader: Reader, people: People, query: str) -> None:
    people.person("Almaz Tesfay", people.telephone("+16045550101"))
    assert search(store, reader, query).matches == ()
    with pytest.raises(Forbidden):
        search(store, replace(reader, role=Role.OPERATOR), query)
