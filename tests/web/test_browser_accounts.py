"""In a real browser: a colleague comes in with a passkey and comes back with it; the pages of administration have no barrier."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables import ChannelAccount
from tests.standins.fixtures import telegram, telegram_account
from tests.standins.telegram_api import TelegramStandin
from tests.web.browsing import NARROW, WIDE, picture, profile, sign_in, violations
from tests.web.serving import Site

__all__ = ["telegram"]

pytestmark = pytest.mark.browser

PASSWORD = "four fairly unrelated words"
PAGES = (
    "/staff/account",
    "/staff/account/app",
    "/staff/account/passkey",
    "/staff/search",
    "/staff/admin/agency",
    "/staff/admin/staff",
    "/staff/admin/systems",
    "/staff/admin/service",
    "/staff/admin/activity",
    "/staff/admin/audit",
    "/staff/help-lines",
    "/staff/languages",
)


@pytest.fixture
def address(site: Site) -> str:
    """A passkey belongs to a name, and a number is none."""
    return site.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    with profile(browser, address, meant=("422 (Unprocessable",)) as opened:
        yield opened


def as_administrator(site: Site, context: BrowserContext, address: str) -> Page:
    sign_in(context, site, "administrator", address)
    return context.new_page()


def test_a_colleague_is_invited_makes_a_passkey_and_comes_back_with_it(site: Site, context: BrowserContext, address: str) -> None:
    page = as_administrator(site, context, address)
    page.goto("/staff/admin/staff")
    page.get_by_label("E-mail").fill("sara@example.org")
    page.get_by_label("Name that colleagues know").fill("Sara K.")
    page.locator("section[aria-labelledby=invite-title]").get_by_label("Tigrinya").check()
    page.get_by_role("button", name="Invite").click()
    link = page.get_by_role("textbox", name="Link").input_value()
    assert violations(page) == []
    context.clear_cookies()

    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    page.goto(link)
    picture(page, "welcome")
    assert violations(page) == []
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="A second lock for your account")).to_be_visible()
    expect(page.get_by_alt_text("QR code with the secret for the app")).to_be_visible()
    picture(page, "second-lock", full=True)
    assert violations(page) == []
    page.get_by_label("What you call it").fill("Laptop")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="I have them. Go on").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.get_by_role("link", name="Sara K.").click()
    expect(page.get_by_text("Laptop")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").fill("sara@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Prove that it is you")).to_be_visible()
    picture(page, "prove")
    assert violations(page) == []
    page.get_by_role("button", name="Use the passkey").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_pages_of_administration_fit_the_screen_and_have_no_barrier(
    site: Site, context: BrowserContext, address: str, size: ViewportSize
) -> None:
    talk = site.text("+16045550899", "hello", "English", "1", "human")
    page = as_administrator(site, context, address)
    page.set_viewport_size(size)
    name = "narrow" if size is NARROW else "wide"
    for path in (*PAGES, f"/staff/people/{site.person_of(talk)}/erase"):
        page.goto(path)
        for summary in page.locator("details.form > summary").all():
            summary.click()
        picture(page, f"{path.removeprefix('/staff/').split('/')[0]}-{path.rpartition('/')[2]}-{name}", full=True)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_link_to_ones_own_telegram_is_shown_once_as_a_picture_too(
    site: Site, context: BrowserContext, address: str, telegram: TelegramStandin
) -> None:
    service = site.service.runtime
    service.channels.add(TelegramChannel(telegram_account(telegram.url)))
    with service.store.installation(write=True) as session:
        session.add(ChannelAccount(agency_id=service.agency_id, channel=ChannelKind.TELEGRAM, account=str(telegram.bot_id)))
    page = as_administrator(site, context, address)
    page.goto("/staff/account")
    page.get_by_role("button", name="Link my Telegram").click()
    expect(page.get_by_role("link", name="Open Telegram")).to_have_attribute(
        "href", re.compile(r"^https://t\.me/ccmm_test_bot\?start=")
    )
    expect(page.get_by_alt_text("QR code with the link")).to_be_visible()
    picture(page, "account-telegram", full=True)
    assert violations(page) == []
    page.goto("/staff/account")
    expect(page.get_by_role("link", name="Open Telegram")).to_have_count(0)
    assert violations(page) == []
    site.served.run(service.channels.remove(ChannelKind.TELEGRAM, str(telegram.bot_id)))
