"""Who looked at whom and who changed what: every page with anybody's data and every change is in the audit."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access import api_tokens
from ccmm_bot.casework.agencies import viewing
from ccmm_bot.casework.casefile import intake
from ccmm_bot.store.tables import Audit, TokenScope
from ccmm_bot.web.access import ACCESS, Door
from ccmm_bot.web.access_views import LISTS_BY_POST, NOT_WATCHED, PEOPLE, TABLES
from ccmm_bot.web.access_whose import Whose, parameters, whose
from ccmm_bot.web.watching import is_watched
from tests.web.serving import Site


def entries(site: Site, since: int) -> list[Audit]:
    """What was written down by staff and systems, after so many entries."""
    with site.service.runtime.store.installation() as session:
        wanted = select(Audit).where(col(Audit.action).in_([viewing.VIEWED, viewing.LISTED, viewing.READ_BY_SYSTEM]))
        return list(session.exec(wanted.order_by(col(Audit.id))).all())[since:]


@pytest.fixture
def person(site: Site, new_number: Callable[[], str]) -> UUID:
    return site.person_of(site.text(new_number(), "hello", "English", "1", "human"))


def test_every_page_that_shows_people_is_watched_or_named_with_a_reason() -> None:
    shows = {path for (method, path), need in ACCESS.items() if method == "GET" and (need in PEOPLE or need is Door.SYSTEM)}
    assert {path for path in shows if not is_watched("GET", path)} == set(NOT_WATCHED)
    assert {path for method, path in ACCESS if method == "POST"} >= LISTS_BY_POST
    for path in shows - set(NOT_WATCHED):
        if whose(path) is Whose.PERSON:
            assert [name for name in parameters(path) if name in TABLES], f"{path}: say in access_views what its address names"


def test_a_page_about_somebody_is_written_down_with_the_person_whatever_its_address_names(site: Site, person: UUID) -> None:
    store, reader, now = site.service.runtime.store, site.reader(), site.clock.now()
    (case,) = intake.begin(store, reader, [person], now)
    before = len(entries(site, 0))
    with site.signed_in() as client:
        for path in (f"/staff/people/{person}", f"/staff/cases/{case}", f"/staff/people/{person}/timeline"):
            assert client.get(path).status_code == 200
        found = entries(site, before)
        assert [(row.action, row.subject_kind, row.subject_id, row.actor_id) for row in found] == [
            (viewing.VIEWED, "person", person, reader.staff_id)
        ] * 3
        assert [row.detail["page"] for row in found] == [
            "/staff/people/{person_id}",
            "/staff/cases/{case_id}",
            "/staff/people/{person_id}/timeline",
        ]
        client.get(f"/staff/people/{person}/live")
        client.get("/staff/people/01900000-0000-7000-8000-000000000000")
        assert entries(site, before + 3) == [], "a refreshed page, and one that shows nobody"


def test_lists_and_searches_are_written_down_without_what_was_looked_for(site: Site, person: UUID) -> None:
    before = len(entries(site, 0))
    with site.signed_in() as client:
        client.get("/staff/today")
        client.get("/staff/cases?stage=intake")
        client.post("/staff/search", data={"query": "Zahra"})
    found = entries(site, before)
    assert [(row.action, row.detail) for row in found] == [
        (viewing.LISTED, {"page": page}) for page in ("/staff/today", "/staff/cases", "/staff/search")
    ]
    assert person is not None


def test_what_another_system_reads_is_written_down_with_its_token(site: Site) -> None:
    store, admin, now = site.service.runtime.store, site.reader("administrator"), site.clock.now()
    token = api_tokens.make_token(store, admin, name="System", scope=TokenScope.READ, now=now)
    before = len(entries(site, 0))
    with site.browser(Authorization=f"Bearer {token}") as client:
        assert client.get("/api/v1/persons").status_code == 200
    (row,) = entries(site, before)
    assert (row.action, row.subject_id, row.detail) == (
        viewing.READ_BY_SYSTEM, api_tokens.tokens(store, admin)[0].id, {"what": "/api/v1/persons"},
    )  # fmt: skip
