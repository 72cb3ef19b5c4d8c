"""In a real browser: typing on a phone changes what staff see, every script reads right, nothing breaks the page's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.web.browsing import NARROW, WIDE, picture, profile, violations
from tests.web.serving import Served
from tests.web.test_demo import opening

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(partial(opening, tmp_path_factory.mktemp("demo"))) as served:
        yield served


@pytest.fixture
def context(browser: Browser, demo: Served) -> Iterator[BrowserContext]:
    """A fresh browser profile, from which nobody but the demonstration is asked for anything."""
    # The one refusal a browser of ours may meet: its session ended, and the page goes to the sign-in by itself. And a page that is
    # left or closed gives up what it was just asking for.
    strangers: list[str] = []
    with profile(browser, demo.url, meant=("401 (Unauthorized)", "htmx:error: Failed to fetch")) as opened:
        opened.on(
            "request", lambda request: strangers.append(request.url) if not request.url.startswith((demo.url, "data:")) else None
        )
        yield opened
    assert strangers == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    opened = context.new_page()
    opened.goto("/demo")
    for kind in ("sms", "whatsapp", "telegram"):
        with opened.expect_response(f"**/demo/phones/{kind}/reset"):
            opened.locator(f".phone.{kind}").get_by_role("button", name="A new phone").click()
        expect(opened.locator(f"#screen-{kind} .hint")).to_be_visible()
    return opened


def bot(page: Page, kind: str) -> Locator:
    return page.locator(f"#screen-{kind} .bubble.bot .text")


def say(page: Page, kind: str, text: str) -> None:
    """Type on a phone and wait for an answer."""
    before = bot(page, kind).count()
    page.locator(f"#write-{kind}").fill(text)
    page.locator(f"#write-{kind}").press("Enter")
    expect(bot(page, kind).nth(before)).to_be_attached()
    expect(page.locator(f"#write-{kind}")).to_have_value("")


def tap(page: Page, kind: str, label: str) -> None:
    """Tap a button of the newest message, opening its list where it has one."""
    before = bot(page, kind).count()
    button = page.locator(f"#screen-{kind} .taps button", has_text=label).last
    sheet = page.locator(f"#screen-{kind} details.sheet").last
    if not button.is_visible():
        sheet.locator("summary").click()
    button.click()
    expect(bot(page, kind).nth(before)).to_be_attached()


def test_a_tigrinya_speaker_writes_and_the_staff_page_changes_while_one_watches(page: Page) -> None:
    desk = page.frame_locator("#desk")
    expect(desk.get_by_role("heading", name="Today")).to_be_visible()
    waiting = desk.locator("#flags-title .count")
    before = int(waiting.inner_text())
    say(page, "sms", "ሰላም")
    newest = desk.locator("section[aria-labelledby=conversations-title] li").first
    expect(newest).to_contain_text("ሰላም")
    say(page, "sms", "ትግርኛ")
    expect(newest).to_contain_text("Tigrinya")
    say(page, "sms", "1")  # agrees
    say(page, "sms", "3")  # tells what she needs
    say(page, "sms", "1")  # is an adult
    for answer in ("1", "1", "1", "1", "2", "0", "2", "2", "2", "2"):
        say(page, "sms", answer)
    newest.locator("a").click()
    answers = desk.locator("section[aria-labelledby=answers-title]")
    expect(answers.locator("tbody tr")).to_have_count(10)
    expect(desk.locator("section[aria-labelledby=flags-title] li.flag")).to_have_count(0)
    say(page, "sms", "1")  # a worker may call: the flag arrives while the page is open
    expect(desk.get_by_text("Four or more needs: look at eligibility")).to_be_visible()
    expect(answers.locator("tr", has_text="education").first).to_contain_text("Yes")
    expect(answers.locator("tr", has_text="benefits").first).to_contain_text("skipped")
    expect(desk.locator("#thread li").last).to_be_in_viewport()
    picture(page, "demo-person")
    desk.get_by_role("link", name="← Today").click()
    expect(waiting).to_have_text(str(before + 1))


def test_a_flag_raised_on_a_phone_is_on_the_page_because_it_is_told(context: BrowserContext, demo: Served) -> None:
    """The page would look by itself much later: it looks because the service says that something happened."""
    phone, desk = context.new_page(), context.new_page()
    phone.goto("/demo")
    with phone.expect_response("**/demo/phones/sms/reset"):
        phone.locator(".phone.sms").get_by_role("button", name="A new phone").click()
    with desk.expect_response("**/staff/events"):
        desk.goto("/demo/staff")
    assert desk.locator("#live").get_attribute("hx-trigger") == "look, every 20s"
    urgent = desk.locator("section[aria-labelledby=flags-title] li.urgent")
    before = urgent.count()
    say(phone, "sms", "my husband wants to kill me")  # it returns when she is answered: her flag is committed by then
    expect(urgent).to_have_count(before + 1, timeout=5_000)


def test_a_page_that_cannot_listen_looks_by_itself(browser: Browser, demo: Served) -> None:
    with browser.new_context(base_url=demo.url) as opened:
        page = opened.new_page()
        page.route("**/staff/events", lambda route: route.abort())
        page.goto("/demo/staff")
        with page.expect_response("**/staff/today/live*", timeout=15_000):
            pass


def test_every_channel_shows_what_it_can_show(page: Page) -> None:
    say(page, "sms", "ሰላም")
    say(page, "sms", "ትግርኛ")
    say(page, "whatsapp", "السلام عليكم")
    expect(page.locator("#screen-whatsapp details.sheet summary")).to_contain_text("☰")
    tap(page, "whatsapp", "العربية")
    expect(page.locator("#screen-whatsapp .taps.buttons button")).to_have_count(2)
    tap(page, "whatsapp", "نعم، أوافق")
    tap(page, "whatsapp", "أخبرونا بما تحتاجون")
    say(page, "telegram", "سلام")
    tap(page, "telegram", "دری")
    expect(page.locator("#screen-telegram .taps.keyboard button").first).to_be_visible()
    tap(page, "telegram", "بلی")
    expect(page.locator("#screen-sms .taps")).to_have_count(0)
    expect(page.locator("#screen-sms .note").first).to_contain_text("SMS")
    expect(page.locator("#desk").content_frame.locator("section[aria-labelledby=conversations-title] li").first).to_contain_text(
        "Dari"
    )
    picture(page, "demo")


def test_arabic_runs_from_right_to_left_in_its_own_font(page: Page) -> None:
    say(page, "whatsapp", "مرحبا")
    tap(page, "whatsapp", "العربية")
    text = bot(page, "whatsapp").last
    expect(text).to_have_attribute("lang", "ar")
    style = text.evaluate("e => { const s = getComputedStyle(e); return [s.direction, s.fontFamily] }")
    assert style[0] == "rtl"
    assert style[1].startswith('"Noto Sans Arabic"')
    left, right = text.evaluate(
        "e => { const r = document.createRange(); r.selectNodeContents(e); const t = [...r.getClientRects()].at(-1);"
        " const b = e.getBoundingClientRect(); return [t.left - b.left, b.right - t.right] }"
    )
    assert right <= left, "the last line ends short on the left, not on the right"
    fonts = page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
    assert any("Arabic" in family for family in fonts)


def test_staff_read_arabic_from_right_to_left(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/demo/staff")
    page.locator("section[aria-labelledby=conversations-title] a", has_text="عمر").click()
    ours = page.locator("#thread li.ours .spoken").last
    assert ours.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert page.locator("html").get_attribute("dir") == "ltr"
    expect(page.locator("#thread li").last).to_be_in_viewport()
    picture(page, "person-arabic")


def test_typing_in_a_form_survives_the_page_refreshing_itself(context: BrowserContext, demo: Served) -> None:
    page = context.new_page()
    page.goto("/demo/staff")
    page.locator("section[aria-labelledby=flags-title] a", has_text="Almaz").click()
    page.get_by_text("Resolve").first.click()
    note = page.locator("textarea[name=note]").first
    note.fill("half a sente")
    other = context.new_page()
    other.goto(page.url)
    other.get_by_text("Write to this person").click()
    other.locator("#reply-text").fill("ሰላም ኣልማዝ")
    other.get_by_role("button", name="Send").click()
    expect(page.locator("#thread li").last).to_contain_text("ሰላም ኣልማዝ")
    expect(note).to_have_value("half a sente")
    expect(note).to_be_visible()
    page.get_by_label("What came of it?").first.select_option("information_given")
    page.locator("li.flag").first.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("status")).to_contain_text("The flag is resolved.")


def test_a_session_that_ends_leads_to_the_sign_in_by_itself(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/demo/staff")
    other = context.new_page()
    other.goto("/staff/today")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("status")).to_contain_text("signed out")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_is_wider_than_the_screen_and_none_has_a_barrier(context: BrowserContext, size: ViewportSize) -> None:
    page = context.new_page()
    page.set_viewport_size(size)
    name = "narrow" if size is NARROW else "wide"
    page.goto("/staff/sign-in")
    picture(page, f"sign-in-{name}")
    assert violations(page) == []
    page.goto("/demo/staff")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    picture(page, f"today-{name}", full=size is NARROW)
    assert violations(page) == []
    page.locator("section[aria-labelledby=flags-title] a", has_text="زهرا").click()
    for summary in page.locator("details.form > summary").all():
        summary.click()
    picture(page, f"person-{name}", full=size is NARROW)
    assert violations(page) == []
    page.goto("/demo")
    expect(page.locator("#desk").content_frame.get_by_role("heading", name="Today")).to_be_visible()
    picture(page, f"demo-{name}")
    assert violations(page) == []
    for path in ("/staff/sign-in", "/staff/today", "/demo"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_an_error_page_has_no_barrier(browser: Browser, demo: Served) -> None:
    with browser.new_context(base_url=demo.url) as opened:
        page = opened.new_page()
        page.goto("/nowhere")
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        assert violations(page) == []


def test_the_keyboard_is_enough(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/demo/staff")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    first = page.locator("section[aria-labelledby=flags-title] li a").first
    for _ in range(4):  # whose day, and the heading that leads to all of them
        page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#thread")).to_be_visible()
