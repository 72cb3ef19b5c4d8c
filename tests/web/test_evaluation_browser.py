"""The evaluator's pages in a real browser: pictures are seen, nothing breaks the page's rules, everybody can use them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from ccmm_bot.casework.access import own_account
from ccmm_bot.evaluation.instruments import instruments
from ccmm_bot.evaluation.making import make_asked
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from tests.evaluation.filling import fill
from tests.web.browsing import looks_well, profile, sign_in
from tests.web.serving import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    with profile(browser, site.url) as opened:
        opened.set_default_timeout(60_000)
        yield opened


def comes(context: BrowserContext, site: Site, role: str, language: str = "en") -> None:
    """Somebody else signs in, and reads this language."""
    own_account.set_interface_language(site.service.runtime.store, site.reader(role), language, site.clock.now())
    sign_in(context, site, role)


def test_an_evaluator_reads_asks_and_takes_along(context: BrowserContext, site: Site) -> None:
    runtime = site.service.runtime
    defined = instruments(runtime.loaded.dialogues, runtime.loaded.instruments)
    over = Plan(people=120, original=0.3, start=datetime(2023, 1, 2, 18, tzinfo=UTC))  # years before the clock of the pages
    fill(runtime.store, runtime.agency_id, synthetic(over, defined))
    page = context.new_page()

    comes(context, site, "administrator")
    page.goto("/staff/admin/studies")
    page.get_by_label("Name").fill("Final report")
    page.get_by_label("E-mail addresses").fill("evaluator@example.org")
    page.get_by_role("button", name="Begin the study").click()
    expect(page.get_by_role("status")).to_contain_text("The study has begun.")
    looks_well(page, "admin-studies")

    comes(context, site, "evaluator")
    page.goto("/staff/evaluation")
    page.get_by_label("Whose data").select_option(label="Final report")
    page.get_by_role("button", name="Show the tables").click()
    drawn = page.get_by_role("img", name="Change of each item").first
    expect(drawn).to_be_visible()
    # Coloured as it was drawn: by attributes, which the page's policy lets through.
    assert drawn.locator("path[stroke='#0072b2']").first.evaluate("each => getComputedStyle(each).stroke") == "rgb(0, 114, 178)"
    expect(page.get_by_role("link", name="Need domains, entry and exit: PNG")).to_be_visible()
    looks_well(page, "evaluation", full=False)  # metres long

    page.get_by_label("What are the data for?").fill("Comparing entry with exit")
    page.get_by_role("button", name="Make the export").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    looks_well(page, "evaluation-export-going")
    key = page.url.rsplit("/", 1)[-1]
    make_asked(runtime.store, UUID(key), defined, {}, site.clock.now)
    link = page.get_by_role("button", name="Take the file")
    expect(link).to_be_visible()  # by itself
    looks_well(page, "evaluation-export")
    with page.expect_download() as taken:
        link.click()
    assert taken.value.suggested_filename == "export.zip"

    comes(context, site, "evaluator", "fr")
    page.goto("/staff/evaluation#needs")
    expect(page.get_by_role("heading", name="Domaines de besoin, entrée et sortie")).to_be_visible()
    expect(page.locator("#needs svg")).to_contain_text("Logement")
    looks_well(page, "evaluation-french", full=False)  # metres long
