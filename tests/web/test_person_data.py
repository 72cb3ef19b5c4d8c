"""Finding somebody, taking everything of hers along, and erasing it, on the pages."""

from __future__ import annotations

import io
import json
import zipfile

from sqlmodel import SQLModel, select

from ccmm_bot.store.tables import Person
from ccmm_bot.web.office_words import OFFICE_WORDS
from tests.web.html import document
from tests.web.serving import Site


def test_somebody_is_found_and_no_address_says_who_was_looked_for(fresh_site: Site) -> None:
    talk = fresh_site.text("+16045550811", "hello", "English", "1")
    person = fresh_site.person_of(talk)
    with fresh_site.signed_in() as client:
        client.post(f"/staff/people/{person}/name", data={"name": "Almaz <b>Tesfay"})
        assert document(client.get("/staff/search").text).xpath("//form[@role='search']/@method") == ["post"]
        for query in ("almaz", "604 555 0811"):
            page = client.post("/staff/search", data={"query": query})
            assert document(page.text).xpath("//ul[@class='rows']//a/@href") == [f"/staff/people/{person}"]
            assert "<b>" not in page.text
        assert client.get("/staff/search", params={"query": "almaz"}).text.count(str(person)) == 0
    with fresh_site.signed_in("foreign") as stranger:
        assert str(person) not in stranger.post("/staff/search", data={"query": "almaz"}).text


def test_a_supervisor_exports_and_then_erases_a_person(fresh_site: Site) -> None:
    talk = fresh_site.text("+16045550812", "hello", "English", "1", "my own words")
    person = fresh_site.person_of(talk)
    fresh_site.picture(talk)
    with fresh_site.service.runtime.store.installation() as session:
        code = session.exec(select(Person.code).where(Person.id == person)).one()
    with fresh_site.signed_in("case_manager") as worker:
        assert f"/staff/people/{person}/erase" not in worker.get(f"/staff/people/{person}").text
    with fresh_site.signed_in("supervisor") as client:
        assert f"/staff/people/{person}/erase" in client.get(f"/staff/people/{person}").text
        answer = client.post(f"/staff/people/{person}/export")
        assert answer.headers["content-disposition"] == f'attachment; filename="{code}.zip"'
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            data = json.loads(archive.read("data.json"))
            page = archive.read("index.html").decode()
            assert sum(name.startswith("files/") for name in archive.namelist()) == 1
        assert "my own words" in page
        assert "my own words" in json.dumps(data)
        seen = client.get(f"/staff/people/{person}/erase")
        assert "inbound" not in seen.text.lower(), "tables are named in words"
        wrong = client.post(f"/staff/people/{person}/erase", data={"code": "somebody else's"})
        assert (wrong.status_code, client.get(f"/staff/people/{person}").status_code) == (422, 200)
        assert "is erased" in client.post(f"/staff/people/{person}/erase", data={"code": code}).text
        assert client.get(f"/staff/people/{person}").status_code == 404
    again = fresh_site.text("+16045550812", "hello")
    assert fresh_site.person_of(again) != person, "who writes again is somebody new"


def test_whatever_a_person_can_have_is_named_in_words() -> None:
    """Also a table that is added later: what refers to a person, or to something of hers, is told before it is erased."""
    tables, hers = SQLModel.metadata.tables, {"person"}
    while more := {
        name
        for name, table in tables.items()
        if name not in hers and any(key.column.table.name in hers for column in table.columns for key in column.foreign_keys)
    }:
        hers |= more
    assert hers - set(OFFICE_WORDS["table"]) == set()
