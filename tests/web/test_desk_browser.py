"""A case manager's morning in a real browser: from the first page of the day to a referral, in two scripts, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlmodel import col, select

from ccmm_bot.casework.casefile.cases import open_case
from ccmm_bot.clock import BC
from ccmm_bot.store.tables import Flag, TranslationState
from tests.web.browsing import looks_well, profile
from tests.web.serving import PASSWORD, Site
from tests.web.test_desk import translated

pytestmark = pytest.mark.browser


def test_a_case_managers_morning(site: Site, browser: Browser, new_number: Callable[[], str]) -> None:
    arabic = site.text(new_number(), "مرحبا", "العربية", "1", "أريد التحدث مع شخص 604 555 0123")
    line = translated(site, arabic, TranslationState.OK, "ar", "I want to talk to a person 604 555 0123")
    site.text(new_number(), "ሰላም", "ትግርኛ", "1", "ሓገዝ የድልየኒ ኣሎ")
    person = site.person_of(arabic)
    store = site.service.runtime.store
    open_case(store, site.reader(), person, site.clock.now())
    human = site.text(new_number(), "hello", "English", "1", "human")
    with store.installation() as session:
        flag = session.exec(select(Flag.id).where(col(Flag.conversation_id) == human)).one()
    day = (site.clock.now().astimezone(BC).date() + timedelta(days=14)).isoformat()
    with profile(browser, site.url, meant=("422",)) as context:
        page = context.new_page()
        page.goto("/staff/today")
        page.fill("input[name=email]", "case_manager@example.org")
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.fill("input[name=code]", site.code("case_manager"))
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
        looks_well(page, "desk-today")
        # A flag: what came of it, and what comes next.
        page.goto(f"/staff/flags/{flag}")
        looks_well(page, "desk-flag")
        page.select_option("#resolve-outcome", "information_given")
        page.fill("#resolve-note", "Called, left a number")
        page.fill("#resolve-next_step", "Call again")
        page.locator("section[aria-labelledby=resolve-title] button").click()
        expect(page.locator("#resolve-next_on-wrong")).to_be_visible()
        expect(page.locator("#resolve-note")).to_have_value("Called, left a number")
        looks_well(page, "desk-flag-with-a-mistake")
        page.fill("#resolve-next_on", site.clock.now().astimezone(BC).date().isoformat())
        page.locator("section[aria-labelledby=resolve-title] button").click()
        expect(page.get_by_text("The flag is resolved.")).to_be_visible()
        page.goto("/staff/today")
        step = page.locator("section[aria-labelledby=steps-title] li", has_text="Call again")
        expect(step).to_be_visible()
        step.get_by_role("button", name="Done").click()
        expect(page.get_by_text("Done, and written down.")).to_be_visible()
        # A message in a script she does not read, and an answer that is ready in it.
        page.goto(f"/staff/people/{person}")
        expect(page.locator(f"#machine-{line}")).to_contain_text("I want to talk to a person 604 555 0123")
        assert page.locator(f"#line-{line} .bubble bdi").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert page.locator(f"#machine-{line} bdi").evaluate("e => getComputedStyle(e).direction") == "ltr"
        page.get_by_text("Ready answers in Arabic").click()
        expect(page.get_by_text("not yet read by a speaker").first).to_be_visible()
        page.get_by_text("Refer to another service").click()
        looks_well(page, "desk-person")
        page.locator("form.ready button").first.click()
        expect(page.get_by_text("Your message is on its way", exact=False)).to_be_visible()
        # A referral: without consent it comes back, with it the bot asks later.
        page.get_by_text("Refer to another service").click()
        page.select_option("#refer-domain", "housing")
        page.fill("#refer-destination", "BC Housing")
        page.fill("#refer-check_on", day)
        page.get_by_role("button", name="Refer", exact=True).click()
        expect(page.locator("#refer-agreed-wrong")).to_be_visible()
        expect(page.locator("#refer-destination")).to_have_value("BC Housing")
        page.check("#refer-agreed")
        page.select_option("#refer-how", "by_phone")
        page.get_by_role("button", name="Refer", exact=True).click()
        expect(page.get_by_text("The referral is kept, with the consent.")).to_be_visible()
        expect(page.locator("section[aria-labelledby=referrals-title]")).to_contain_text("BC Housing")
        page.get_by_role("link", name="Everything, message by message").click()
        expect(page.get_by_text("Referred", exact=True).first).to_be_visible()
        looks_well(page, "desk-timeline")
        for path, name in (("/staff/today/list?name=due", "list"), ("/staff/today/waiting", "waiting")):
            page.goto(path)
            looks_well(page, f"desk-{name}")
