"""What waits for somebody who has looked at it: help lines for an administrator, languages for a speaker."""

from __future__ import annotations

from ccmm_bot.casework.agencies import offices
from tests.web.html import document
from tests.web.serving import Site

HELP_LINES = "/staff/help-lines"
WORDS = "my husband wants to kill me"


def test_an_administrator_confirms_a_help_line_and_people_are_told_it(fresh_site: Site) -> None:
    fresh_site.text("+16045550901", WORDS)
    assert "9-8-8" not in "".join(fresh_site.screen("+16045550901"))
    with fresh_site.signed_in("administrator") as admin:
        page = document(admin.get(HELP_LINES).text)
        assert page.xpath("//*[@id='line-emergency']//form") == [], "911 never waits"
        assert page.xpath("//*[@id='line-suicide_crisis']//input[@name='asked' and @required]")
        unticked = admin.post(f"{HELP_LINES}/confirm", data={"line": "suicide_crisis"})
        assert unticked.status_code == 422
        confirmed = admin.post(f"{HELP_LINES}/confirm", data={"line": "suicide_crisis", "asked": "yes"})
        assert confirmed.headers["location"] == f"{HELP_LINES}?said=confirmed"
        row = document(admin.get(HELP_LINES).text).xpath("//*[@id='line-suicide_crisis']")[0].text_content()
        assert "Administrator" in row
        fresh_site.text("+16045550902", WORDS)
        assert "9-8-8" in "".join(fresh_site.screen("+16045550902"))
        assert admin.post(f"{HELP_LINES}/withdraw", data={"line": "suicide_crisis"}).status_code == 303
        fresh_site.text("+16045550903", WORDS)
        assert "9-8-8" not in "".join(fresh_site.screen("+16045550903"))
        assert admin.post(f"{HELP_LINES}/confirm", data={"line": "invented", "asked": "yes"}).status_code == 422


def test_the_page_of_languages_says_who_has_read_what_and_what_waits(fresh_site: Site) -> None:
    runtime = fresh_site.service.runtime
    with fresh_site.signed_in("administrator") as admin:
        assert {HELP_LINES, "/staff/languages"} <= set(document(admin.get("/staff/admin/service").text).xpath("//main//a/@href"))
        french = document(admin.get("/staff/languages").text).xpath("//tr[@id='language-fr']/td")
        texts = french[0].text_content().split(" / ")
        assert texts[0] == texts[1], "French is whole"
        assert french[-1].text_content() == "–"
        agency = next(office.name for office in offices.offices(runtime.store) if office.id == runtime.agency_id)
        offices.set_require_reviewed(runtime.store, agency, "safety", runtime.loaded.dialogues, runtime.clock.now())
        french = document(admin.get("/staff/languages").text).xpath("//tr[@id='language-fr']/td")
        assert french[-1].text_content().strip() not in ("", "–")
