"""A real browser for the tests of the pages, and what every page it shows has to keep."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from ccmm_bot.casework.access import sessions
from tests.web.serving import Site

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
#: Where pictures of the pages are kept when somebody asks for them.
SCREENS = os.environ.get("CCMM_TEST_SCREENS")
WIDE: ViewportSize = {"width": 1500, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}


@contextmanager
def launched(chromium: str) -> Iterator[Browser]:
    """The browser, until the tests that share it are done."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@contextmanager
def profile(browser: Browser, url: str, *, meant: Collection[str] = ()) -> Iterator[BrowserContext]:
    """A fresh profile, in which a complaint about the content security policy or a script fails the test.

    ``meant``: what is in the complaints that a test brings about itself, by a form that is refused, say.
    """
    opened = browser.new_context(viewport=WIDE, base_url=url)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    yield opened
    opened.close()
    assert [text for text in complaints if not any(each in text for each in meant)] == []


def sign_in(context: BrowserContext, site: Site, role: str, url: str | None = None) -> None:
    """The browser as a colleague left it who has signed in."""
    opened = sessions.open_session(site.service.runtime.store, site.service.staff[role], site.clock.now())
    context.add_cookies([{"name": "ccmm", "value": opened.token, "url": url or site.url}])


def looks_well(page: Page, name: str, *, full: bool = True) -> None:
    """Nothing for axe-core to find and nothing wider than the screen, on a laptop and on a phone."""
    for size, suffix in ((WIDE, "wide"), (NARROW, "narrow")):
        page.set_viewport_size(size)
        assert violations(page) == [], (name, suffix)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (name, suffix)
        picture(page, f"{name}-{suffix}", full=full)
    page.set_viewport_size(WIDE)


def picture(page: Page, name: str, *, full: bool = False) -> None:
    """Keep what the page looks like, where somebody asks for pictures."""
    if SCREENS:
        page.evaluate("scrollTo(0, 0)" if full else "0")  # what sticks to the top belongs there in a picture, too
        page.screenshot(path=Path(SCREENS) / f"{name}.png", full_page=full)


def violations(page: Page) -> list[str]:
    """What axe-core finds. Its rules are run in a world of their own, which the page's policy does not reach."""
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})["executionContextId"]
    tags = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
    run = f"axe.run({{runOnly: {tags}}}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))"
    session.send("Runtime.evaluate", {"expression": AXE.read_text(), "contextId": world})
    answer = session.send("Runtime.evaluate", {"expression": run, "contextId": world, "awaitPromise": True, "returnByValue": True})
    found: list[str] = answer["result"]["value"]
    return found
