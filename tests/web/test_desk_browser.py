"""A case manager's morning in a real browser: from the first page of the day to a referral, in two scripts, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlmodel import col, select

from ccmm_bot.casework.casefile.cases import open_case
from ccmm_bot.clock import BC
from ccmm_bot.store.tables import Flag, TranslationState
from tests.web.serving import PASSWORD, Site
from tests.web.test_browser import ARGUMENTS, NARROW, WIDE, picture, violations
from tests.web.test_desk import translated

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


def no_barrier(page: Page, name: str) -> None:
    """Nothing axe-core finds, and nothing wider than the screen, on a laptop and on a phone."""
    for size, suffix in ((WIDE, "wide"), (NARROW, "narrow")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert violations(page) == [], (name, suffix)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, suffix)
        picture(page, f"desk-{name}-{suffix}", full=True)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


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
    context = browser.new_context(viewport=WIDE, base_url=site.url)  # type: ignore[arg-type]
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page = context.new_page()
    page.goto("/staff/today")
    page.fill("input[name=email]", "case_manager@example.org")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.fill("input[name=code]", site.code("case_manager"))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    no_barrier(page, "today")
    # A flag: what came of it, and what comes next.
    page.goto(f"/staff/flags/{flag}")
    no_barrier(page, "flag")
    page.select_option("#resolve-outcome", "information_given")
    page.fill("#resolve-note", "Called, left a number")
    page.fill("#resolve-next_step", "Call again")
    page.locator("section[aria-labelledby=resolve-title] button").click()
    expect(page.locator("#resolve-next_on-wrong")).to_be_visible()
    expect(page.locator("#resolve-note")).to_have_value("Called, left a number")
    no_barrier(page, "flag-with-a-mistake")
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
    no_barrier(page, "person")
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
    no_barrier(page, "timeline")
    for path, name in (("/staff/today/list?name=due", "list"), ("/staff/today/waiting", "waiting")):
        page.goto(path)
        no_barrier(page, name)
    context.close()
    assert [text for text in complaints if "422" not in text] == []
