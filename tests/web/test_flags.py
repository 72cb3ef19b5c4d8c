"""Acting on a flag: outcome, note, next step, a colleague, later; and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access import own_account
from ccmm_bot.casework.desk.watch import FlagWatch
from ccmm_bot.clock import BC
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.store.tables import Audit, Flag, FlagStatus
from ccmm_bot.web.when import bc_time
from tests.web.html import document
from tests.web.serving import Site

NewNumber = Callable[[], str]


@pytest.fixture
def flag(site: Site, new_number: NewNumber) -> UUID:
    """Somebody asks for a person; not urgent, so that it can also be put off."""
    conversation = site.text(new_number(), "hello", "English", "1", "human")
    with site.service.runtime.store.installation(write=True) as session:
        found = session.exec(select(Flag).where(col(Flag.conversation_id) == conversation)).one()
        found.severity = Severity.HIGH
        session.add(found)
        return found.id


def row(site: Site, flag: UUID) -> Flag:
    with site.service.runtime.store.installation() as session:
        return session.exec(select(Flag).where(Flag.id == flag)).one()


def in_days(site: Site, days: int) -> str:
    day = site.clock.now().astimezone(BC).date() + timedelta(days=days)
    return str(day)


def seen(client: httpx.Client, flag: UUID) -> str:
    page = document(client.get(f"/staff/flags/{flag}").text)
    return str(page.xpath("//input[@name='seen']/@value")[0])


def test_a_flag_is_given_on_put_off_taken_back_and_resolved_and_all_of_it_is_kept(site: Site, flag: UUID) -> None:
    with site.signed_in() as client:
        supervisor = str(site.service.staff["supervisor"])
        form = {"seen": seen(client, flag), "to": supervisor, "note": "ናይ ቋንቋ ሓገዝ"}
        assert "with your colleague" in client.post(f"/staff/flags/{flag}/reassign", data=form, follow_redirects=True).text
        form = {"seen": seen(client, flag), "until": in_days(site, 3), "reason": "Waits for a letter"}
        assert "put off" in client.post(f"/staff/flags/{flag}/snooze", data=form, follow_redirects=True).text
        asleep = row(site, flag)
        assert asleep.snoozed_until is not None
        assert asleep.due_at is not None
        assert asleep.due_at > asleep.snoozed_until, "its deadline runs anew"
        assert client.post(f"/staff/flags/{flag}/wake", follow_redirects=True).status_code == 200
        assert row(site, flag).snoozed_until is None
        form = {"seen": seen(client, flag), "outcome": "information_given", "note": "Called", "next_step": "Call again"}
        form["next_on"] = in_days(site, 2)
        answer = client.post(f"/staff/flags/{flag}/resolve", data=form, follow_redirects=True)
        assert "The flag is resolved." in answer.text
        assert "Call again" in answer.text, "the next step is on the person's page"
        history = document(client.get(f"/staff/flags/{flag}").text).xpath("//section[@aria-labelledby='history-title']")[0]
        told = " ".join(history.text_content().split())
    for words in (
        "Raised",
        "Given to a colleague",
        "Supervisor",
        "ናይ ቋንቋ ሓገዝ",
        "Put off",
        "Waits for a letter",
        "Taken back",
        "Called",
    ):
        assert words in told
    places = [told.index(words) for words in ("Raised", "Given to a colleague", "Put off", "Taken back")]
    assert places == sorted(places)
    with site.service.runtime.store.installation() as session:
        entries = session.exec(select(Audit).where(Audit.subject_id == flag).order_by(col(Audit.id))).all()
    assert [entry.action for entry in entries][-4:] == ["flag.reassigned", "flag.snoozed", "flag.woken", "flag.resolved"]
    assert "letter" not in str([entry.detail for entry in entries])


def test_the_second_of_two_sees_what_changed_and_loses_nothing(site: Site, flag: UUID) -> None:
    with site.signed_in() as first, site.signed_in("supervisor") as second:
        stale = seen(second, flag)
        form = {"seen": seen(first, flag), "outcome": "referral_made", "note": "Sent to BC Housing"}
        first.post(f"/staff/flags/{flag}/resolve", data=form)
        mine = {"seen": stale, "outcome": "no_need", "note": "She has found a flat herself", "next_step": "Ask again"}
        mine["next_on"] = in_days(site, 5)
        answer = second.post(f"/staff/flags/{flag}/resolve", data=mine)
        assert answer.status_code == 409
        page = document(answer.text)
        assert "Somebody else has resolved this flag already" in page.text_content()
        assert "Sent to BC Housing" in page.text_content(), "what changed"
        assert page.xpath("//textarea[@id='resolve-note']")[0].text == "She has found a flat herself"
        assert page.xpath("//select[@id='resolve-outcome']/option[@selected]/@value") == ["no_need"]
        assert page.xpath("//input[@id='resolve-next_step']/@value") == ["Ask again"]
        assert row(site, flag).note == "Sent to BC Housing"
        again = {**mine, "seen": page.xpath("//form[contains(@action, '/resolve')]//input[@name='seen']/@value")[0]}
        assert second.post(f"/staff/flags/{flag}/resolve", data=again).status_code == 303, "now that she has seen it, she may"
    assert row(site, flag).note == "She has found a flat herself"


@pytest.mark.parametrize(
    ("form", "data", "field", "words"),
    [
        ("resolve", {"outcome": "nonsense", "note": "kept"}, "outcome", "Choose one of those"),
        ("resolve", {"outcome": "no_need", "note": "kept", "next_step": "x"}, "next_on", "Choose a date"),
        ("resolve", {"outcome": "no_need", "note": "kept", "next_on": "2026-12-01"}, "next_step", "Write something"),
        ("resolve", {"outcome": "no_need", "note": "kept", "next_step": "x", "next_on": "1999-01-01"}, "next_on", "too far away"),
        ("resolve", {"outcome": "no_need", "note": "k" * 4001}, "note", "longer than we keep"),
        ("reassign", {"to": "nobody", "note": "kept"}, "to", "Choose one of those"),
        ("reassign", {"to": "00000000-0000-0000-0000-000000000000", "note": "kept"}, "to", "Choose one of those"),
        ("snooze", {"until": "soon", "reason": "kept"}, "until", "Choose a date"),
        ("snooze", {"until": "2020-01-01", "reason": "kept"}, "until", "lies in the past"),
        ("snooze", {"until": "2036-01-01", "reason": "kept"}, "until", "too far away"),
        ("snooze", {"until": "2026-12-01", "reason": " "}, "reason", "Write something"),
    ],
)
def test_what_cannot_be_kept_comes_back_as_it_was_typed(
    site: Site, flag: UUID, form: str, data: dict[str, str], field: str, words: str
) -> None:
    with site.signed_in() as client:
        answer = client.post(f"/staff/flags/{flag}/{form}", data=data)
    assert answer.status_code == 422
    page = document(answer.text)
    assert words in page.xpath(f"//*[@id='{form}-{field}-wrong']")[0].text_content()
    assert page.xpath(f"//*[@id='{form}-{field}']/@aria-invalid") == ["true"]
    if "kept" in data.values():
        assert "kept" in {(area.text or "").strip() for area in page.xpath("//textarea")}
    assert row(site, flag).status is FlagStatus.OPEN
    assert row(site, flag).revision == 1


def test_an_urgent_flag_cannot_be_put_off(site: Site, flag: UUID) -> None:
    with site.service.runtime.store.installation(write=True) as session:
        found = session.exec(select(Flag).where(Flag.id == flag)).one()
        found.severity = Severity.URGENT
        session.add(found)
    with site.signed_in() as client:
        assert not document(client.get(f"/staff/flags/{flag}").text).xpath("//form[contains(@action, '/snooze')]")
        answer = client.post(f"/staff/flags/{flag}/snooze", data={"until": in_days(site, 1), "reason": "x"})
        assert answer.status_code == 422


def test_a_flag_that_is_raised_again_is_back_before_its_time(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "hello", "English", "1", "human")
    with site.service.runtime.store.installation(write=True) as session:
        found = session.exec(select(Flag).where(col(Flag.conversation_id) == conversation)).one()
        found.severity = Severity.HIGH
        session.add(found)
    with site.signed_in() as client:
        client.post(f"/staff/flags/{found.id}/snooze", data={"until": in_days(site, 3), "reason": "x"})
        assert f"waiting-{found.person_id}" not in client.get("/staff/today").text
        site.clock.put(site.clock.now() + timedelta(minutes=1))
        site.text(number, "human")
        assert f"waiting-{found.person_id}" in client.get("/staff/today").text


def test_an_auditor_reads_and_changes_nothing(site: Site, flag: UUID) -> None:
    with site.signed_in("auditor") as client:
        page = document(client.get(f"/staff/flags/{flag}").text)
        assert not page.xpath("//main//form")


def test_until_when_somebody_has_to_look_is_always_there_and_what_is_late_says_so_in_words(
    fresh_site: Site, new_number: NewNumber
) -> None:
    site = fresh_site
    store = site.service.runtime.store
    talk = site.text(new_number(), "hello", "English", "1", "human")
    person = site.person_of(talk)

    def waits(client: httpx.Client) -> str:
        return line(client.get("/staff/today").text, f"//li[@id='waiting-{person}']")

    with site.signed_in() as client:
        assert "Until when to look is being worked out" in waits(client)
        watch = FlagWatch(site.service.runtime.database.runner, site.clock.now)
        assert site.served.run(watch.triage()) == 1
        with store.installation() as session:
            flag = session.exec(select(Flag).where(col(Flag.person_id) == person)).one()
        assert flag.due_at is not None
        until = f"Look until {bc_time(flag.due_at)}"
        assert waits(client).endswith(until)
        assert f"Raised {bc_time(flag.last_at)}" in waits(client)
        own = f"//li[@id='flag-{flag.id}']"
        assert until in line(client.get(f"/staff/people/{person}").text, own)
        site.clock.put(flag.due_at + timedelta(seconds=1))
    with site.signed_in() as client:
        assert waits(client).endswith(f"Overdue {until}")
        assert f"Overdue {until}" in line(client.get(f"/staff/people/{person}").text, own)
        own_account.set_interface_language(store, site.reader(), "fr", site.clock.now())
        assert waits(client).endswith(f"En retard À regarder avant le {bc_time(flag.due_at, 'fr_CA')}")


def line(page: str, path: str) -> str:
    return " ".join(document(page).xpath(path)[0].text_content().split())
