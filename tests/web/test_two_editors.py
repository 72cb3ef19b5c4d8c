"""Two people with one form open: nobody's change is lost, and whoever comes second sees what the first one wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from ccmm_bot.casework.casefile.cases import open_case
from tests.web.html import document
from tests.web.serving import Site


def form(client: httpx.Client, page: str, action: str, n: int = 0) -> dict[str, Any]:
    """What a form on a page would send as it stands."""
    found = document(client.get(page).text).xpath(f"//form[@action='{action}']")[n]
    values: dict[str, Any] = {}
    for name, value in found.form_values():
        values.setdefault(name, []).append(value)
    return values


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
