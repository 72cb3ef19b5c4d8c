"""The pages of a caseload's daily reality: uploads with their faults, appointments, entries, absences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from ccmm_bot.casework.casefile import intake
from ccmm_bot.casework.casefile.cases import open_case
from ccmm_bot.casework.caseload import importing, merging, taking_over
from tests.web.html import document
from tests.web.serving import Site

NewNumber = Callable[[], str]


@pytest.fixture
def person(site: Site, new_number: NewNumber) -> UUID:
    return site.person_of(site.text(new_number(), "hello", "English"))


def take_over(site: Site, upload: UUID) -> None:
    """As the durable work does."""
    store, now = site.service.runtime.store, site.clock.now()
    work = taking_over.begin(store, upload)
    assert work is not None
    while taking_over.take_piece(store, work, 10, now):
        pass


def test_a_long_list_is_looked_at_page_by_page_or_only_where_it_has_faults(site: Site) -> None:
    sheet = "name,stage\n" + "".join(f"Somebody,{'intake' if n != 240 else 'nonsense'}\n" for n in range(2, 252))
    with site.signed_in("supervisor") as client:
        first = client.post("/staff/import", files={"file": ("cases.csv", sheet.encode())}, follow_redirects=True)
        assert len(document(first.text).xpath("//tr[starts-with(@id, 'row-')]")) == 100
        (faults,) = document(first.text).xpath("//a[contains(@href, 'only=faults')]/@href")
        assert document(client.get(faults).text).xpath("//tr/@id") == ["row-240"]
        (after,) = document(first.text).xpath("//nav[@class='pages']/a/@href")
        last = document(client.get(str(first.url.join(after.replace("page=2", "page=99")))).text)
        assert (last.xpath("//tr/@id")[0], last.xpath("//tr/@id")[-1]) == ("row-202", "row-251")


def test_what_went_bad_or_stopped_says_what_to_do(site: Site, new_number: NewNumber) -> None:
    store, reader, number = site.service.runtime.store, site.reader("supervisor"), new_number()
    sheet = f"name,stage,phone,channel\nAmina,intake,{number},sms\nBahar,intake,,\n".encode()
    upload = importing.upload(store, reader, sheet, "cases.csv", site.clock.now())
    taking_over.ask(store, reader, upload, site.clock.now())
    site.text(number, "hello")
    for look in range(4):
        taking_over.due(store, site.clock.now() + look * taking_over.WATCHDOG)
    with site.signed_in("supervisor") as client:
        stopped = client.get(f"/staff/import/{upload}").text
        assert "It stopped after 0 of 2 rows" in stopped
        client.post(document(stopped).xpath("//form[contains(@action, 'take-over')]/@action")[0])
        take_over(site, upload)
        page = document(client.get(f"/staff/import/{upload}").text)
    assert "1 row is taken over" in page.get_element_by_id("import-live").text_content()
    (left,) = page.xpath("//div[@id='import-live']//tbody/tr")
    assert "Phone: This number is known already" in left.text_content()
    assert "open the case on that entry" in left.text_content()


def test_a_file_is_looked_at_row_by_row_before_it_is_taken_over(site: Site) -> None:
    with site.signed_in("supervisor") as client:
        template = client.get("/staff/import/template.csv").content.decode("utf-8-sig")
        bad = template.strip() + "\nAmina,ti,12,sms,yes,,intake,,,,,,\n"
        answer = client.post("/staff/import", files={"file": ("cases.csv", bad.encode())}, follow_redirects=True)
        assert answer.status_code == 200
        page = document(answer.text)
        assert "This is no telephone number." in page.get_element_by_id("row-2").text_content()
        assert not page.xpath("//form[contains(@action, 'take-over')]")
        good = bad.replace(",12,", ",604 555 0188,")
        answer = client.post("/staff/import", files={"file": ("cases.csv", good.encode())}, follow_redirects=True)
        (action,) = document(answer.text).xpath("//form[contains(@action, 'take-over')]/@action")
        page = document(client.post(action, follow_redirects=True).text)
        assert "waits for its turn" in page.get_element_by_id("import-live").text_content()
        (live,) = page.xpath("//@hx-get")
        assert "taken over already" in client.post(action, follow_redirects=True).text
        take_over(site, UUID(action.split("/")[3]))
        assert "1 row is taken over" in client.get(live).text
        assert not document(client.get(action.removesuffix("/take-over")).text).xpath("//@hx-get"), "nothing to wait for"
        assert "Amina" in client.get("/staff/cases?whose=all").text
        assert "Amina" not in client.get("/staff/today").text, "she has not written"
        assert client.post("/staff/import", files={"file": ("x.xlsx", b"PK broken")}).status_code == 422
        assert client.post("/staff/import").status_code == 422


def test_an_appointment_is_made_moved_and_called_off_on_the_cases_page(site: Site, person: UUID) -> None:
    tomorrow = (site.clock.now() + timedelta(days=3)).date().isoformat()
    with site.signed_in() as client:
        case = client.post(f"/staff/intake/{person}", data={"together": "yes"}).headers["location"].partition("?")[0]
        made = client.post(f"{case}/appointments", data={"at": f"{tomorrow}T10:00", "place": "5575 Boundary Road"})
        assert made.status_code == 303
        assert "5575 Boundary Road" in client.get("/staff/appointments").text
        refused = client.post(f"{case}/appointments", data={"at": f"{tomorrow}T03:00", "place": "kept"})
        assert refused.status_code == 422
        page = document(refused.text)
        assert page.get_element_by_id("appointment-place").get("value") == "kept"
        assert "between 5:00 and 22:00" in page.get_element_by_id("appointment-at-wrong").text_content()
        (action,) = page.xpath("//form[contains(@action, '/outcome')]/@action")
        gone = client.post(action, data={"seen": "1", "status": "cancelled"}, follow_redirects=True)
        assert "Called off" in gone.text
        assert "5575 Boundary Road" not in client.get("/staff/appointments").text


def test_a_number_is_let_go_and_another_added(site: Site, person: UUID) -> None:
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{person}/entries").text)
        (action,) = page.xpath("//form[contains(@action, '/let-go')]/@action")
        assert "Nothing is sent there any more" in client.post(action, follow_redirects=True).text
        new = {"number": "604 555 0177", "channel": "sms", "how": "by_phone"}
        assert "The number is kept" in client.post(f"/staff/people/{person}/numbers", data=new, follow_redirects=True).text
        wrong = client.post(f"/staff/people/{person}/numbers", data={**new, "number": "12"})
        assert wrong.status_code == 422
        assert document(wrong.text).get_element_by_id("number-number").get("value") == "12"
        assert "alarm" not in wrong.text, "a mistake in a form is no outage"


def test_an_entry_that_was_merged_with_a_colleagues_person_does_not_lead_to_her(site: Site, new_number: NewNumber) -> None:
    hers, merged = (site.person_of(site.text(new_number(), "hello")) for _ in range(2))
    store, leading, now = site.service.runtime.store, site.reader("supervisor"), site.clock.now()
    intake.assign(store, leading, open_case(store, leading, hers, now), site.service.staff["supervisor"], now)
    merging.merge(store, leading, hers, merged, now)
    with site.signed_in() as client, site.signed_in("supervisor") as colleague:
        assert client.get(f"/staff/people/{merged}").status_code == client.get(f"/staff/people/{hers}").status_code == 404
        assert colleague.get(f"/staff/people/{merged}").headers["location"] == f"/staff/people/{hers}"


def test_two_entries_are_merged_by_code_and_taken_apart(site: Site, person: UUID, new_number: NewNumber) -> None:
    other = site.person_of(site.text(new_number(), "hello"))
    with site.signed_in() as client:
        code = document(client.get(f"/staff/people/{other}/entries").text).xpath("//h1/span[@class='code']")[0].text_content()
        answer = client.post(f"/staff/people/{person}/merge", data={"code": code}, follow_redirects=True)
        assert "The two entries are one now" in answer.text
        assert client.get(f"/staff/people/{other}").headers["location"] == f"/staff/people/{person}"
        (action,) = document(answer.text).xpath("//form[contains(@action, '/undo')]/@action")
        assert "two entries again" in client.post(action, follow_redirects=True).text
        unknown = client.post(f"/staff/people/{person}/merge", data={"code": "ZZ-0000"})
        assert unknown.status_code == 422
        assert "no person with this code" in unknown.text


def test_of_two_open_cases_the_page_asks_which_one_goes_on(site: Site, new_number: NewNumber) -> None:
    people = [site.person_of(site.text(new_number(), "hello")) for _ in range(2)]
    cases = [str(open_case(site.service.runtime.store, site.reader(), each, site.clock.now())) for each in people]
    with site.signed_in() as client:
        merge = f"/staff/people/{people[0]}/merge"
        asked = client.post(merge, data={"other": str(people[1])})
        assert asked.status_code == 422
        form = document(asked.text).xpath("//section[@aria-labelledby='both-title']//form")[0]
        assert sorted(form.xpath(".//input[@name='goes_on']/@value")) == sorted(cases)
        done = client.post(merge, data={"other": str(people[1]), "goes_on": cases[1]}, follow_redirects=True)
        assert "The two entries are one now" in done.text
        assert client.get(f"/staff/cases/{cases[1]}").status_code == 200
        assert client.get(f"/staff/cases/{cases[0]}").status_code == 404
        (action,) = document(done.text).xpath("//form[contains(@action, '/undo')]/@action")
        client.post(action)
        assert {client.get(f"/staff/cases/{each}").status_code for each in cases} == {200}


def test_who_is_away_is_written_down_by_a_supervisor(site: Site) -> None:
    staff = site.service.staff
    absence = {"staff": str(staff["case_manager"]), "stand_in": str(staff["supervisor"]), "first_day": "2026-12-01"}
    with site.signed_in("supervisor") as client, site.signed_in() as manager:
        assert manager.post("/staff/absences", data=absence).status_code == 403
        refused = client.post("/staff/absences", data={**absence, "last_day": "2026-11-30"})
        assert refused.status_code == 422
        assert document(refused.text).get_element_by_id("absence-first_day").get("value") == "2026-12-01"
        kept = client.post("/staff/absences", data={**absence, "last_day": "2099-12-05"}, follow_redirects=True)
        assert kept.status_code == 422, "seventy years away is a slip of the finger"
        kept = client.post("/staff/absences", data={**absence, "last_day": "2026-12-05"}, follow_redirects=True)
        assert "Case Manager" in kept.text
        handed = client.post("/staff/absences/hand-over", data={"from": absence["staff"], "to": absence["stand_in"]})
        assert handed.status_code == 303
