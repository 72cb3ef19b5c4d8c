"""The pages of the case file: what a case manager writes and a supervisor rules on, through the forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from ccmm_bot.casework.access import own_account
from ccmm_bot.casework.casefile import recording
from ccmm_bot.casework.casefile.cases import open_case as begin_case
from ccmm_bot.casework.caseload.appointments import Meeting, make
from ccmm_bot.clock import BC
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.store.tables import Flag, FlagStatus, NeedMoment, Person, Step
from tests.web.html import document
from tests.web.serving import Site
from tests.web.test_pages import counted

NewNumber = Callable[[], str]


@pytest.fixture
def person(site: Site, new_number: NewNumber) -> UUID:
    return site.person_of(site.text(new_number(), "ሰላም", "ትግርኛ"))


def open_case(client: httpx.Client, person: UUID) -> str:
    answer = client.post(f"/staff/intake/{person}", data={"label": "ቤተሰብ", "together": "yes"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def seen(client: httpx.Client, case: str, form: str = "/decision") -> str:
    """The case's revision, as one of its forms carries it."""
    return str(document(client.get(case).text).xpath(f"//form[contains(@action, '{form}')]//input[@name='seen']/@value")[0])


def test_from_intake_to_an_approved_plan_two_people_work_on_one_case(site: Site, person: UUID) -> None:
    with site.signed_in() as manager, site.signed_in("supervisor") as supervisor:
        case = open_case(manager, person)
        for path, data in (
            ("needs", {"moment": "entry", "domains": ["housing", "health", "legal", "financial"]}),
            ("criteria", {"criteria": ["caregiver"]}),
            ("steps", {"step": "met_client", "day": "2026-11-02"}),
            ("contacts", {"day": "2026-11-02", "method": "home_visit", "minutes": "45", "interpreter": "1", "note": "ጽቡቕ"}),
            ("goals", {"domain": "housing", "goal": "A safe home"}),
            ("plan", {}),
        ):
            answer = manager.post(f"{case}/{path}", data=data, follow_redirects=True)
            assert answer.status_code == 200, (path, answer.text)
        assert (
            manager.post(f"{case}/decision", data={"ruling": "approved", "seen": seen(manager, case, "/facts")}).status_code == 403
        )
        overview = supervisor.get("/staff/supervision").text
        assert case in overview
        ruled = {"ruling": "approved", "seen": seen(supervisor, case)}
        assert "The decision is kept" in supervisor.post(f"{case}/decision", data=ruled, follow_redirects=True).text
        managers = {"staff_id": str(site.service.staff["case_manager"])}
        assert "is assigned" in supervisor.post(f"{case}/manager", data=managers, follow_redirects=True).text
        ruled = {"ruling": "approved", "seen": seen(supervisor, case)}
        page = supervisor.post(f"{case}/plan/decision", data=ruled, follow_redirects=True).text
        assert "The decision is kept" in page
        assert "4 of 10 need domains" in page
        assert "45 min" in page
        assert case in manager.get("/staff/cases").text, "it is among her own now"


def test_one_case_of_a_colleagues_is_one_and_two_are_two_in_both_languages(fresh_site: Site, new_number: NewNumber) -> None:
    site = fresh_site
    store, now = site.service.runtime.store, site.clock.now()
    with site.signed_in("supervisor") as supervisor:

        def load(case: object) -> str:
            page = document(supervisor.get(f"/staff/cases/{case}").text)
            own = page.xpath(f"//*[@id='assign-staff_id']/option[@value='{site.service.staff['case_manager']}']")[0]
            return " ".join(own.text_content().split())

        for found in ("1 case, 5 % of a full load", "2 cases, 10 % of a full load"):
            case = begin_case(store, site.reader(), site.person_of(site.text(new_number(), "hello")), now)
            assert load(case).endswith(found)
            own_account.set_interface_language(store, site.reader("supervisor"), "fr", now)
            words = found.replace("cases", "dossiers").replace("case", "dossier").replace("of a full load", "d'une charge complète")
            assert load(case).endswith(words)
            own_account.set_interface_language(store, site.reader("supervisor"), "en", now)


def test_a_form_with_a_mistake_comes_back_as_it_was_with_the_mistake_beside_the_field(site: Site, person: UUID) -> None:
    with site.signed_in() as client:
        case = open_case(client, person)
        answer = client.post(f"{case}/contacts", data={"day": "3026-01-01", "method": "phone", "note": "<b>typed</b> ገዛ"})
        assert answer.status_code == 422
        page = document(answer.text)
        assert page.get_element_by_id("contact-note").text_content().strip() == "<b>typed</b> ገዛ"
        field = page.get_element_by_id("contact-day")
        assert field.get("aria-invalid") == "true"
        assert field.get("value") == "3026-01-01"
        assert "too far away" in page.get_element_by_id(field.get("aria-describedby")).text_content()


def test_whoever_comes_second_sees_what_changed_and_loses_nothing(site: Site, person: UUID) -> None:
    with site.signed_in() as manager, site.signed_in("supervisor") as supervisor:
        case = open_case(manager, person)
        before = seen(manager, case, "/facts")
        theirs = {"seen": before, "need_intensity": "high", "rationale": "Theirs"}
        assert supervisor.post(f"{case}/facts", data=theirs).status_code == 303
        answer = manager.post(f"{case}/facts", data={"seen": before, "need_intensity": "low", "rationale": "Mine"})
        assert answer.status_code == 409
        page = document(answer.text)
        assert "Theirs" in page.text_content()
        assert page.get_element_by_id("facts-rationale").text_content() == "Mine"
        form = page.xpath("//form[contains(@action, '/facts')]")[0]
        again = {"seen": form.xpath(".//input[@name='seen']/@value")[0], "need_intensity": "low", "rationale": "Mine"}
        assert manager.post(f"{case}/facts", data=again).status_code == 303


def test_a_questionnaire_is_kept_half_filled_in_and_says_what_is_missing_when_handed_in(site: Site, person: UUID) -> None:
    with site.signed_in() as client:
        case = open_case(client, person)
        form = f"/staff/forms/case_questionnaire/{case.rpartition('/')[2]}"
        answer = client.post(form, data={"seen": "0", "period": "", "household_size": "5", "do": "keep"}, follow_redirects=True)
        assert "It is kept" in answer.text
        assert document(answer.text).get_element_by_id("field-household_size").get("value") == "5"
        refused = client.post(form, data={"seen": "1", "period": "", "household_size": "many", "do": "submit"})
        assert refused.status_code == 422
        page = document(refused.text)
        assert page.get_element_by_id("field-household_size").get("value") == "many"
        assert page.get_element_by_id("field-exit_reason").get("aria-invalid") == "true"
        for period in ("<b>", "\0", "2026-07&said=x", "2" * 17):
            assert client.post(form, data={"seen": "0", "period": period, "do": "keep"}).status_code == 400, "no period of ours"


def test_what_is_missing_and_what_is_another_agencys_answer_alike(site: Site, person: UUID) -> None:
    with site.signed_in() as client, site.signed_in("foreign") as foreign:
        case = open_case(client, person)
        missing = "/staff/cases/00000000-0000-7000-8000-000000000000"
        pages = [foreign.get(case), client.get(missing), foreign.post(f"{case}/needs", data={"moment": "entry"})]
        assert {page.status_code for page in pages} == {404}
        assert foreign.get(f"/staff/intake/{person}").status_code == 404


def test_only_a_supervisor_draws_files_for_the_audit(site: Site) -> None:
    with site.signed_in() as client, site.signed_in("supervisor") as supervisor:
        assert client.get("/staff/supervision").status_code == 403
        assert client.post("/staff/supervision/audits/draw").status_code == 403
        answer = supervisor.post("/staff/supervision/audits/draw", follow_redirects=True)
        assert "Nothing was drawn" in answer.text


def a_case_in_every_list(site: Site, code: str, talk: UUID) -> None:
    """A person who asks for intake, and one whose case is late and has an appointment."""
    store, reader, now = site.service.runtime.store, site.reader(), site.clock.now()
    with store.installation(write=True) as session:
        asks, known = (Person(agency_id=reader.agency_id, code=f"{code}-{each}", created_at=now) for each in "AB")
        session.add_all([asks, known])
        session.flush()
        asked: dict[str, Any] = {"reason": "intake_request", "severity": Severity.NORMAL, "status": FlagStatus.OPEN, "items": []}
        session.add(
            Flag(
                agency_id=reader.agency_id,
                person_id=asks.id,
                conversation_id=talk,
                occurrences=1,
                first_at=now,
                last_at=now,
                **asked,
            )
        )
        key = known.id
    case = begin_case(store, reader, key, now)
    recording.write_step(store, reader, case, Step.MET_CLIENT, (now - timedelta(days=60)).date(), now)
    recording.write_needs(store, reader, case, NeedMoment.ENTRY, ["housing", "health"], now)
    recording.write_criteria(store, reader, case, ["caregiver"], now)
    hour = (now.astimezone(BC) + timedelta(days=3)).replace(tzinfo=None, hour=10)
    make(store, reader, case, Meeting(at=hour), now)


def test_the_lists_take_the_same_number_of_queries_for_one_case_and_for_twenty(fresh_site: Site, new_number: NewNumber) -> None:
    site = fresh_site
    talk = site.text(new_number(), "hello")
    paths = ("/staff/cases", "/staff/cases?whose=all", "/staff/supervision", "/staff/intake", "/staff/appointments")
    taken: list[dict[str, int]] = []
    with site.signed_in("supervisor") as supervisor, site.signed_in() as manager:
        for codes in (range(1), range(1, 20)):
            for n in codes:
                a_case_in_every_list(site, f"Q{n:02}", talk)
            counts = {}
            for path in paths:
                with counted(site) as statements:
                    page = (supervisor if path == "/staff/supervision" else manager).get(path)
                assert "Q00" in page.text, path
                counts[path] = len(statements)
            taken.append(counts)
    assert "Q19" in page.text
    assert taken[0] == taken[1]
    assert max(taken[0].values()) <= 20
