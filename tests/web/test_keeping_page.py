"""The page on which an administrator says how long everything is kept, and sees what would go."""

from __future__ import annotations

from sqlmodel import select

from ccmm_bot.casework.keeping.kinds import KINDS
from ccmm_bot.store.tables import Agency, Audit
from tests.web.html import document
from tests.web.serving import Site

PAGE = "/staff/admin/retention"
TYPED = {"payloads": "30", "messages": "365", "files": "365", "uploads": "14", "sign_ins": "90", "deliveries": "730", "people": ""}


def test_the_periods_are_kept_and_shown_with_what_would_go(fresh_site: Site) -> None:
    with fresh_site.signed_in("administrator") as admin:
        page = document(admin.get(PAGE).text)
        assert page.xpath("//input/@name")[: len(KINDS)] == [kind.name for kind in KINDS]
        assert page.xpath("//input[@id='uploads']/@value") == ["30"], "what counts where nobody has set anything"
        assert admin.post(PAGE, data=TYPED).headers["location"] == f"{PAGE}?said=kept"
        page = document(admin.get(f"{PAGE}?said=kept").text)
        assert {name: page.xpath(f"//input[@id='{name}']/@value")[0] for name in TYPED} == TYPED
        assert page.xpath("//*[@role='status']")
        assert document(admin.get("/staff/admin/agency").text).xpath(f"//a[@href='{PAGE}']")
        for wrong in ({"messages": "5"}, {"files": "a year"}):
            answer = admin.post(PAGE, data=TYPED | wrong)
            assert answer.status_code == 422
            typed = document(answer.text)
            assert typed.xpath("//*[@role='alert']")
            assert typed.xpath(f"//input[@id='{next(iter(wrong))}']/@value") == list(wrong.values()), "nothing typed is lost"
    with fresh_site.service.runtime.store.installation() as session:
        kept = session.get_one(Agency, fresh_site.service.runtime.agency_id)
        assert (kept.keep_raw_days, kept.retention) == (30, {"messages": 365, "files": 365, "uploads": 14})
        assert session.get_one(Agency, fresh_site.service.foreign_agency).retention is None
        assert session.exec(select(Audit.subject_kind).where(Audit.action == "agency.retention_changed")).one() == "agency"
