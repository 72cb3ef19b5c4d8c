"""An administrator brings colleagues in and back, and nobody else does."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import select

from ccmm_bot.store.tables import Audit, Staff, StaffLink
from tests.standins.mail import mail_server
from tests.web.html import document
from tests.web.serving import PASSWORD, Served, Site, open_service

STAFF = "/staff/admin/staff"
NEW = "four fairly unrelated words"


def invite(client: httpx.Client, email: str, **fields: str | list[str]) -> httpx.Response:
    return client.post(STAFF, data={"email": email, "name": "Sara K.", "role": "case_manager", **fields})


def link_of(page: httpx.Response) -> str:
    """The link that is shown, as a path."""
    value: str = document(page.text).xpath("//input[@id='link']/@value")[0]
    return value[value.index("/staff/welcome/") :]


def test_an_invitation_makes_an_account_once_and_leads_to_the_second_lock(site: Site) -> None:
    with site.signed_in("administrator") as admin, site.browser() as newcomer:
        shown = invite(admin, " Sara@Example.org", languages=["ti", "am", "klingon"])
        assert shown.status_code == 200
        link = link_of(shown)
        assert "sara@example.org" in admin.get(STAFF).text
        assert link not in admin.get(STAFF).text, "shown once"
        assert "Sara K." in newcomer.get(link).text
        assert newcomer.post(link, data={"password": "short", "again": "short"}).status_code == 422
        assert newcomer.post(link, data={"password": NEW, "again": NEW + "!"}).status_code == 422
        done = newcomer.post(link, data={"password": NEW, "again": NEW})
        assert done.headers["location"] == "/staff/sign-in/second"
        assert newcomer.get("/staff/today").status_code == 303, "no second lock yet"
        assert newcomer.get("/staff/sign-in/second").headers["location"].startswith("/staff/sign-in/set-up")
        assert newcomer.get(link).status_code == 404
        assert newcomer.post(link, data={"password": PASSWORD, "again": PASSWORD}).status_code == 404
        assert invite(admin, "sara@example.org").status_code == 422
    with site.service.runtime.store.installation() as session:
        staff = session.exec(select(Staff).where(Staff.email == "sara@example.org")).one()
        links = session.exec(select(StaffLink).where(StaffLink.email == "sara@example.org")).all()
    assert (staff.languages, staff.agency_id) == (["ti", "am"], site.service.runtime.agency_id)
    assert all(link.rpartition("/")[2].encode() not in row.token_hash for row in links)


def test_a_link_that_is_too_old_withdrawn_replaced_or_invented_looks_the_same(site: Site) -> None:
    pages = []
    with site.signed_in("administrator") as admin, site.browser() as anybody:
        replaced = link_of(invite(admin, "late@example.org"))
        late = link_of(invite(admin, "late@example.org"))
        withdrawn = link_of(invite(admin, "not.any.more@example.org"))
        forms = document(admin.get(STAFF).text).xpath("//form[contains(@action, '/invitations/')]/@action")
        assert admin.post(forms[0]).headers["location"].endswith("said=withdrawn")
        site.clock.put(site.clock.now() + timedelta(days=7, minutes=1))
        for link in (replaced, late, withdrawn, f"/staff/welcome/{uuid4().hex}"):
            answer = anybody.get(link)
            assert (answer.status_code, anybody.post(link, data={"password": NEW, "again": NEW}).status_code) == (404, 404)
            pages.append(answer.text)
    assert len(set(pages)) == 1


@pytest.mark.parametrize(
    "fields", [{"email": "nobody"}, {"name": " "}, {"role": "operator"}, {"email": "case_manager@example.org"}]
)
def test_an_invitation_that_cannot_be_meant_shows_what_was_typed(site: Site, fields: dict[str, str]) -> None:
    with site.signed_in("administrator") as admin:
        answer = admin.post(STAFF, data={"email": "b@example.org", "name": "Typed Name", "role": "auditor", **fields})
        assert answer.status_code == 422
        assert document(answer.text).xpath("//*[@role='alert']")
        assert document(answer.text).xpath("//input[@id='email']/@value")[0] == fields.get("email", "b@example.org")


def test_a_colleague_who_cannot_sign_in_gets_a_way_back_and_her_sessions_end(fresh_site: Site) -> None:
    key = fresh_site.service.staff["supervisor"]
    with fresh_site.signed_in("administrator") as admin, fresh_site.signed_in("supervisor") as old, fresh_site.browser() as back:
        link = link_of(admin.post(f"{STAFF}/{key}/way-back"))
        assert old.get("/staff/today").status_code == 303
        assert back.post(link, data={"password": NEW, "again": NEW}).status_code == 303
        assert back.get("/staff/sign-in/set-up").headers["location"].startswith("/staff/sign-in/second"), "the app is still hers"
        assert back.post("/staff/sign-in/second", data={"code": fresh_site.code("supervisor")}).status_code == 303
        lost = link_of(admin.post(f"{STAFF}/{key}/way-back", data={"lost_phone": "true"}))
        assert back.post(lost, data={"password": NEW + " new", "again": NEW + " new"}).status_code == 303
        assert "set-up" in back.get("/staff/sign-in/second").headers["location"]
    with fresh_site.service.runtime.store.installation() as session:
        done = [row.action for row in session.exec(select(Audit).where(Audit.subject_id == key)).all()]
    assert {"staff.password_link", "staff.factors_taken", "staff.password_changed"} <= set(done)


def test_an_earlier_link_is_worth_nothing_after_a_newer_one_or_a_new_password(fresh_site: Site) -> None:
    way = f"{STAFF}/{fresh_site.service.staff['supervisor']}/way-back"
    with fresh_site.signed_in("administrator") as admin, fresh_site.browser() as thief:
        first, second = (link_of(admin.post(way)) for _ in range(2))
        assert thief.post(first, data={"password": NEW, "again": NEW}).status_code == 404
        assert thief.get(second).status_code == 200
        with fresh_site.signed_in("supervisor") as herself:
            changed = herself.post("/staff/account/password", data={"password": PASSWORD, "new": NEW, "again": NEW})
            assert changed.headers["location"].endswith("said=password")
        assert thief.post(second, data={"password": PASSWORD, "again": PASSWORD}).status_code == 404


def test_with_a_lost_phone_the_old_password_lets_nobody_set_up_a_second_lock(fresh_site: Site) -> None:
    with fresh_site.signed_in("administrator") as admin, fresh_site.browser() as thief, fresh_site.browser() as back:
        way = f"{STAFF}/{fresh_site.service.staff['supervisor']}/way-back"
        link = link_of(admin.post(way, data={"lost_phone": "true"}))
        assert fresh_site.password(thief, "supervisor").status_code == 401
        assert back.post(link, data={"password": NEW, "again": NEW}).status_code == 303
        assert "set-up" in back.get("/staff/sign-in/second").headers["location"]


def test_an_agency_lets_nobody_into_the_account_of_who_runs_the_installation_nor_switches_it_off(fresh_site: Site) -> None:
    key = fresh_site.service.staff["operator"]
    with fresh_site.signed_in("administrator") as admin, fresh_site.signed_in("operator") as operator:
        for fields in ({}, {"lost_phone": "true"}):
            refused = admin.post(f"{STAFF}/{key}/way-back", data=fields)
            assert (refused.status_code, "/staff/welcome/" in refused.text) == (404, False)
        assert f"{key}/way-back" not in admin.get(STAFF).text
        assert admin.post(f"{STAFF}/{key}", data={"role": "operator"}).status_code == 422
        assert operator.get("/staff/admin/agencies").status_code == 200, "still signed in"


def test_a_changed_role_holds_at_once_and_the_last_administrator_stays(fresh_site: Site) -> None:
    staff = fresh_site.service.staff
    with fresh_site.signed_in("administrator") as admin, fresh_site.signed_in("case_manager") as other:
        answer = admin.post(f"{STAFF}/{staff['case_manager']}", data={"role": "evaluator", "active": "true", "languages": ["sw"]})
        assert answer.headers["location"].endswith("said=changed")
        assert other.get("/staff/account").status_code == 303, "her sessions ended"
        assert "Swahili" in admin.get(STAFF).text
        refused = admin.post(f"{STAFF}/{staff['administrator']}", data={"role": "auditor", "active": "true"})
        assert (refused.status_code, "without an administrator" in refused.text) == (422, True)
        for strange in (staff["foreign"], uuid4()):
            assert admin.post(f"{STAFF}/{strange}", data={"role": "auditor"}).status_code == 404
            assert admin.post(f"{STAFF}/{strange}/way-back").status_code == 404
        operator = admin.post(f"{STAFF}/{staff['operator']}", data={"role": "administrator", "active": "true"})
        assert operator.status_code == 422


def test_with_a_mail_server_the_link_is_mailed_and_not_shown(tmp_path: Path) -> None:
    with mail_server() as mail, Served(partial(open_service, tmp_path, smtp_url=SecretStr(mail.url))) as served:
        site = Site(served)
        with site.signed_in("administrator") as admin:
            shown = invite(admin, "sara@example.org")
        (letter,) = mail.got
        text = letter.get_content()
        token = text[text.index("/staff/welcome/") :].split()[0]
        assert (letter["To"], token in shown.text) == ("sara@example.org", False)
        with site.browser() as newcomer:
            assert newcomer.get(token).status_code == 200
