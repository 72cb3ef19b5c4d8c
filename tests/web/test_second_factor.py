"""The second factor: a password alone opens nothing, no code works twice, and a lost phone is not the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from ccmm_bot.casework.access import accounts, second_factor
from ccmm_bot.store.tables import Audit, RecoveryCode, Role, Staff
from tests.web.html import document
from tests.web.serving import PASSWORD, Site

TODAY = "/staff/today"
SECOND = "/staff/sign-in/second"
SET_UP = "/staff/sign-in/set-up"


@pytest.fixture
def halfway(site: Site) -> Iterator[httpx.Client]:
    """A supervisor who has given her password; wrong codes of earlier tests are forgotten by then."""
    site.clock.put(site.clock.now() + timedelta(minutes=16))
    with site.browser() as client:
        assert site.password(client, "supervisor").status_code == 303
        yield client


@contextmanager
def newcomer(site: Site, name: str) -> Iterator[httpx.Client]:
    """Somebody whose account has no second factor yet, after the password."""
    store, now = site.service.runtime.store, site.clock.now()
    accounts.create(store, email=f"{name}@example.org", name="New Here", password=PASSWORD, now=now, role=Role.CASE_MANAGER)
    with site.browser() as client:
        assert site.password(client, name).status_code == 303
        yield client


def offered(page: httpx.Response) -> tuple[str, str]:
    """The secret on a page and what the form carries of it."""
    tree = document(page.text)
    return tree.xpath("//code[@class='secret']/text()")[0], tree.xpath("//input[@name='sealed']/@value")[0]


def set_up(site: Site, client: httpx.Client) -> list[str]:
    """Set an app up; the recovery codes that are shown."""
    secret, sealed = offered(client.get(SET_UP))
    done = client.post(SET_UP, data={"sealed": sealed, "code": second_factor.current_code(secret, site.clock.now())})
    assert done.status_code == 200, done.text
    return [str(code) for code in document(done.text).xpath("//ul[@class='codes']//code/text()")]


def test_the_first_sign_in_sets_an_app_up_and_shows_recovery_codes_once(site: Site) -> None:
    with newcomer(site, "first") as client:
        assert client.get(SECOND).headers["location"].startswith(SET_UP)
        assert client.get(TODAY).status_code == 303
        page = client.get(SET_UP)
        secret, sealed = offered(page)
        assert document(page.text).xpath("//img[@class='qr']/@src")[0].startswith("data:image/svg+xml")
        wrong = client.post(SET_UP, data={"sealed": sealed, "code": "000000"})
        assert wrong.status_code == 422
        assert offered(wrong)[0] == secret, "the app that was read in need not be read in again"
        codes = set_up(site, client)
        assert len(set(codes)) == second_factor.RECOVERY_CODES
        assert client.get(TODAY).status_code == 200
        with site.service.runtime.store.installation() as session:
            rows = session.connection().execute(text("SELECT code_hash FROM staff_recovery_code")).all()
            kept = (
                session.connection().execute(text("SELECT totp_secret FROM staff WHERE email = 'first@example.org'")).scalar_one()
            )
        assert not any(code.encode() in bytes(row[0]) for row in rows for code in codes)
        assert secret.encode() not in kept


def test_a_code_works_once_and_only_now(site: Site, halfway: httpx.Client) -> None:
    old = site.code("supervisor")
    assert halfway.post(SECOND, data={"code": old, "next": TODAY}).headers["location"] == TODAY
    with site.browser() as other:
        site.password(other, "supervisor")
        assert other.post(SECOND, data={"code": old}).status_code == 401
        stale = site.code("supervisor")
        site.clock.put(site.clock.now() + timedelta(seconds=61))
        assert other.post(SECOND, data={"code": stale}).status_code == 401
        spaced = site.code("supervisor")
        assert other.post(SECOND, data={"code": f"{spaced[:3]} {spaced[3:]}"}).status_code == 303


def test_guessing_codes_gets_slow(site: Site, halfway: httpx.Client) -> None:
    answers = [halfway.post(SECOND, data={"code": f"{n:06}"}).status_code for n in range(second_factor.LIMIT)]
    assert answers == [401] * second_factor.LIMIT
    assert halfway.post(SECOND, data={"code": site.code("supervisor")}).status_code == 429
    assert halfway.post(f"{SECOND}/recovery", data={"code": "aaaaa-aaaaa"}).status_code == 429, "there is no second door"


def test_ten_minutes_after_the_password_it_is_asked_for_again(site: Site, halfway: httpx.Client) -> None:
    site.clock.put(site.clock.now() + timedelta(minutes=11))
    assert halfway.get(SECOND).headers["location"].startswith("/staff/sign-in")
    assert halfway.post(SECOND, data={"code": site.code("supervisor")}).headers["location"] == "/staff/sign-in"


def test_setting_up_is_no_way_around_the_factor_there_is(site: Site, halfway: httpx.Client) -> None:
    assert halfway.get(SET_UP).headers["location"].startswith(SECOND)
    with newcomer(site, "around") as client:
        secret, sealed = offered(client.get(SET_UP))
        code = second_factor.current_code(secret, site.clock.now())
        for address in (SET_UP, f"{SET_UP}/passkey"):
            answer = halfway.post(address, data={"sealed": sealed, "code": code, "answer": "{}"})
            assert answer.headers["location"].startswith(SECOND)
        assert client.post(SET_UP, data={"sealed": "00" * 40, "code": code}).status_code == 422, "not ours"
    assert halfway.get(TODAY).status_code == 303


def test_what_one_account_was_offered_fits_no_other(site: Site) -> None:
    with newcomer(site, "one") as one, newcomer(site, "two") as two:
        secret, sealed = offered(one.get(SET_UP))
        code = second_factor.current_code(secret, site.clock.now())
        assert two.post(SET_UP, data={"sealed": sealed, "code": code}).status_code == 422
        assert one.post(SET_UP, data={"sealed": sealed, "code": code}).status_code == 200


def test_a_recovery_code_lets_in_once_and_leads_to_the_account(site: Site) -> None:
    with newcomer(site, "lost") as client:
        code = set_up(site, client)[0]
    for expected in (303, 401):
        with site.browser() as client:
            site.password(client, "lost")
            answer = client.post(f"{SECOND}/recovery", data={"code": code.upper().replace("-", " ")})
            assert answer.status_code == expected
            if expected == 303:
                assert answer.headers["location"] == "/staff/account"
                assert "9" in document(client.get("/staff/account").text).text_content()
    with site.service.runtime.store.installation() as session:
        staff = session.exec(select(Staff).where(Staff.email == "lost@example.org")).one()
        rows = session.exec(select(RecoveryCode).where(RecoveryCode.staff_id == staff.id)).all()
        used = session.exec(select(Audit).where(Audit.subject_id == staff.id, Audit.action == "staff.recovery_code_used")).all()
    assert sum(row.used_at is not None for row in rows) == len(used) == 1


def test_an_answer_that_no_passkey_gave_is_refused(site: Site, halfway: httpx.Client) -> None:
    for answer in ("", "{}", "[]", '{"rawId": "AAAA", "id": "AAAA", "type": "public-key", "response": {}}', "\0", "[" * 15_000):
        assert halfway.post(f"{SECOND}/passkey", data={"answer": answer}).status_code in (400, 401)
    with newcomer(site, "passkeyless") as client:
        for answer in ("{}", "[]", '{"rawId": "A", "id": "A", "type": "public-key", "response": {}}', "[" * 15_000):
            client.get(SET_UP)  # asks for one
            assert client.post(f"{SET_UP}/passkey", data={"answer": answer}).status_code == 422
        assert client.get(TODAY).status_code == 303


def test_somebody_sees_her_sessions_and_ends_them(site: Site) -> None:
    with site.signed_in("auditor") as here, site.signed_in("auditor") as there, site.signed_in("evaluator") as foreign:
        tree = document(here.get("/staff/account").text)
        ends = tree.xpath("//form[contains(@action, '/sessions/') and not(contains(@action, 'end-others'))]/@action")
        assert ends
        assert foreign.post(ends[0]).status_code == 404
        for address in ends:
            assert here.post(address).headers["location"] == "/staff/account?said=ended"
        assert there.get("/staff/account").status_code == 303
        assert here.get("/staff/account").status_code == 200


def test_a_new_password_ends_the_other_sessions_and_wants_the_old_one(site: Site) -> None:
    with newcomer(site, "changing") as here:
        set_up(site, here)
        with site.browser() as there:
            site.password(there, "changing")
        new = {"new": "five quite unrelated words", "again": "five quite unrelated words"}
        assert here.post("/staff/account/password", data={"password": "wrong", **new}).headers["location"].endswith("said=wrong")
        weak = here.post("/staff/account/password", data={"password": PASSWORD, "new": "short", "again": "short"})
        assert (weak.status_code, "at least 12 characters" in weak.text) == (422, True)
        other = here.post("/staff/account/password", data={**new, "password": PASSWORD, "again": "something else entirely"})
        assert other.status_code == 422
        assert (
            here.post("/staff/account/password", data={"password": PASSWORD, **new}).headers["location"].endswith("said=password")
        )
        assert here.get("/staff/account").status_code == 200
        with site.browser() as late:
            assert late.post("/staff/sign-in", data={"email": "changing@example.org", "password": PASSWORD}).status_code == 401


def test_a_new_set_of_recovery_codes_makes_the_old_one_worthless(site: Site) -> None:
    with newcomer(site, "renewing") as client:
        old = set_up(site, client)
        assert client.post("/staff/account/recovery-codes", data={"password": "wrong"}).headers["location"].endswith("said=wrong")
        page = client.post("/staff/account/recovery-codes", data={"password": PASSWORD})
        new = document(page.text).xpath("//ul[@class='codes']//code/text()")
        assert len(new) == second_factor.RECOVERY_CODES
        assert not set(old) & set(new)
        secret, sealed = offered(client.get("/staff/account/app"))
        fields = {"sealed": sealed, "code": second_factor.current_code(secret, site.clock.now())}
        assert client.post("/staff/account/app", data={**fields, "password": PASSWORD}).headers["location"].endswith("said=app")
    with site.browser() as client:
        site.password(client, "renewing")
        assert client.post(f"{SECOND}/recovery", data={"code": old[0]}).status_code == 401
        assert client.post(f"{SECOND}/recovery", data={"code": str(new[0])}).status_code == 303


def test_no_secret_is_in_the_audit(site: Site) -> None:
    with site.service.runtime.store.installation() as session:
        rows = session.exec(select(Audit).where(Audit.subject_kind == "staff")).all()
    assert all(set(row.detail) <= {"role", "method", "language"} for row in rows)
    assert not any(re.search(r"\d{6}", str(row.detail)) for row in rows)


def test_a_password_alone_opens_no_page(site: Site) -> None:
    with newcomer(site, "without") as client:
        for page in (TODAY, "/staff/account", "/staff"):
            assert client.get(page).headers["location"].startswith("/staff/sign-in")
