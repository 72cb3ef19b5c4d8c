"""Auditors read who did what: by person, colleague, action and days, in their language."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

from sqlmodel import col, select

from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.tables import Person
from ccmm_bot.store.types import uuid7
from ccmm_bot.web.audit_words import ACTIONS
from tests.house.conftest import ROOT
from tests.web.html import document
from tests.web.serving import Site


def written() -> Iterator[str]:
    """Every action the code writes, as far as it is written in one piece."""
    for path in (ROOT / "src" / "ccmm_bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "action")]
                if called in {"done_by", "Audit", "entry", "_entry", "audit", "_audit", "token_entry", "_record", "_write"}:
                    texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
                    yield from (text for text in texts if re.fullmatch(r"[a-z_]+\.[a-z_]+", text))


def test_every_action_has_words() -> None:
    found = set(written())
    assert len(found) > 40
    assert found - set(ACTIONS) == set()


def rows(page: str) -> list[str]:
    return re.findall(r"<tr><td class=\"nowrap\">(.*?)</tr>", page, re.S)


def test_the_audit_is_read_by_person_colleague_action_and_days(site: Site, new_number: Callable[[], str]) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English", "1", "human"))
    with site.service.runtime.store.installation() as session:
        code = session.exec(select(Person.code).where(col(Person.id) == person)).one()
    with site.signed_in("case_manager") as client:
        assert client.get(f"/staff/people/{person}").status_code == 200
    with site.signed_in("auditor") as client:

        def asked(**how: str) -> list[str]:
            answer = client.get("/staff/admin/audit", params=how)
            assert answer.status_code == 200
            return rows(answer.text)

        assert any("Person viewed" in row for row in asked(code=code))
        assert asked(code=code, action="person.erased") == []
        assert asked(code="ZZ-0000") == []
        mine = asked(action="person.viewed", staff=str(site.service.staff["case_manager"]))
        assert mine
        assert all("Case Manager" in row for row in mine)
        today = f"{site.clock.now():%Y-%m-%d}"
        assert asked(action="person.viewed", since="2020-01-01", until="2020-01-02") == []
        assert asked(action="person.viewed", since="2020-01-01", until="2099-01-01")
        assert asked(staff="nonsense", since="nonsense", until=today) is not None


def test_the_pages_of_the_audit_keep_what_is_looked_for_in_their_address(site: Site) -> None:
    reader, now = site.reader(), site.clock.now()
    with site.service.runtime.store.writing(reader.agency_id) as session:
        session.add_all([done_by(reader, "person.viewed", "person", uuid7(), now) for _ in range(101)])
    with site.signed_in("auditor") as client:
        first = client.get("/staff/admin/audit", params={"action": "person.viewed"})
        older = re.search(r'href="(/staff/admin/audit\?[^"]*before=[^"]*)"', first.text)
        assert older
        address = older[1].replace("&amp;", "&")
        assert parse_qs(urlsplit(address).query)["action"] == ["person.viewed"]
        assert rows(client.get(address).text)
        assert document(first.text) is not None
