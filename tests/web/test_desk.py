"""The day's work on people: what a machine makes of a message, ready answers, time limits, referrals, everything in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from ccmm_bot.casework.casefile.cases import open_case
from ccmm_bot.casework.desk.referrals import AGREED
from ccmm_bot.casework.desk.today import today
from ccmm_bot.casework.desk.worklists import WorkList, work_page
from ccmm_bot.clock import BC
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables import (
    Case,
    Consent,
    Conversation,
    DialogueRun,
    FollowUp,
    FollowUpStatus,
    Inbound,
    NextStep,
    Outbox,
    Referral,
    Response,
    Staff,
    Translation,
    TranslationState,
)
from ccmm_bot.worker.jobs.hand_backs import HandBacks
from tests.web.html import document
from tests.web.serving import Site
from tests.web.test_pages import counted

NewNumber = Callable[[], str]


def translated(site: Site, conversation: UUID, state: TranslationState, source: str, text: str | None = None) -> UUID:
    """What a machine made of the conversation's last message."""
    with site.service.runtime.store.installation(write=True) as session:
        message = session.exec(
            select(Inbound).where(Inbound.conversation_id == conversation).order_by(col(Inbound.id).desc())
        ).first()
        assert message is not None
        row = Translation(
            agency_id=message.agency_id,
            inbound_id=message.id,
            language="en",
            source=source,
            state=state,
            text=text,
            model="ar-en 1.0" if text else None,
            made_at=site.clock.now(),
            created_at=site.clock.now(),
        )
        session.add(row)
        return message.id


def test_the_three_outcomes_of_a_machine_are_three_sights(site: Site, new_number: NewNumber) -> None:
    with site.service.runtime.store.installation(write=True) as session:
        colleague = session.exec(select(Staff).where(Staff.id == site.service.staff["supervisor"])).one()
        colleague.languages = ["ti", "ar"]
        session.add(colleague)
    arabic = site.text(new_number(), "مرحبا", "العربية", "1", "أريد التحدث")
    line = translated(site, arabic, TranslationState.OK, "ar", "I want to talk <b>")
    tigrinya = site.text(new_number(), "ሰላም", "ትግርኛ", "1", "ሓገዝ የድልየኒ")
    translated(site, tigrinya, TranslationState.NO_MODEL, "ti")
    spanish = site.text(new_number(), "hola", "Español", "1", "necesito ayuda")
    translated(site, spanish, TranslationState.ERROR, "es")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{site.person_of(arabic)}").text)
        said = page.xpath(f"//*[@id='machine-{line}']")[0]
        assert said.xpath(".//bdi[@lang='en']/text()") == ["I want to talk <b>"]
        told = " ".join(said.text_content().split())
        assert "By a machine" in told
        assert "It may be wrong. Model ar-en 1.0" in told
        assert "أريد التحدث" in page.text_content(), "the original stands above it"
        page = document(client.get(f"/staff/people/{site.person_of(tigrinya)}").text)
        assert "No machine translation for Tigrinya: ask a speaker" in page.text_content()
        assert "Supervisor" in page.xpath("//*[@id='speakers']")[0].text_content()
        page = document(client.get(f"/staff/people/{site.person_of(spanish)}").text)
        assert "The machine failed on this message" in page.text_content()
        assert "No machine translation" not in page.text_content()
        assert "No colleague is known to speak Spanish" in page.text_content()


def test_nothing_a_machine_translated_can_be_sent_or_comes_prefilled(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "مرحبا", "العربية", "1", "أريد التحدث")
    translated(site, conversation, TranslationState.OK, "ar", "MACHINE WORDS")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{site.person_of(conversation)}").text)
        forms = page.xpath("//form[contains(@action, '/conversations/')]")
        assert forms
        assert not any("MACHINE WORDS" in (form.text_content() + str(form.xpath(".//@value"))) for form in forms)
        client.post(f"/staff/conversations/{conversation}/canned", data={"key": "MACHINE WORDS"})
        client.post(f"/staff/conversations/{conversation}/canned", data={"key": "system.stuck", "text": "MACHINE WORDS"})
    assert not any("MACHINE WORDS" in text for text in site.screen(number))


def test_a_ready_answer_goes_out_word_for_word_in_the_persons_language_and_says_who_has_read_it(
    site: Site, new_number: NewNumber
) -> None:
    number = new_number()
    conversation = site.text(number, "مرحبا", "العربية")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{site.person_of(conversation)}").text)
        ready = page.xpath("//form[@class='ready'][.//input[@value='system.stuck']]")[0]
        words = ready.xpath(".//bdi[@lang='ar']")[0].text_content()
        assert "not yet read by a speaker" in ready.text_content()
        assert "A person will read your messages" in ready.text_content()
        answer = client.post(f"/staff/conversations/{conversation}/canned", data={"key": "system.stuck"}, follow_redirects=True)
        assert "on its way" in answer.text
    assert site.screen(number)[-1] == words


def test_what_cannot_be_sent_is_still_in_its_form(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "hello", "English", "stop")
    with site.signed_in() as client:
        answer = client.post(f"/staff/conversations/{conversation}/reply", data={"text": "Long and thought over"})
    assert answer.status_code == 409
    assert "wants no messages" in answer.text
    assert document(answer.text).xpath("//textarea[@id='reply-text']")[0].text == "Long and thought over"


def test_a_conversation_goes_back_to_the_bot_at_the_set_time(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "hello", "English")
    runtime = site.service.runtime
    backs = HandBacks(runtime.store, runtime.receiver, site.clock.now)
    with site.signed_in() as client:
        form = {"text": "I look after it", "back": "2h"}
        answer = client.post(f"/staff/conversations/{conversation}/reply", data=form, follow_redirects=True)
        assert "Goes back to the bot by itself" in answer.text
    assert site.served.run(backs.sweep()) == 0
    now = site.clock.now()
    try:
        site.clock.put(now + timedelta(hours=2, minutes=1))
        assert site.served.run(backs.sweep()) == 1
        assert site.served.run(backs.sweep()) == 0
    finally:
        site.clock.put(now + timedelta(minutes=1))
    with runtime.store.installation() as session:
        assert session.exec(select(Conversation.human_since).where(Conversation.id == conversation)).one() is None


def referral_form(**changed: str) -> dict[str, str]:
    form = {"domain": "housing", "destination": "BC Housing", "note": "ቤት", "agreed": "1", "how": "by_phone"}
    return {name: value for name, value in (form | changed).items() if value}


def test_a_referral_has_a_consent_a_check_by_the_bot_and_an_outcome(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "hello", "English", "1")
    person = site.person_of(conversation)
    open_case(site.service.runtime.store, site.reader(), person, site.clock.now())
    check = (site.clock.now().astimezone(BC).date() + timedelta(days=21)).isoformat()
    with site.signed_in() as client:
        answer = client.post(f"/staff/people/{person}/referrals", data=referral_form(check_on=check), follow_redirects=True)
        assert "The referral is kept, with the consent." in answer.text
        with site.service.runtime.store.installation() as session:
            referral = session.exec(select(Referral).where(Referral.person_id == person)).one()
            consent = session.exec(select(Consent).where(Consent.id == referral.consent_id)).one()
            planned = session.exec(select(FollowUp).where(FollowUp.id == referral.follow_up_id)).one()
        assert (consent.kind, consent.given, consent.recorded_by) == ("referral", True, site.service.staff["case_manager"])
        assert (referral.destination, referral.consent_id) == ("BC Housing", consent.id)
        assert consent.wording == AGREED, "kept in clear: nothing of where she was sent"
        assert (planned.kind, planned.status, planned.facts) == (
            "referral_check",
            FollowUpStatus.SCHEDULED,
            {"referral_to": "BC Housing"},
        )
        # What the person answers the bot is what came of it, until staff know better.
        with site.service.runtime.store.installation(write=True) as session:
            run = DialogueRun(
                agency_id=referral.agency_id,
                conversation_id=conversation,
                person_id=person,
                run=900,
                dialogue_id="referral_check",
                dialogue_version=1,
                dialogue_hash="0" * 64,
                follow_up_id=planned.id,
                channel=ChannelKind.SMS,
                started_at=site.clock.now(),
            )
            session.add(run)
            session.flush()
            session.add(
                Response(
                    agency_id=referral.agency_id,
                    run_id=run.id,
                    item="referral_received",
                    type=ItemType.SELECT_ONE,
                    value="not_received",
                    raw="2",
                    channel=ChannelKind.SMS,
                    wording_key="x",
                    wording_hash="x",
                    asked_at=site.clock.now(),
                    answered_at=site.clock.now(),
                )
            )
        row = document(client.get(f"/staff/people/{person}").text).xpath(f"//li[@id='referral-{referral.id}']")[0]
        assert "No help came" in row.text_content()
        assert "answered to the bot" in row.text_content()
        seen = row.xpath(".//input[@name='seen']/@value")[0]
        path = f"/staff/referrals/{referral.id}/outcome"
        answer = client.post(path, data={"outcome": "received", "seen": seen}, follow_redirects=True)
        assert "What came of it is kept." in answer.text
        assert client.post(path, data={"outcome": "unknown", "seen": seen}).status_code == 409, "somebody was faster"
        assert client.post(path, data={"outcome": "nonsense", "seen": "2"}).status_code == 422
    with site.service.runtime.store.installation() as session:
        assert session.exec(select(FollowUp.status).where(FollowUp.id == planned.id)).one() is FollowUpStatus.CANCELLED


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"agreed": ""}, "agreed", "Without the person's consent"),
        ({"how": ""}, "how", "Choose one of those"),
        ({"destination": " "}, "destination", "Write something"),
        ({"destination": "x" * 81}, "destination", "longer than we keep"),
        ({"domain": "weather"}, "domain", "Choose one of those"),
        ({"check_on": "2020-01-01"}, "check_on", "in the past"),
        ({"check_on": "2027-01-04"}, "check_on", "open one first"),
    ],
)
def test_a_referral_without_what_it_needs_comes_back_as_it_was_typed(
    site: Site, new_number: NewNumber, changed: dict[str, str], field: str, words: str
) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    with site.signed_in() as client:
        answer = client.post(f"/staff/people/{person}/referrals", data=referral_form(**changed))
    assert answer.status_code == 422
    page = document(answer.text)
    assert words in page.xpath(f"//*[@id='refer-{field}-wrong']")[0].text_content()
    assert page.xpath("//textarea[@id='refer-note']")[0].text == "ቤት"
    with site.service.runtime.store.installation() as session:
        assert session.exec(select(Consent).where(Consent.person_id == person, Consent.kind == "referral")).first() is None


def test_everything_that_happened_is_there_in_order_and_once(
    site: Site, new_number: NewNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccmm_bot.casework.persons.timeline.PAGE", 4)
    number = new_number()
    conversation = site.text(number, "hello", "English", "1", "human")
    person = site.person_of(conversation)
    with site.signed_in() as client:
        client.post(f"/staff/people/{person}/referrals", data=referral_form())
        seen: list[str] = []
        path: str | None = f"/staff/people/{person}/timeline"
        while path:
            page = document(client.get(path).text)
            seen += [" ".join(row.text_content().split()) for row in page.xpath("//main//li")]
            links = page.xpath("//a[contains(@href, 'before=')]/@href")
            path = links[0] if links else None
    told = " | ".join(seen)
    for words in (
        "The person wrote",
        "We wrote",
        "Began Consent to service",
        "Agreed to Service by",
        "Flag Wants to talk",
    ):
        assert words in told
    assert "Referred Housing" in seen[0] or "Referred Housing" in seen[1]
    with site.service.runtime.store.installation() as session:
        wrote = len(session.exec(select(Inbound.id).where(Inbound.conversation_id == conversation)).all())
        sent = len(session.exec(select(Outbox.id).where(Outbox.conversation_id == conversation)).all())
    assert sum(each.startswith("The person wrote") for each in seen) == wrote
    assert sum(each.startswith("We wrote") for each in seen) == sent


def test_then_and_now_stand_side_by_side_with_what_changed(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "hello", "English", "1")
    person = site.person_of(conversation)
    with site.service.runtime.store.installation(write=True) as session:
        agency = session.exec(select(Conversation.agency_id).where(Conversation.id == conversation)).one()
        for number, (dialogue, answers) in enumerate(
            (
                ("entry_survey", {"has_family_doctor": "no", "has_enough_food": "yes"}),
                ("exit_survey", {"has_family_doctor": "yes", "has_enough_food": "yes"}),
            )
        ):
            now = site.clock.now() + timedelta(seconds=number)
            run = DialogueRun(
                agency_id=agency,
                conversation_id=conversation,
                person_id=person,
                run=800 + number,
                dialogue_id=dialogue,
                dialogue_version=1,
                dialogue_hash="0" * 64,
                channel=ChannelKind.SMS,
                started_at=now,
            )
            session.add(run)
            session.flush()
            for item, value in answers.items():
                session.add(
                    Response(
                        agency_id=agency,
                        run_id=run.id,
                        item=item,
                        type=ItemType.YES_NO,
                        value=value,
                        raw=value,
                        channel=ChannelKind.SMS,
                        wording_key="x",
                        wording_hash="x",
                        asked_at=now,
                        answered_at=now,
                    )
                )
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{person}").text)
    doctor = page.xpath("//tr[@id='compared-has_family_doctor']")[0]
    assert [" ".join(cell.text_content().split()) for cell in doctor.xpath("./td")] == ["no", "yes changed"]
    assert "changed" in doctor.get("class")
    assert page.xpath("//tr[@id='compared-has_enough_food']/@class") == []


def test_every_count_of_the_day_is_what_one_click_shows(
    fresh_site: Site, new_number: NewNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = fresh_site
    monkeypatch.setattr("ccmm_bot.casework.desk.worklists.PAGE", 2)
    monkeypatch.setattr("ccmm_bot.casework.desk.today.SHOWN", 2)
    store, now = site.service.runtime.store, site.clock.now()
    for number in range(3):
        phone = new_number()
        conversation = site.text(phone, "hello", "English", "1", "human")
        with site.signed_in() as client:
            client.post(f"/staff/conversations/{conversation}/take-over")
        site.text(phone, "are you there?")
        person = site.person_of(conversation)
        case = open_case(store, site.reader(), person, now)
        with store.installation(write=True) as session:
            agency = session.exec(select(Case.agency_id).where(Case.id == case)).one()
            shared: dict[str, Any] = {"agency_id": agency, "case_id": case, "person_id": person, "occurrence": 90}
            session.add(FollowUp(kind="quarterly_check_in", due_at=now, status=FollowUpStatus.DUE, reason="busy", **shared))
            session.add(FollowUp(kind="exit_survey", due_at=now, status=FollowUpStatus.MISSED, updated_at=now, **shared))
            session.add(
                NextStep(
                    agency_id=agency,
                    person_id=person,
                    staff_id=site.service.staff["case_manager" if number else "supervisor"],
                    text="Call",
                    due_on=now.astimezone(BC).date(),
                    created_at=now,
                )
            )
    with site.signed_in() as client:
        for mine in ("", "?mine=1"):
            first = document(client.get(f"/staff/today{mine}").text)
            headings = first.xpath("//h2[a][span[@class='count']]")
            assert len(headings) >= 4
            for heading in headings:
                count = int(heading.xpath("./span[@class='count']/text()")[0])
                path: str | None = heading.xpath("./a/@href")[0]
                rows = 0
                while path:
                    page = document(client.get(path).text)
                    assert int(page.xpath("//span[@class='count']/text()")[0]) == count
                    rows += len(page.xpath("//main//ul[@class='rows']/li"))
                    after = page.xpath("//nav[@aria-label='Pages']/a[normalize-space()='Next']/@href")
                    path = after[0] if after else None
                assert rows == count, (mine, heading.text_content())
    # Of what is due three are the entry surveys of tomorrow, which every new case begins with.
    everybody = {each.name: each.count for each in today(store, site.reader(), now=now).lists}
    assert (everybody[WorkList.UNANSWERED], everybody[WorkList.DUE], everybody[WorkList.MISSED]) == (3, 6, 3)
    assert everybody[WorkList.STEPS] == 3
    assert work_page(store, site.reader(), WorkList.STEPS, now=now, mine=True).count == 2
    assert work_page(store, site.reader("foreign"), WorkList.STEPS, now=now).count == 0


def test_the_lists_take_the_same_number_of_queries_however_long_they_are(fresh_site: Site, new_number: NewNumber) -> None:
    site = fresh_site
    store, counts = site.service.runtime.store, []
    for round_ in range(2):
        for _ in range(1 + 8 * round_):
            conversation = site.text(new_number(), "hello", "English", "1", "human")
            with store.installation(write=True) as session:
                talk = session.exec(select(Conversation).where(Conversation.id == conversation)).one()
                session.add(
                    NextStep(
                        agency_id=talk.agency_id,
                        person_id=talk.person_id,
                        staff_id=site.service.staff["case_manager"],
                        text="x",
                        due_on=site.clock.now().astimezone(BC).date(),
                        created_at=site.clock.now(),
                    )
                )
        with site.signed_in() as client:
            person = site.person_of(conversation)
            for path in (
                "/staff/today",
                "/staff/today/list?name=steps",
                f"/staff/people/{person}",
                f"/staff/people/{person}/timeline",
            ):
                with counted(site) as statements:
                    assert client.get(path).status_code == 200
                counts.append(len(statements))
    half = len(counts) // 2
    assert counts[:half] == counts[half:]
    assert max(counts) <= 40
