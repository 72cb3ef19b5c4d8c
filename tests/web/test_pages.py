"""What staff see and do: who wrote, which answers, which flags, in the words that were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from ccmm_bot.casework.desk.flags import FlagOutcome, resolve
from ccmm_bot.casework.desk.today import today
from ccmm_bot.casework.persons.person import person_page
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables import Audit, Case, Conversation, Flag, FollowUp, FollowUpAttempt, FollowUpStatus
from ccmm_bot.web.when import bc_time
from tests.web.html import document
from tests.web.serving import Site

NewNumber = Callable[[], str]
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'--></textarea></title><svg/onload=alert(1)>",
    "{{ 7*7 }}{% include 'x' %}",
    "\u202eevil\u202c \u2066\u200f",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "NUL\0 and \ud83d alone",
    "z" + "\u0301" * 300,
]


def person_of(site: Site, conversation: object) -> str:
    with site.service.runtime.store.installation() as session:
        return str(session.exec(select(Conversation.person_id).where(col(Conversation.id) == conversation)).one())


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_write_is_shown_and_never_run(site: Site, new_number: NewNumber, words: str) -> None:
    conversation = site.text(new_number(), words)
    person = person_of(site, conversation)
    with site.signed_in() as client:
        client.post(f"/staff/people/{person}/name", data={"name": words.encode("utf-8", "replace")[:150]})
        for path in (f"/staff/people/{person}", "/staff/today"):
            answer = client.get(path)
            assert answer.status_code == 200
            page = document(answer.text)
            assert {script.get("src", "").split("/")[1] for script in page.iter("script")} == {"static"}
            assert not page.xpath("//*[@onerror or @onload]")
            assert not page.xpath("//svg | //img")
            assert "49" not in {element.text_content() for element in page.iter("bdi")}


def test_every_word_a_person_wrote_is_isolated_in_direction(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "مرحبا 604")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{person_of(site, conversation)}").text)
    said = [element for element in page.iter("bdi") if element.text_content() == "مرحبا 604"]
    assert said
    assert {element.get("dir") for element in said} == {"auto"}


def test_what_we_wrote_carries_its_language(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "مرحبا", "العربية")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{person_of(site, conversation)}").text)
    ours = page.xpath("//li[contains(@class, 'ours')]//bdi[contains(@class, 'spoken')]/@lang")
    assert "ar" in ours


def test_an_answer_stands_in_english_beside_what_was_written(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "ሰላም", "ትግርኛ", "1", "3", "1", "1", "0", "2")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{person_of(site, conversation)}").text)
    rows = {row.xpath(".//th/span")[0].text_content(): row for row in page.xpath("//tr[starts-with(@id, 'answer-')]")}
    family = " ".join(rows["family"].text_content().split())
    assert "Do you need help with your family?" in family
    assert "Yes" in family
    assert rows["family"].xpath(".//span[contains(@class, 'raw')]/bdi/text()") == ["1"]
    assert "Tigrinya" in family
    assert "SMS" in family
    assert "(BC)" in family
    assert "skipped" in rows["housing"].text_content()
    assert "instrument self_screening, version 2" in page.text_content()


def test_consent_is_shown_with_the_words_that_were_read(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "سلام", "العربية", "1")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{person_of(site, conversation)}").text)
    consents = page.xpath("//section[@aria-labelledby='consents-title']")[0]
    wording = consents.xpath(".//bdi[@lang='ar']")[0].text_content()
    assert "هل تسمحون لنا" in wording
    assert "given" in consents.text_content()


def test_a_flag_is_resolved_once_and_its_note_kept(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "hello", "English", "1", "human")
    person = person_of(site, conversation)
    with site.service.runtime.store.installation() as session:
        flag = session.exec(select(Flag.id).where(col(Flag.conversation_id) == conversation)).one()
    with site.signed_in() as client:
        form = {"outcome": "referral_made", "note": "<b>Called</b> BC Housing"}
        answer = client.post(f"/staff/flags/{flag}/resolve", data=form, follow_redirects=True)
        assert "The flag is resolved." in answer.text
        assert "Referral made" in answer.text
        assert "&lt;b&gt;Called&lt;/b&gt; BC Housing" in answer.text
        again = client.post(f"/staff/flags/{flag}/resolve", data={"outcome": "no_need"}, follow_redirects=True)
        assert "Somebody else has resolved this flag already" in again.text
        assert "BC Housing" in client.get(f"/staff/people/{person}").text
        assert client.post(f"/staff/flags/{flag}/resolve", data={"outcome": "nonsense"}).status_code == 422
    with site.service.runtime.store.installation() as session:
        entries = session.exec(select(Audit).where(Audit.action == "flag.resolved", Audit.subject_id == flag)).all()
    assert [entry.detail["outcome"] for entry in entries] == ["referral_made"]
    assert "Called" not in str(entries[0].detail)


def test_a_human_writes_and_the_bot_waits_until_it_is_handed_back(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "hello", "English")
    person = person_of(site, conversation)
    with site.signed_in() as client:
        words = "Hello, this is Sara. <3 Shall I call you?"
        answer = client.post(f"/staff/conversations/{conversation}/reply", data={"text": words}, follow_redirects=True)
        assert "Your message is on its way" in answer.text
        assert "A person is talking" in answer.text
        site.text(number, "yes please")
        assert site.screen(number)[-1] == words, "the bot kept still"
        answer = client.post(f"/staff/conversations/{conversation}/hand-back", follow_redirects=True)
        assert "The bot goes on" in answer.text
        site.text(number, "1")
        assert site.screen(number)[-1] != words
        assert "written by staff" in client.get(f"/staff/people/{person}").text
        again = client.post(f"/staff/conversations/{conversation}/hand-back", follow_redirects=True)
        assert "The bot had this conversation already" in again.text


def test_a_human_can_keep_the_bot_still_before_writing(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "hello")
    before = len(site.screen(number))
    with site.signed_in() as client:
        answer = client.post(f"/staff/conversations/{conversation}/take-over", follow_redirects=True)
    assert "The bot waits until you hand the conversation back." in answer.text
    site.text(number, "English")
    assert len(site.screen(number)) == before


def test_nothing_is_sent_to_somebody_who_said_stop(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "hello", "English", "stop")
    before = len(site.screen(number))
    with site.signed_in() as client:
        for button in ("reply", "follow-up"):
            answer = client.post(f"/staff/conversations/{conversation}/{button}", data={"text": "x"}, follow_redirects=True)
            assert "wants no messages" in answer.text
    assert len(site.screen(number)) == before


def test_an_empty_reply_is_not_sent(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "hello")
    with site.signed_in() as client:
        answer = client.post(f"/staff/conversations/{conversation}/reply", data={"text": "  \n "}, follow_redirects=True)
    assert "Write something first." in answer.text


def test_the_follow_up_starts_on_the_phone_when_nothing_hinders_it(fresh_site: Site, new_number: NewNumber) -> None:
    site, number = fresh_site, new_number()
    site.clock.put(site.clock.now().replace(year=2026, month=11, day=24, hour=20, minute=0))  # a Tuesday, noon in BC
    conversation = site.text(number, "hello", "English", "1")
    person = person_of(site, conversation)
    with site.signed_in() as client:

        def start() -> str:
            return client.post(f"/staff/conversations/{conversation}/follow-up", follow_redirects=True).text

        assert "another conversation with the bot is running" in start()
        site.text(number, "skip")
        assert "Write the name down first" in start()
        client.post(f"/staff/people/{person}/name", data={"name": "Almaz Tesfay"})
        assert "The follow-up has started" in start()
        assert "We wrote first: who is reading?" in client.get(f"/staff/people/{person}").text
    site.text(number, "?")
    opening = next(text for text in reversed(site.screen(number)) if "A. T." in text)
    assert "Almaz" not in opening, "a shared phone: initials only"


def test_who_starts_a_planned_follow_up_has_begun_it_and_nobody_is_asked_twice(fresh_site: Site, new_number: NewNumber) -> None:
    site, number = fresh_site, new_number()
    site.clock.put(site.clock.now().replace(year=2026, month=11, day=24, hour=20, minute=0))
    conversation = site.text(number, "hello", "English", "1", "skip")
    person = person_of(site, conversation)
    with site.signed_in() as client:
        client.post(f"/staff/people/{person}/name", data={"name": "Almaz Tesfay"})
        client.post(f"/staff/people/{person}/case")
        with site.service.runtime.store.installation() as session:
            case = session.exec(select(Case.id).where(Case.person_id == UUID(person))).one()
        client.post(f"/staff/cases/{case}/exit", data={"exit_date": "2026-11-20"})
        assert (
            "The follow-up has started" in client.post(f"/staff/conversations/{conversation}/follow-up", follow_redirects=True).text
        )
    with site.service.runtime.store.installation() as session:
        row = session.exec(select(FollowUp).where(FollowUp.case_id == case, FollowUp.kind == "follow_up_3_month")).one()
        assert (row.status, row.wake_at) == (FollowUpStatus.SENT, None)
        tried = session.exec(select(FollowUpAttempt.conversation_id).where(FollowUpAttempt.follow_up_id == row.id)).all()
        assert [str(each) for each in tried] == [str(conversation)]


def test_a_follow_up_started_at_night_waits_for_the_morning(fresh_site: Site, new_number: NewNumber) -> None:
    site, number = fresh_site, new_number()
    site.clock.put(site.clock.now().replace(year=2026, month=11, day=24, hour=10, minute=0))  # three in the morning in BC
    conversation = site.text(number, "hello", "English", "1", "skip")
    before = len(site.screen(number))
    with site.signed_in() as client:
        client.post(f"/staff/people/{person_of(site, conversation)}/name", data={"name": "Almaz Tesfay"})
        answer = client.post(f"/staff/conversations/{conversation}/follow-up", follow_redirects=True)
    assert "waits for our hours" in answer.text
    assert len(site.screen(number)) == before


def test_a_page_that_watches_is_told_only_of_changes(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "hello")
    live = f"/staff/people/{person_of(site, conversation)}/live"
    with site.signed_in() as client:
        for path, target in ((live, live), ("/staff/today/live", "/staff/today/live")):
            first = client.get(path)
            seen = document(first.text).xpath("//input[@name='seen']/@value")[0]
            assert client.get(target, params={"seen": seen}).status_code == 204
            site.text(number, f"something new for {path}")
            after = client.get(target, params={"seen": seen})
            assert after.status_code == 200
            assert f"something new for {path}" in after.text


def test_the_most_pressing_person_comes_first_whoever_waits_longest(site: Site) -> None:
    waiting = today(site.service.runtime.store, site.reader(), now=site.service.runtime.clock.now()).waiting
    order = {"urgent": 0, "high": 1, "normal": 2}
    assert [order[each.severity] for each in waiting] == sorted(order[each.severity] for each in waiting)
    assert len({each.person_id for each in waiting}) == len(waiting)


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """The statements that are run meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append(statement)

    engine = site.service.runtime.store.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_page_takes_the_same_number_of_queries_however_much_there_is(fresh_site: Site, new_number: NewNumber) -> None:
    site = fresh_site
    store, reader, labels = site.service.runtime.store, site.reader(), site.service.app.state.site.labels
    counts = []
    for round_ in range(2):
        numbers = [new_number() for _ in range(2 + 10 * round_)]
        keys = [site.text(number, "hello", "English", "1", "human") for number in numbers]
        site.text(numbers[0], "2", "1", "2", "1") if round_ else None
        with site.service.runtime.store.installation() as session:
            person = session.exec(select(Conversation.person_id).where(col(Conversation.id) == keys[0])).one()
        with counted(site) as statements:
            today(store, reader, now=site.service.runtime.clock.now())
            person_page(store, reader, labels, person)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 24


def test_older_conversations_are_one_click_away(fresh_site: Site, new_number: NewNumber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccmm_bot.casework.desk.today.SHOWN", 2)
    for minutes in range(5):
        fresh_site.text(new_number(), f"message {minutes}")
        fresh_site.clock.put(fresh_site.clock.now() + timedelta(minutes=1))
    seen: list[str] = []
    with fresh_site.signed_in() as client:
        path: str | None = "/staff/today"
        while path:
            page = document(client.get(path).text)
            said = page.xpath("//section[@aria-labelledby='conversations-title']//bdi/text()")
            seen += [text for text in said if text.startswith("message")]
            links = page.xpath("//main//p/a[contains(@href, 'before=')]/@href")
            path = links[0] if links else None
    assert seen == [f"message {minutes}" for minutes in (4, 3, 2, 1, 0)]


def test_a_resolved_flag_may_be_raised_again(site: Site, new_number: NewNumber) -> None:
    number = new_number()
    conversation = site.text(number, "hello", "English", "1", "human")
    store = site.service.runtime.store
    with store.installation() as session:
        flag = session.exec(select(Flag.id).where(col(Flag.conversation_id) == conversation)).one()
    resolve(store, site.reader(), flag, outcome=FlagOutcome.NO_NEED, note="", now=site.clock.now())
    site.text(number, "human")
    with store.installation() as session:
        flags = session.exec(select(Flag).where(col(Flag.conversation_id) == conversation)).all()
    assert sorted(each.status for each in flags) == ["open", "resolved"]


def test_times_are_british_columbias_and_cannot_be_misread(site: Site) -> None:
    moment = site.clock.now().replace(year=2026, month=11, day=23, hour=21, minute=5)
    assert bc_time(moment) == "Mon 23 Nov 2026, 14:05 (BC)"  # UTC-7 in winter as well, since 2026


def test_the_channel_of_every_flag_row_is_a_channel(site: Site) -> None:
    assert {
        each.channel for each in today(site.service.runtime.store, site.reader(), now=site.service.runtime.clock.now()).waiting
    } <= set(ChannelKind)


def test_a_telephone_number_in_arabic_is_read_as_it_was_written(site: Site, new_number: NewNumber) -> None:
    text = "<b>اتصلوا بي</b> 604 555 0123 أو +1 (604) 555-0124 بعد 5 & 30"
    talk = site.text(new_number(), "مرحبا", "العربية", text)
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{site.person_of(talk)}").text)
    (said,) = (each for each in page.xpath("//*[@id='thread']//bdi[@dir='auto']") if each.text_content() == text)
    assert said.xpath("./bdi[@dir='ltr']/text()") == ["604 555 0123", "+1 (604) 555-0124"]


def test_a_number_in_a_text_from_left_to_right_needs_no_isolation(site: Site, new_number: NewNumber) -> None:
    talk = site.text(new_number(), "hello", "English", "call 604 555 0123")
    with site.signed_in() as client:
        page = document(client.get(f"/staff/people/{site.person_of(talk)}").text)
    assert page.xpath("//*[@id='thread']//bdi/bdi") == []
