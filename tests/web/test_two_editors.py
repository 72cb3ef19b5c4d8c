"""Two people with one form open: nobody's change is lost, and whoever comes second sees what the first one wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx

from ccmm_bot.casework.casefile.cases import open_case
from ccmm_bot.web.templating import TEMPLATES
from tests.web.html import document
from tests.web.serving import Site

SEVERAL = {"languages"}


def form(client: httpx.Client, page: str, action: str, n: int = 0) -> dict[str, Any]:
    """What a form on a page would send as it stands."""
    return typed_values(document(client.get(page).text).xpath(f"//form[@action='{action}']")[n])


def typed_values(found: Any) -> dict[str, Any]:
    """What a form would send, each field with all its values."""
    values: dict[str, Any] = {}
    for name, value in found.form_values():
        values.setdefault(name, []).append(value)
    return values


def as_sent(values: dict[str, Any]) -> dict[str, Any]:
    """The same, with a list only where a field may have several."""
    return {name: value if name in SEVERAL else value[0] for name, value in values.items()}


def test_ticks_of_two_people_are_both_kept(site: Site, new_number: Callable[[], str]) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    case = f"/staff/cases/{open_case(site.service.runtime.store, site.reader(), person, site.clock.now())}"
    with site.signed_in() as first, site.signed_in("supervisor") as second:
        for what, box, ticks in (
            ("needs", "domains", ("housing", "health")),
            ("criteria", "criteria", ("caregiver", "other_factor")),
        ):
            ours, hers = form(first, case, f"{case}/{what}"), form(second, case, f"{case}/{what}")
            first.post(f"{case}/{what}", data=ours | {box: [ticks[0]]})
            second.post(f"{case}/{what}", data=hers | {box: [ticks[1]]})
            assert sorted(form(first, case, f"{case}/{what}")[box]) == sorted(ticks)
            # Taking one's own tick back takes nobody else's.
            ours = form(first, case, f"{case}/{what}")
            first.post(f"{case}/{what}", data=ours | {box: [ticks[1]]})
            assert form(second, case, f"{case}/{what}")[box] == [ticks[1]]


def test_settings_that_two_administrators_change_at_once(fresh_site: Site) -> None:
    page = "/staff/admin/agency"
    with fresh_site.signed_in("administrator") as first, fresh_site.signed_in("administrator") as second:
        ours, hers = form(first, page, page), form(second, page, page)
        first.post(page, data=ours | {"office_hours": "mon-fri 09:00-16:00"})
        # Another field: both are kept.
        assert second.post(page, data=hers | {"on_call_email": "night@example.org"}).status_code == 303
        kept = form(first, page, page)
        assert (kept["office_hours"], kept["on_call_email"]) == (["mon-fri 09:00-16:00"], ["night@example.org"])
        # The same field: what is there is shown, what was typed is still in the form, and nothing was kept.
        refused = second.post(page, data=hers | {"office_hours": "mon-fri 10:00-17:00"})
        assert refused.status_code == 422
        assert "mon-fri 09:00-16:00" in document(refused.text).xpath("string(//section[@aria-labelledby='theirs-title'])")
        again = document(refused.text).xpath(f"//form[@action='{page}']")[0]
        assert dict(again.form_values())["office_hours"] == "mon-fri 10:00-17:00"
        assert form(first, page, page)["office_hours"] == ["mon-fri 09:00-16:00"]
        assert second.post(page, data=dict(again.form_values())).status_code == 303
        assert form(first, page, page)["office_hours"] == ["mon-fri 10:00-17:00"]


def conflict(
    site: Site,
    page: str,
    action: str,
    first: dict[str, Any],
    second: dict[str, Any],
    shown: str,
    roles: tuple[str, str] = ("case_manager", "supervisor"),
) -> None:
    """Two open one form, the first keeps ``first``. The second, with ``second``, sees ``shown`` and by whom; then hers is kept."""
    with site.signed_in(roles[0]) as one, site.signed_in(roles[1]) as other:
        ours, hers = (as_sent(form(client, page, action)) for client in (one, other))
        assert one.post(action, data=ours | first).status_code == 303
        before = as_sent(form(one, page, action))
        refused = other.post(action, data=hers | second)
        assert refused.status_code in (409, 422)
        assert as_sent(form(one, page, action)) == before, "nothing of the first one's was overwritten"
        theirs = " ".join(document(refused.text).xpath("string(//*[contains(@class, 'theirs') and self::p])").split())
        assert shown in theirs
        assert f"Changed by {roles[0].replace('_', ' ').title()}" in theirs
        again = as_sent(typed_values(document(refused.text).xpath(f"//form[@action='{action}']")[0]))
        assert {name: again.get(name) for name in second} == second, "what she typed is still there"
        assert other.post(action, data=again).status_code == 303
        kept = as_sent(form(other, page, action))
        assert {name: kept.get(name) for name in second} == second


def test_a_name_that_two_people_write(site: Site, new_number: Callable[[], str]) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    page = f"/staff/people/{person}"
    conflict(site, page, f"{page}/name", {"name": "Almaz Tesfay"}, {"name": "Almaz Tesfaye"}, "Almaz Tesfay")


def test_a_second_language_that_two_people_choose(site: Site, new_number: Callable[[], str]) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    page = f"/staff/people/{person}"
    conflict(site, page, f"{page}/second-language", {"language": "fr"}, {"language": "ar"}, "French")


def test_what_two_people_know_of_a_phone(site: Site, new_number: Callable[[], str]) -> None:
    talk = site.text(new_number(), "hello", "English")
    page, action = f"/staff/people/{site.person_of(talk)}", f"/staff/conversations/{talk}/safety"
    hours = {"safety": "hours", "safe_from": "10:00", "safe_until": "14:00", "shared": "true"}
    conflict(site, page, action, {"safety": "never"}, hours, "Never write there first")


def test_an_exit_date_that_two_people_write(site: Site, new_number: Callable[[], str]) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    case = f"/staff/cases/{open_case(site.service.runtime.store, site.reader(), person, site.clock.now())}"
    for page, days in ((f"/staff/people/{person}", ("2026-11-20", "2026-11-23")), (case, ("2026-11-24", "2026-11-25"))):
        first, second = ({"exit_date": day} for day in days)
        conflict(site, page, f"{case}/exit", first, second, "2026" if page == case else "Nov")
    with site.signed_in() as one, site.signed_in("supervisor") as other:
        hers = form(other, case, f"{case}/exit/clear")
        one.post(f"{case}/exit", data=form(one, case, f"{case}/exit") | {"exit_date": "2026-11-26"})
        assert other.post(f"{case}/exit/clear", data=hers).status_code == 409
        assert form(one, case, f"{case}/exit")["exit_date"] == ["2026-11-26"]


def test_an_account_that_two_administrators_change(fresh_site: Site) -> None:
    page = "/staff/admin/staff"
    action = f"{page}/{fresh_site.reader('auditor').staff_id}"
    both = ("administrator", "administrator")
    conflict(fresh_site, page, action, {"languages": ["fr"]}, {"role": "evaluator", "languages": ["ar", "so"]}, "French", both)


def test_the_same_change_twice_is_in_nobodys_way(site: Site, new_number: Callable[[], str]) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    page, action = f"/staff/people/{person}", f"/staff/people/{person}/name"
    with site.signed_in() as one, site.signed_in("supervisor") as other:
        ours, hers = form(one, page, action), form(other, page, action)
        for client, values in ((one, ours), (other, hers)):
            assert client.post(action, data=values | {"name": "Almaz Tesfay"}).status_code == 303


#: Forms that add something, send something or press a button: there is no earlier value in them that could be lost.
CHANGE_NO_VALUE = {
    "canned",
    "case",
    "consent-again",
    "done",
    "follow-up",
    "hand-back",
    "invitation",
    "invitations",
    "let-go",
    "merge",
    "numbers",
    "referrals",
    "reply",
    "safe-again",
    "staff",
    "steps",
    "take-over",
    "undo",
    "way-back",
    "withdraw",
}


def test_every_form_that_changes_a_value_says_what_it_was_opened_with() -> None:
    folder = TEMPLATES / "staff"
    pages = [*sorted((folder / "person").glob("*.html")), folder / "admin/staff.html", folder / "caseload/entries.html"]
    found = [
        (action, 'name="seen"' in body)
        for page in (*pages, folder / "casefile/stage.html")
        for action, body in re.findall(r'<form\b[^>]*method="post" action="([^"]+)"[^>]*>(.*?)</form>', page.read_text(), re.DOTALL)
    ]
    assert len(found) > 25
    silent = {action for action, says in found if not says}
    assert {action for action in silent if action.rsplit("/", 1)[-1] not in CHANGE_NO_VALUE} == set()
