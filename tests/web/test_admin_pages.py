"""The pages of administration: settings that say what is wrong with them, the state of the service, who did what."""

from __future__ import annotations

from sqlmodel import select

from ccmm_bot.casework.agencies.audit_log import PAGE
from ccmm_bot.messages import DeliveryStatus
from ccmm_bot.store.tables import Actor, Agency, Audit, Outbox
from tests.web.html import document
from tests.web.serving import Site

AGENCY = "/staff/admin/agency"
TYPED = {
    "office_hours": "mon-fri 08:30-16:30",
    "on_call_email": "night@example.org",
    "urgent": "2",
    "urgent_unit": "hours",
    "high": "1",
    "high_unit": "days",
    "normal": "3",
    "normal_unit": "days",
    "sending_from": "10:00",
    "sending_until": "17:30",
    "keep_raw_days": "60",
}


def test_settings_are_kept_and_shown(fresh_site: Site) -> None:
    with fresh_site.signed_in("administrator") as admin:
        assert admin.post(AGENCY, data=TYPED).headers["location"] == f"{AGENCY}?said=kept"
        page = document(admin.get(AGENCY).text)
        assert {name: page.xpath(f"//*[@name='{name}']/@value")[0] for name in TYPED if "unit" not in name} == {
            name: value for name, value in TYPED.items() if "unit" not in name
        }
        wrong = admin.post(AGENCY, data={**TYPED, "urgent": "many", "office_hours": "typed <b>"})
        assert wrong.status_code == 422
        assert document(wrong.text).xpath("//*[@role='alert']")
        assert document(wrong.text).xpath("//input[@id='office_hours']/@value") == ["typed <b>"], "nothing typed is lost"
    with fresh_site.service.runtime.store.installation() as session:
        kept = session.exec(select(Agency).where(Agency.id == fresh_site.service.runtime.agency_id)).one()
        other = session.exec(select(Agency).where(Agency.id == fresh_site.service.foreign_agency)).one()
    assert (kept.sending_from, kept.response_times, kept.keep_raw_days) == (600, {"urgent": {"hours": 2}}, 60)
    assert (other.sending_from, other.on_call_email) == (None, None)


def test_the_state_of_the_service_names_no_person(fresh_site: Site) -> None:
    talk = fresh_site.text("+16045550801", "hello", "English", "1")
    with fresh_site.service.runtime.store.installation(write=True) as session:
        sent = session.exec(select(Outbox).where(Outbox.conversation_id == talk)).first()
        assert sent is not None
        sent.status, sent.error_code = DeliveryStatus.FAILED, "30003"
        session.add(sent)
    with fresh_site.signed_in("operator") as operator:
        page = operator.get("/staff/admin/service").text
        assert "30003" in page
        assert "+16045550100" in page
        assert "+16045550801" not in page
        assert "/staff/people/" not in page
        assert operator.get("/staff").headers["location"] == "/staff/admin/agencies"
        links = document(page).xpath("//header//nav/a/text()")
        assert links == ["Administration"], "the head shows what the role may open"


def entries(page: str) -> str:
    """The table of the audit as text, without the choices above it."""
    return " ".join(document(page).xpath("//tbody//text()") + document(page).xpath("//tbody//@*"))


def test_an_auditor_reads_page_by_page_who_did_what_in_her_agency(fresh_site: Site) -> None:
    talk = fresh_site.text("+16045550802", "hello", "English", "1")
    person = fresh_site.person_of(talk)
    with fresh_site.signed_in("case_manager") as own, fresh_site.signed_in("foreign") as foreign:
        assert own.post(f"/staff/people/{person}/name", data={"name": "Almaz"}).status_code == 303
        assert foreign.get("/staff/admin/audit").status_code == 403
    with fresh_site.signed_in("auditor") as auditor:
        page = auditor.get("/staff/admin/audit").text
        assert "Name written" in entries(page)
        assert f"/staff/people/{person}" in page
        assert "Almaz" not in page
        assert "Foreign" not in page
        assert "Message received" not in entries(page)
        everything = auditor.get("/staff/admin/audit", params={"everything": "true"}).text
        assert "Message received" in entries(everything)
        with fresh_site.service.runtime.store.installation(write=True) as session:
            agency, now = fresh_site.service.runtime.agency_id, fresh_site.clock.now()
            session.add_all(
                Audit(agency_id=agency, at=now, actor_kind=Actor.SYSTEM, action="tried", subject_kind="try") for _ in range(PAGE)
            )
        first = document(auditor.get("/staff/admin/audit", params={"everything": "true"}).text)
        older = first.xpath("//a[contains(@href, 'before=')]/@href")[0]
        assert document(auditor.get(older).text).xpath("//tbody/tr")
