"""Signing in: nobody learns which accounts exist, guessing gets nowhere, and a session ends when it should."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from ccmm_bot.casework.access import accounts
from ccmm_bot.store.tables import Audit, StaffSession
from tests.web.serving import PASSWORD, Site

TODAY = "/staff/today"


def attempt(client: httpx.Client, email: str, password: str, **fields: str) -> httpx.Response:
    return client.post("/staff/sign-in", data={"email": email, "password": password, **fields})


def test_the_right_password_opens_the_page_and_gives_a_cookie_no_script_can_read(site: Site) -> None:
    with site.browser() as client:
        asked = attempt(client, "Case_Manager@Example.org ", PASSWORD)
        assert (asked.status_code, asked.headers["location"]) == (303, "/staff/sign-in/second?next=%2Fstaff%2Ftoday")
        assert client.get(TODAY).status_code == 303, "the password alone opens nothing"
        answer = client.post("/staff/sign-in/second", data={"code": site.code()})
        assert (answer.status_code, answer.headers["location"]) == (303, TODAY)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert client.get(TODAY).status_code == 200


def test_the_database_holds_no_token(site: Site) -> None:
    with site.signed_in() as client:
        token = client.cookies["ccmm"]
        with site.service.runtime.store.installation() as session:
            kept = session.exec(select(StaffSession)).all()
    assert kept
    assert all(token.encode() not in row.token_hash and len(row.token_hash) == 32 for row in kept)


def test_without_a_session_a_page_leads_to_the_sign_in_and_back(site: Site) -> None:
    with site.browser() as client:
        answer = client.get(TODAY)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/sign-in?next={TODAY}")
        assert client.get(f"{TODAY}/live", headers={"HX-Request": "true"}).status_code == 401


def test_an_unknown_e_mail_and_a_wrong_password_look_the_same(fresh_site: Site) -> None:
    with fresh_site.browser() as client:
        known = attempt(client, "auditor@example.org", "not the password at all")
        unknown = attempt(client, "nobody0@example.org", "not the password at all")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("auditor@", "X@") == unknown.text.replace("nobody0@", "X@")


def test_an_unknown_e_mail_takes_as_long_as_a_wrong_password(fresh_site: Site) -> None:
    def seconds(email: str) -> float:
        with fresh_site.browser() as client:
            started = time.perf_counter()
            attempt(client, email, "not the password at all")
            return time.perf_counter() - started

    seconds("warm-up@example.org")
    known = statistics.median(seconds(f"{name}@example.org") for name in ("auditor", "supervisor", "evaluator"))
    unknown = statistics.median(seconds(f"nobody{n}@example.org") for n in range(3))
    assert unknown > known / 4


def test_after_five_wrong_passwords_even_the_right_one_waits_a_quarter_of_an_hour(fresh_site: Site) -> None:
    with fresh_site.browser() as client:
        for _ in range(5):
            assert attempt(client, "supervisor@example.org", "wrong wrong wrong").status_code == 401
        assert attempt(client, "supervisor@example.org", PASSWORD).status_code == 429
        assert attempt(client, "case_manager@example.org", PASSWORD).status_code == 303, "a colleague is not locked out"
        fresh_site.clock.put(fresh_site.clock.now() + timedelta(minutes=16))
        assert attempt(client, "supervisor@example.org", PASSWORD).status_code == 303


def test_accounts_that_do_not_exist_are_throttled_alike(fresh_site: Site) -> None:
    with fresh_site.browser() as client:
        statuses = [attempt(client, "nobody@example.org", "wrong wrong wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_attempts_are_in_the_audit_and_name_nobody(fresh_site: Site) -> None:
    with fresh_site.browser() as client:
        attempt(client, "nobody@example.org", "wrong wrong wrong")
    with fresh_site.service.runtime.store.installation() as session:
        rows = session.exec(select(Audit).where(Audit.action == "signin.attempted")).all()
    assert {row.subject_kind for row in rows} == {"signin.account", "signin.client", "signin.pair"}
    assert all(row.detail == {} for row in rows)


def test_signing_out_ends_the_session_on_the_server(site: Site) -> None:
    with site.signed_in() as client:
        token = client.cookies["ccmm"]
        answer = client.post("/staff/sign-out")
        assert answer.status_code == 303
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        with site.browser(Cookie=f"ccmm={token}") as thief:
            assert thief.get(TODAY).status_code == 303


def test_signing_in_never_keeps_the_token_a_browser_came_with(site: Site) -> None:
    with site.signed_in() as client:
        before = client.cookies["ccmm"]
        attempt(client, "case_manager@example.org", PASSWORD)
        halfway = client.cookies["ccmm"]
        client.post("/staff/sign-in/second", data={"code": site.code()})
        assert len({before, halfway, client.cookies["ccmm"]}) == 3
        with site.browser(Cookie=f"ccmm={halfway}") as other:
            assert other.get(TODAY).status_code == 303
        with site.browser(Cookie=f"ccmm={before}") as other:
            assert other.get(TODAY).status_code == 303


def test_a_session_ends_after_an_hour_without_anybody_there(fresh_site: Site) -> None:
    with fresh_site.signed_in() as client:
        for _ in range(7):
            fresh_site.clock.put(fresh_site.clock.now() + timedelta(minutes=10))
            # The page refreshing itself is nobody being there.
            answer = client.get(f"{TODAY}/live", headers={"HX-Request": "true"})
        assert answer.status_code == 401
        assert client.get(TODAY).status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy(fresh_site: Site) -> None:
    with fresh_site.signed_in() as client:
        for _ in range(12):
            fresh_site.clock.put(fresh_site.clock.now() + timedelta(minutes=59))
            last = client.get(TODAY).status_code
        assert last == 200
        fresh_site.clock.put(fresh_site.clock.now() + timedelta(minutes=30))
        assert client.get(TODAY).status_code == 303


def test_switching_an_account_off_ends_its_sessions_at_once(fresh_site: Site) -> None:
    with fresh_site.signed_in() as client:
        assert client.get(TODAY).status_code == 200
        accounts.disable(fresh_site.service.runtime.store, "case_manager@example.org", fresh_site.clock.now())
        assert client.get(TODAY).status_code == 303
        assert attempt(client, "case_manager@example.org", PASSWORD).status_code == 401


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/staff",
        "/\\evil.example",
        "javascript:alert(1)",
        "/staff//evil.example",
        "/demo",
        "",
    ],
)
def test_signing_in_leads_nowhere_but_to_the_staff_pages(site: Site, elsewhere: str) -> None:
    with site.browser() as client:
        assert site.sign_in(client, next=elsewhere).headers["location"] == TODAY
        first = site.password(client)
        assert first.status_code == 303
        answer = client.post("/staff/sign-in/second", data={"code": site.code(), "next": elsewhere})
        assert answer.headers["location"] == TODAY


def test_signing_in_leads_back_to_the_page_that_was_asked_for(site: Site) -> None:
    with site.browser() as client:
        answer = site.sign_in(client, next="/staff/people/1")
        assert answer.headers["location"] == "/staff/people/1"
