"""The API for an agency's other systems: the same rights as on the pages, and a token that is seen once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access.api_tokens import ROLES, make_token
from ccmm_bot.casework.access.policy import allows
from ccmm_bot.casework.casefile.cases import open_case
from ccmm_bot.casework.casefile.recording import Contact, write_contact
from ccmm_bot.casework.exchange.activity import COLUMNS
from ccmm_bot.clock import BC
from ccmm_bot.store.tables import ApiToken, Audit, Case, ContactMethod, Flag, FlagStatus, TokenScope
from ccmm_bot.web.access_systems import SYSTEMS
from tests.web.html import document
from tests.web.serving import FOREIGN_SMS, Site

LISTS = sorted(path for method, path in SYSTEMS if method == "GET")


def token(site: Site, scope: TokenScope = TokenScope.READ, role: str = "administrator") -> str:
    return make_token(site.service.runtime.store, site.reader(role), name="Case system", scope=scope, now=site.clock.now())


def system(site: Site, secret: str) -> httpx.Client:
    """A program: no cookies, no origin."""
    return httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {secret}"}, timeout=30)


@pytest.fixture(scope="module")
def person(site: Site) -> str:
    """Somebody who wrote, asked for a human, and has a case."""
    talk = site.text("+16045550820", "hello", "English", "1", "human")
    key = site.person_of(talk)
    with site.service.runtime.store.installation(write=True) as session:
        session.add(Case(agency_id=site.service.runtime.agency_id, person_id=key, opened_at=site.clock.now()))
    site.text("+16045550821", "hello", "English", "1", "human", to=FOREIGN_SMS)
    return str(key)


@pytest.fixture
def reading(site: Site, person: str) -> Iterator[httpx.Client]:
    with system(site, token(site)) as client:
        yield client


def test_a_token_is_made_on_the_page_shown_once_and_revoked(site: Site, person: str) -> None:
    with site.signed_in("administrator") as admin:
        shown = admin.post("/staff/admin/tokens", data={"name": "Case system", "scope": "read"})
        secret = document(shown.text).xpath("//input[@id='secret']/@value")[0]
        page = admin.get("/staff/admin/systems").text
        assert secret not in page
        with system(site, secret) as client:
            assert person in client.get("/api/v1/persons").text
            for address in document(page).xpath("//form[contains(@action, '/revoke')]/@action"):
                assert admin.post(address).status_code == 303
            assert client.get("/api/v1/persons").status_code == 401
    with site.service.runtime.store.installation() as session:
        assert all(secret.encode() not in row.token_hash for row in session.exec(select(ApiToken)))


@pytest.mark.parametrize("scope", list(TokenScope))
def test_a_token_may_what_the_role_of_its_scope_may(site: Site, person: str, scope: TokenScope) -> None:
    with system(site, token(site, scope)) as client:
        for (method, path), need in SYSTEMS.items():
            body = (
                {"outcome": "no_need"}
                if "resolve" in path
                else {"name": "Almaz"}
                if "name" in path
                else {"exit_date": "2026-11-30"}
            )
            names = {"flag_id": uuid4(), "person_id": uuid4(), "case_id": uuid4()}
            answer = client.request(method, path.format(**names), json=body if method != "GET" else None)
            expected = (200 if method == "GET" else 404) if allows(ROLES[scope], need) else 403
            assert (method, path, answer.status_code) == (method, path, expected)
            assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer ccmm_wrong"}, {"Authorization": "Basic YTpi"}])
def test_without_a_token_that_works_there_is_nothing(site: Site, header: dict[str, str]) -> None:
    with site.signed_in("administrator") as client:
        answer = client.get("/api/v1/persons", headers=header)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["status"] == 401
    assert client.cookies, "a signed-in browser is no system"


@pytest.mark.parametrize("path", LISTS)
def test_every_list_shows_ones_own_agency_only(site: Site, person: str, path: str) -> None:
    with system(site, token(site)) as client:
        items = client.get(path, params={"limit": 200}).json()["items"]
    with site.service.runtime.store.installation() as session:
        theirs = {str(key) for key in session.exec(select(Flag.id).where(Flag.agency_id == site.service.foreign_agency))}
    assert not theirs & {item["id"] for item in items}


def test_lists_go_on_page_by_page_and_miss_nobody(site: Site, reading: httpx.Client) -> None:
    for number in range(3):
        site.text(f"+1604555083{number}", "hello")
    everybody = [item["id"] for item in reading.get("/api/v1/persons", params={"limit": 200}).json()["items"]]
    seen, after = [], None
    while True:
        page = reading.get("/api/v1/persons", params={"limit": 2, **({"after": after} if after else {})}).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == everybody
    assert len(seen) >= 4


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "after=nobody"])
def test_a_question_that_cannot_be_meant_is_refused_as_json(reading: httpx.Client, query: str) -> None:
    answer = reading.get(f"/api/v1/persons?{query}")
    assert (answer.status_code, answer.json()["error"]["title"]) == (400, "Bad Request")


def test_a_system_resolves_a_flag_once_and_the_audit_says_which_system(site: Site, person: str) -> None:
    with system(site, token(site, TokenScope.WRITE)) as client:
        waiting = client.get("/api/v1/flags", params={"person_id": person, "status": "open"}).json()["items"]
        address = f"/api/v1/flags/{waiting[0]['id']}/resolve"
        assert client.post(address, json={"outcome": "nonsense"}).status_code == 400
        assert client.post(address, json={"outcome": "information_given", "note": "Called her."}).status_code == 204
        assert client.post(address, json={"outcome": "information_given"}).status_code == 409
        assert client.put(f"/api/v1/persons/{person}/name", json={"name": "Almaz"}).status_code == 204
        case = client.get("/api/v1/cases", params={"person_id": person}).json()["items"][0]["id"]
        assert client.put(f"/api/v1/cases/{case}/exit-date", json={"exit_date": "1900-01-01"}).status_code == 409
        named = next(item for item in client.get("/api/v1/persons", params={"limit": 200}).json()["items"] if item["id"] == person)
        assert named["name"] == "Almaz"
    with site.service.runtime.store.installation() as session:
        flag = session.exec(select(Flag).where(col(Flag.person_id) == UUID(person))).first()
        wrote = [row.detail["what"] for row in session.exec(select(Audit).where(Audit.action == "api.wrote"))]
    assert flag is not None
    assert (flag.status, wrote[:2]) == (FlagStatus.RESOLVED, ["flag.resolved", "person.named"])


def test_the_api_describes_itself(site: Site) -> None:
    with site.browser() as client:
        described = client.get("/api/v1/openapi.json").json()
    assert set(described["paths"]) == {path for _method, path in SYSTEMS}
    assert described["openapi"].startswith("3.1")
    assert "PersonRecord" in str(described["components"]["schemas"])
    assert described["components"]["securitySchemes"]


def test_activity_is_a_table_without_names(site: Site, person: str) -> None:
    store, now = site.service.runtime.store, site.clock.now()
    today = now.astimezone(BC).date()
    other = site.person_of(site.text("+16045550733", "hello", "English"))
    visited = Contact(day=today, method=ContactMethod.HOME_VISIT, minutes=50, interpreter=True)
    write_contact(store, site.reader(), open_case(store, site.reader(), other, now), visited, now)
    span = {"since": today.replace(day=1).isoformat(), "until": today.isoformat()}
    with site.signed_in("supervisor") as client:
        answer = client.post("/staff/admin/activity", data=span)
        assert client.post("/staff/admin/activity", data=span | {"until": "9999-12-31"}).status_code == 400, "no day comes after"
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == list(COLUMNS)
    assert {row["activity"] for row in rows} >= {"dialogue", "contact"}
    assert all(row["person_code"] for row in rows)
    (visit,) = [row for row in rows if row["activity"] == "contact"]
    assert (visit["what"], visit["minutes"], visit["interpreter"], visit["outcome"]) == ("home_visit", "50", "yes", "reached")
    assert visit["case_id"]
    assert visit["stage"]
    assert "Almaz" not in answer.text
