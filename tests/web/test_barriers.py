"""No page has a barrier that axe-core finds and none is wider than its screen: every page there is, in both interface languages.

The pages are not listed: they are found by following every link as every role. Each is looked at in English on a laptop and in
French on a phone of 360 pixels; with ``CCMM_TEST_BARRIERS=1`` in French on a laptop and in English on a phone as well.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize

from ccmm_bot.web.access import ACCESS, Door
from tests.web.browsing import WIDE, picture, sign_in, violations
from tests.web.everything import fill, reachable, speak, template_of
from tests.web.serving import Served, Site, open_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

PHONE: ViewportSize = {"width": 360, "height": 740}
#: What stands out of a page that is wider than its screen.
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  ['wider than the screen: ' + [...document.querySelectorAll('main *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll-x'))
  .slice(-3).map(e => e.outerHTML.slice(0, 160)).join(' | ')]"""
#: What each page is looked at in: every run, and the other two where somebody has the time.
LOOKS = [("en", WIDE), ("fr", PHONE), *([("fr", WIDE), ("en", PHONE)] if os.environ.get("CCMM_TEST_BARRIERS") else [])]
#: Whoever reaches the most goes first; a page that several reach is looked at once.
ROLES = ("administrator", "supervisor", "operator", "evaluator", "auditor", "case_manager")
STARTING = [
    path
    for (method, path), door in ACCESS.items()
    if method == "GET" and path.startswith("/staff") and "{" not in path and door not in (Door.PUBLIC, Door.HALFWAY)
]
#: Forms that come back with a mistake: (who, where, what is typed).
MISTAKES = (
    ("administrator", "/staff/admin/agency", {"office_hours": "always", "urgent": "2", "urgent_unit": "hours", "high": "1"}),
    ("administrator", "/staff/admin/staff", {"email": "nobody", "name": "", "role": "case_manager"}),
    ("administrator", "/staff/admin/tokens", {"name": "", "scope": "read"}),
    ("administrator", "/staff/admin/webhooks", {"url": "ftp://x", "events": "flag.raised"}),
    ("operator", "/staff/admin/agencies", {"name": "Harbour Settlement Society", "email": "a@example.org", "administrator": "A"}),
    ("supervisor", "/staff/absences", {"staff": "", "stand_in": "", "first_day": "", "last_day": ""}),
)


@dataclass(frozen=True, kw_only=True)
class Everything:
    """A served application, and its pages by who opens them."""

    site: Site
    pages: tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    with Served(partial(open_service, tmp_path_factory.mktemp("everything"))) as served:
        site = Site(served)
        known: set[str] = set()
        first: tuple[str, ...] = fill(site)
        pages = []
        for role in ROLES:
            pages += [(role, path) for path in reachable(site, role, first, STARTING, known)]
            first = ()
        # Where nothing has happened yet.
        pages += [("foreign", path) for path in reachable(site, "foreign", (), STARTING, set())]
        yield Everything(site=site, pages=tuple(pages))


def signed_in(browser: Browser, site: Site, role: str, size: ViewportSize) -> BrowserContext:
    context = browser.new_context(viewport=size, base_url=site.url)
    sign_in(context, site, role)
    return context


def name_of(path: str) -> str:
    """What a picture of the page is called."""
    return re.sub(r"[^a-z]+", "-", template_of(path).removeprefix("/staff").replace("*", "one")).strip("-") or "start"


def barriers(page: Page, name: str) -> list[str]:
    """What is wrong with the page that is shown, all of its parts opened."""
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    picture(page, name, full=True)
    return [*violations(page), *page.evaluate(TOO_WIDE)]


def came_back(text: str, route: Route) -> None:
    """Answer a browser with a page as it was answered to a form."""
    route.fulfill(body=text, content_type="text/html; charset=utf-8")


def told(look: str | ViewportSize) -> str:
    """What a case is called."""
    return look if isinstance(look, str) else f"{look['width']} pixels"


@pytest.mark.parametrize(("language", "size"), LOOKS, ids=told)
def test_no_page_has_a_barrier(everything: Everything, browser: Browser, language: str, size: ViewportSize) -> None:
    site, suffix = everything.site, f"{'narrow' if size is PHONE else 'wide'}{'-french' if language == 'fr' else ''}"
    speak(site, language)
    found: dict[str, list[str]] = {}
    taken: Counter[str] = Counter()
    for role in (*ROLES, "foreign"):
        with signed_in(browser, site, role, size) as context:
            page = context.new_page()
            for who, path in everything.pages:
                if who != role:
                    continue
                page.goto(path, wait_until="load")
                name = f"{name_of(path)}{'-empty' if role == 'foreign' else ''}"
                taken[name] += 1  # several people, cases and uploads are looked at
                if wrong := barriers(page, f"{name}{f'-{taken[name]}' if taken[name] > 1 else ''}-{suffix}"):
                    found[f"{role} {path}"] = wrong
    assert not found, "\n".join(f"{path}: {wrong}" for path, wrong in found.items())


def test_no_form_with_a_mistake_has_a_barrier_and_no_page_of_an_error(everything: Everything, browser: Browser) -> None:
    """What is answered to a form is shown by the browser as it came, with our own styles."""
    site = everything.site
    speak(site, "fr")
    found: dict[str, list[str]] = {}
    asked = [*MISTAKES, ("auditor", "/staff/admin/agency", None), ("case_manager", f"/staff/people/{uuid4()}", None)]
    with signed_in(browser, site, "case_manager", PHONE) as context:
        page = context.new_page()
        for role, path, typed in asked:
            with site.signed_in(role) as client:
                answer = client.get(path) if typed is None else client.post(path, data=typed)
            assert 400 <= answer.status_code < 500, (path, answer.status_code)
            page.route("**/staff/what-came-back", partial(came_back, answer.text))
            page.goto("/staff/what-came-back")
            page.unroute("**/staff/what-came-back")
            if wrong := barriers(page, f"mistake-{name_of(path)}-narrow-french"):
                found[path] = wrong
    assert not found, "\n".join(f"{path}: {wrong}" for path, wrong in found.items())


def test_every_page_there_is_was_looked_at(everything: Everything) -> None:
    """A page that no link leads to any more, or a new one that nobody reaches, is found here."""
    looked_at = {template_of(path) for _role, path in everything.pages}
    pages = {
        re.sub(r"{[a-z_]+}", "*", path)
        for (method, path), door in ACCESS.items()
        if method == "GET" and path.startswith("/staff") and door not in (Door.PUBLIC, Door.HALFWAY)
    }
    files = {
        path
        for path in pages
        if re.search(r"/attachments/|/live$|/events$|/picture$|/file$|\.csv$|/report$|/evaluation/(pictures|exports)/", path)
    }
    redirected = {"/staff", "/staff/forms/*/*"}
    assert pages - files - redirected - looked_at == set()
