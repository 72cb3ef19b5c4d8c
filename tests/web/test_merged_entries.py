"""What is left of an entry that was merged is written to by nobody; every way in says where it went, until the merge is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access import api_tokens
from ccmm_bot.casework.access.sight import scoped
from ccmm_bot.casework.casefile import cases, intake
from ccmm_bot.casework.caseload import merging
from ccmm_bot.store.tables import Audit, Conversation, Person, TokenScope
from ccmm_bot.web.access import ACCESS
from tests.web.html import document
from tests.web.serving import Site

NewNumber = Callable[[], str]
AT = "/staff/people/{person_id}"
#: A form that would be taken, for every route that writes to a person; of the last one nothing is written.
FORMS: dict[str, dict[str, str]] = {
    f"{AT}/case": {},
    f"{AT}/erase": {"code": "{code}"},
    f"{AT}/export": {},
    f"{AT}/invitation": {"language": "ti", "days": "3"},
    f"{AT}/name": {"name": "Almaz Tesfay"},
    f"{AT}/numbers": {"number": "604 555 0177", "channel": "sms", "how": "by_phone"},
    f"{AT}/referrals": {"domain": "housing", "destination": "BC Housing", "agreed": "yes", "how": "by_phone"},
    f"{AT}/second-language": {"language": "fr"},
    f"{AT}/steps": {"next_step": "Call", "next_on": "{day}"},
    "/staff/intake/{person_id}": {"together": "yes"},
}
#: Merging refuses by itself, beside the form; a sheet to print is made of what is typed.
OTHERS = {f"{AT}/merge", f"{AT}/invitation/sheet"}


class Entries:
    """Two entries of one person, merged."""

    def __init__(self, site: Site, new_number: NewNumber) -> None:
        self.site, self.store, self.now = site, site.service.runtime.store, site.clock.now()
        self.kept, self.merged = (site.person_of(site.text(new_number(), "hello", "English", "1", "human")) for _ in range(2))
        self.merge = merging.merge(self.store, site.reader("supervisor"), self.kept, self.merged, self.now)
        with self.store.installation() as session:
            self.code = session.exec(select(Person.code).where(Person.id == self.merged)).one()

    def rows(self) -> dict[str, Any]:
        """Everything that names the empty entry."""
        found: dict[str, Any] = {}
        with self.store.installation() as session:
            for name, table in scoped().items():
                if table is Person or "person_id" in table.model_fields:
                    column = table.id if table is Person else table.person_id  # type: ignore[attr-defined]
                    found[name] = session.exec(select(table).where(column == self.merged).order_by(col(table.id))).all()
            wrote = select(Audit.action).where(Audit.subject_id == self.merged, Audit.action != "person.viewed")
            found["audit"] = sorted(session.exec(wrote))
        return {name: [each if isinstance(each, str) else each.model_dump() for each in rows] for name, rows in found.items()}


@pytest.fixture
def entries(site: Site, new_number: NewNumber) -> Entries:
    return Entries(site, new_number)


def test_every_way_to_write_to_a_person_is_tried_here() -> None:
    writing = {path for method, path in ACCESS if method == "POST" and "{person_id}" in path}
    assert writing == set(FORMS) | OTHERS


def test_nothing_is_written_to_an_entry_that_was_merged(site: Site, entries: Entries) -> None:
    before, fill = entries.rows(), {"code": entries.code, "day": str(entries.now.date())}
    with site.signed_in("supervisor") as client:
        for path, form in FORMS.items():
            typed = {name: value.format(**fill) for name, value in form.items()}
            answer = client.post(path.format(person_id=entries.merged), data=typed)
            assert answer.status_code == 409, (path, answer.status_code)
            assert "This entry was merged" in answer.text
            assert f"/staff/people/{entries.kept}" in document(answer.text).xpath("//main//a/@href")
            assert entries.rows() == before, path
    token = api_tokens.make_token(
        entries.store, site.reader("administrator"), name="Cases", scope=TokenScope.WRITE, now=entries.now
    )
    with site.browser(Authorization=f"Bearer {token}") as system:
        answer = system.put(f"/api/v1/persons/{entries.merged}/name", json={"name": "Almaz Tesfay"})
        assert (answer.status_code, answer.json()["error"]["merged_into"]) == (409, str(entries.kept))
    assert entries.rows() == before


def test_who_may_not_see_where_it_went_is_not_told(site: Site, entries: Entries) -> None:
    leading = site.reader("supervisor")
    case = cases.open_case(entries.store, leading, entries.kept, entries.now)
    intake.assign(entries.store, leading, case, site.service.staff["supervisor"], entries.now)
    before = entries.rows()
    with site.signed_in() as client:
        answer = client.post(f"/staff/people/{entries.merged}/name", data={"name": "Almaz Tesfay"})
    assert (answer.status_code, str(entries.kept) in answer.text) == (404, False)
    assert entries.rows() == before


def test_what_is_taken_back_is_written_to_again(site: Site, entries: Entries) -> None:
    with site.signed_in() as client:
        assert client.post(f"/staff/merges/{entries.merge}/undo").status_code == 303
        assert client.post(f"/staff/people/{entries.merged}/name", data={"name": "Almaz Tesfay"}).status_code in (200, 303)
    with entries.store.installation() as session:
        assert session.exec(select(Person.name).where(Person.id == entries.merged)).one() == "Almaz Tesfay"
        assert session.exec(select(Conversation.id).where(Conversation.person_id == entries.merged)).all() != []
