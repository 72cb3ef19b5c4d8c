"""A case from the request to the audited file, in a real browser: a case manager in English, her supervisor in French."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from ccmm_bot.casework.access import own_account
from ccmm_bot.casework.casefile.intake import REQUESTS
from ccmm_bot.casework.caseload import taking_over
from ccmm_bot.casework.forms.definitions import CASE_QUESTIONNAIRE
from ccmm_bot.casework.forms.model import FieldType
from ccmm_bot.casework.persons.changing import rename
from ccmm_bot.clock import BC
from tests import new
from tests.web.browsing import looks_well, profile, sign_in, violations
from tests.web.serving import Site

pytestmark = pytest.mark.browser

SHEET = "name,language,phone,channel,agreed_to_messages,stage,exit_date\n"
#: What a browser says of pages that are meant to be refused: a form with a mistake, a second editor.
MEANT = ("422", "409")


@contextmanager
def at_work(browser: Browser, site: Site, role: str) -> Iterator[Page]:
    """A browser that is signed in."""
    with profile(browser, site.url, meant=MEANT) as context:
        sign_in(context, site, role)
        yield context.new_page()


def shows(page: Page, path: str, name: str) -> None:
    """Go there, open every form, and look for barriers on a laptop and on a phone."""
    page.goto(path)
    all_opened_looks_well(page, name)


def all_opened_looks_well(page: Page, name: str) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    looks_well(page, name)


def fill(page: Page, action: str, *, press: str = "", **values: str | list[str]) -> None:
    """Fill in the form with this address and send it; ``press``: which of its buttons. A name in a list is a box to tick."""
    form = page.locator(f"form[action$='{action}']").first
    form.evaluate("f => { for (let e = f; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true }")
    for name, value in values.items():
        if isinstance(value, list):
            for each in value:
                form.locator(f"input[name={name}][value='{each}']").check()
            continue
        field = form.locator(f"[name={name}]").first
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator(f"button{press}").first.click()


def kept(page: Page) -> None:
    expect(page.locator("main [role=status]")).to_be_visible()


def asks_for_intake(site: Site, number: str, name: str) -> str:
    """Somebody who wrote in Tigrinya and asked for a first meeting; her id."""
    talk = site.text(number, "ሰላም", "ትግርኛ", "1")
    key, store, now = site.person_of(talk), site.service.runtime.store, site.clock.now()
    rename(store, site.reader(), key, name, now)
    new.flag(store, site.reader(), key, REQUESTS[0], at=now, conversation_id=talk)
    return str(key)


def answer_everything(page: Page) -> None:
    """Every question of the questionnaire."""
    for field in CASE_QUESTIONNAIRE.fields:
        inputs = page.locator(f"[name={field.name}]")
        match field.type:
            case FieldType.CHOICE:
                inputs.select_option(next(iter(field.options)))
            case FieldType.CHOICES | FieldType.YES_NO | FieldType.SCALE:
                inputs.first.check()
            case FieldType.NUMBER | FieldType.PERCENT:
                inputs.fill("3")
            case FieldType.DATE:
                inputs.fill("2026-11-02")
            case FieldType.TEXT:
                inputs.fill("ናይ ስድራ ቤት ምኽንያት")


def test_a_case_from_the_request_to_the_audited_file(fresh_site: Site, browser: Browser, new_number: Callable[[], str]) -> None:
    site = fresh_site
    own_account.set_interface_language(site.service.runtime.store, site.reader("supervisor"), "fr", site.clock.now())
    person = asks_for_intake(site, new_number(), "ኣልማዝ ገብረ")
    today = site.clock.now().astimezone(BC).date()
    day = today.isoformat()
    with at_work(browser, site, "case_manager") as manager, at_work(browser, site, "supervisor") as supervisor:
        # Intake: a household and its case.
        shows(manager, "/staff/intake", "intake-queue")
        manager.locator(f"a[href='/staff/intake/{person}']").click()
        all_opened_looks_well(manager, "intake-begin")
        fill(manager, f"/staff/intake/{person}", label="ቤተሰብ ኣልማዝ")
        kept(manager)
        case = manager.url.partition(site.url)[2].partition("?")[0]
        fill(manager, "/needs", domains=["housing", "health", "legal", "financial"])
        fill(manager, "/criteria", criteria=["caregiver"])
        for step in ("met_client", "documentation"):
            fill(manager, "/steps", step=step, day=day)
            kept(manager)
        expect(manager.locator("#intake-title + p")).to_contain_text("4 of 10 need domains")
        # A form with a mistake keeps what was typed.
        fill(manager, "/contacts", day="3026-01-01", method="home_visit", note="ንሳ ሓሚማ")
        expect(manager.locator("#contact-day-wrong")).to_be_visible()
        expect(manager.locator("#contact-note")).to_have_value("ንሳ ሓሚማ")
        fill(manager, "/contacts", day=day)
        kept(manager)
        # The supervisor, in French, rules on it and assigns it.
        shows(supervisor, "/staff/supervision", "supervision-french")
        assert supervisor.locator("html").get_attribute("lang") == "fr-CA"
        supervisor.locator(f"#to-review a[href='{case}']").click()
        fill(supervisor, f"{case}/decision", ruling="approved")
        kept(supervisor)
        fill(supervisor, f"{case}/manager", staff_id=str(site.service.staff["case_manager"]))
        kept(supervisor)
        # The plan is handed in and approved.
        manager.goto(case)
        fill(manager, f"{case}/goals", domain="housing", goal="ገዛ ክረክብ", steps="BC Housing")
        fill(manager, f"{case}/plan")
        kept(manager)
        supervisor.goto(case)
        fill(supervisor, f"{case}/plan/decision", ruling="approved")
        kept(supervisor)
        # Two people on one case: whoever comes second sees what changed and loses nothing.
        manager.goto(case)
        supervisor.goto(case)
        fill(supervisor, f"{case}/facts", need_intensity="high", rationale="Une seule famille")
        kept(supervisor)
        fill(manager, f"{case}/facts", need_intensity="low", rationale="ሓንቲ ስድራ")
        expect(manager.locator("main [role=alert]").first).to_be_visible()
        expect(manager.locator("#facts-rationale")).to_have_value("ሓንቲ ስድራ")
        expect(manager.locator("section[aria-labelledby=intake-title]")).to_contain_text("Une seule famille")
        fill(manager, f"{case}/facts")
        kept(manager)
        # An appointment.
        meeting = f"{(today + timedelta(days=3)).isoformat()}T10:00"
        fill(manager, f"{case}/appointments", at=meeting, place="5575 Boundary Road")
        kept(manager)
        shows(manager, case, "case")
        shows(supervisor, case, "case-french")
        shows(manager, "/staff/appointments", "appointments")
        shows(manager, "/staff/cases", "cases")
        expect(manager.locator("main ul.rows li")).to_have_count(1)
        # The end: exit date, questionnaire, audit.
        manager.goto(case)
        fill(manager, f"{case}/exit", exit_date=day)
        kept(manager)
        assert manager.url.startswith(site.url + case), "back to the case"
        questionnaire = f"/staff/forms/{CASE_QUESTIONNAIRE.name}/{case.rpartition('/')[2]}"
        shows(manager, questionnaire, "questionnaire")
        manager.locator("button[value=submit]").click()
        expect(manager.locator(".wrong").first).to_be_visible()
        assert violations(manager) == []
        answer_everything(manager)
        manager.locator("button[value=submit]").click()
        kept(manager)
        supervisor.goto("/staff/supervision/audits")
        fill(supervisor, "/audits/draw")
        kept(supervisor)
        all_opened_looks_well(supervisor, "audits-french")
        supervisor.locator("main ul.rows a").click()
        all_opened_looks_well(supervisor, "file-audit-french")
        shows(manager, "/staff/forms", "forms")
        shows(manager, f"/staff/people/{person}/entries", "entries")


def test_a_caseload_is_taken_over_once_its_faults_are_mended(fresh_site: Site, browser: Browser) -> None:
    site = fresh_site
    own_account.set_interface_language(site.service.runtime.store, site.reader("supervisor"), "fr", site.clock.now())
    rows = SHEET + "ኣልማዝ,ti,604 555 0188,sms,yes,assessment_planning,\nعمر,ar,12,sms,yes,exit,2026-10-01\n"
    with at_work(browser, site, "supervisor") as page:
        shows(page, "/staff/import", "import-french")

        def upload(text: str) -> None:
            file: FilePayload = {"name": "cases.csv", "mimeType": "text/csv", "buffer": text.encode()}
            page.set_input_files("#file", file)
            page.locator("form[action='/staff/import'] button").click()

        upload(rows)
        expect(page.locator("#row-3 .wrong")).to_be_visible()
        expect(page.locator("#row-2 .wrong")).to_have_count(0)
        expect(page.locator("form[action$='/take-over']")).to_have_count(0)
        all_opened_looks_well(page, "import-faults-french")
        page.goto("/staff/import")
        upload(rows.replace(",12,", ",604 555 0189,"))
        page.locator("form[action$='/take-over'] button").click()
        expect(page.locator("#import-live progress")).to_have_attribute("value", "0")
        all_opened_looks_well(page, "import-going-french")
        work = taking_over.begin(site.service.runtime.store, UUID(page.url.rpartition("/")[2]))
        assert work is not None
        assert taking_over.take_piece(site.service.runtime.store, work, 10, site.clock.now()) == 0
        page.locator("#import-live a").click()  # the page has looked again by itself
        expect(page.locator("main ul.rows")).to_contain_text("ኣልማዝ")
        shows(page, "/staff/absences", "absences-french")
