"""The evaluator's pages in a real browser: pictures are seen, nothing breaks the page's rules, everybody can use them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ccmm_bot.casework.access import sessions
from ccmm_bot.evaluation.instruments import instruments
from ccmm_bot.evaluation.making import make_asked
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.store.tables import Staff
from tests.evaluation.filling import fill
from tests.web.serving import Site
from tests.web.test_browser import ARGUMENTS, NARROW, WIDE, picture, violations

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser that notes every complaint about the content security policy or a script."""
    opened = browser.new_context(viewport=WIDE, base_url=site.url)  # type: ignore[arg-type]
    opened.set_default_timeout(60_000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    yield opened
    opened.close()
    assert complaints == []


def sign_in(context: BrowserContext, site: Site, role: str, language: str = "en") -> None:
    store = site.service.runtime.store
    with store.installation(write=True) as session:
        row = session.get_one(Staff, site.service.staff[role])
        row.interface_language = language
        session.add(row)
    opened = sessions.open_session(store, site.service.staff[role], site.clock.now())
    context.add_cookies([{"name": "ccmm", "value": opened.token, "url": site.url}])


def look(page: Page, name: str) -> None:
    """Nothing for axe-core to find and nothing wider than the page, on a laptop and on a phone."""
    for size, which in ((WIDE, "wide"), (NARROW, "narrow")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, which
        assert violations(page) == [], which
        picture(page, f"{name}-{which}", full=name not in ("evaluation", "evaluation-french"))  # those are metres long


def test_an_evaluator_reads_asks_and_takes_along(context: BrowserContext, site: Site) -> None:
    runtime = site.service.runtime
    defined = instruments(runtime.loaded.dialogues, runtime.loaded.instruments)
    over = Plan(people=120, original=0.3, start=datetime(2023, 1, 2, 18, tzinfo=UTC))  # years before the clock of the pages
    fill(runtime.store, runtime.agency_id, synthetic(over, defined))
    page = context.new_page()

    sign_in(context, site, "administrator")
    page.goto("/staff/admin/studies")
    page.get_by_label("Name").fill("Final report")
    page.get_by_label("E-mail addresses").fill("evaluator@example.org")
    page.get_by_role("button", name="Begin the study").click()
    expect(page.get_by_role("status")).to_contain_text("The study has begun.")
    look(page, "admin-studies")

    sign_in(context, site, "evaluator")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto("/staff/evaluation")
    page.get_by_label("Whose data").select_option(label="Final report")
    page.get_by_role("button", name="Show the tables").click()
    drawn = page.get_by_role("img", name="Change of each item").first
    expect(drawn).to_be_visible()
    # Coloured as it was drawn: by attributes, which the page's policy lets through.
    assert drawn.locator("path[stroke='#0072b2']").first.evaluate("each => getComputedStyle(each).stroke") == "rgb(0, 114, 178)"
    expect(page.get_by_role("link", name="Need domains, entry and exit: PNG")).to_be_visible()
    look(page, "evaluation")

    page.get_by_label("What are the data for?").fill("Comparing entry with exit")
    page.get_by_role("button", name="Make the export").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    look(page, "evaluation-export-going")
    key = page.url.rsplit("/", 1)[-1]
    make_asked(runtime.store, UUID(key), defined, {}, site.clock.now)
    link = page.get_by_role("button", name="Take the file")
    expect(link).to_be_visible()  # by itself
    look(page, "evaluation-export")
    with page.expect_download() as taken:
        link.click()
    assert taken.value.suggested_filename == "export.zip"

    sign_in(context, site, "evaluator", "fr")
    page.goto("/staff/evaluation#needs")
    expect(page.get_by_role("heading", name="Domaines de besoin, entrée et sortie")).to_be_visible()
    expect(page.locator("#needs svg")).to_contain_text("Logement")
    look(page, "evaluation-french")
