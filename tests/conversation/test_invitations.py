"""Codes that were handed out: whose conversation a message with one becomes, and what nobody learns from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access import accounts
from ccmm_bot.casework.inviting import invitations
from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.invitation_codes import payload, sentence, written
from ccmm_bot.conversation.invitations import MISSES_A_CONVERSATION, WINDOW
from ccmm_bot.messages import ContentKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.tables import (
    Agency,
    Audit,
    Consent,
    ContactPoint,
    Conversation,
    DialogueRun,
    Flag,
    Household,
    Invitation,
    InvitationMiss,
    Person,
    PersonContactPoint,
)
from tests.conversation.support import MONDAY_NOON, Phone, rows, service, settings

NAME = "Zahra Ahmadi"


def invite(runtime: Runtime, **more: Any) -> invitations.Made:
    """An invitation of somebody staff know by name."""
    return invitations.invite(runtime.store, **{"agency_id": runtime.agency_id, "now": runtime.clock.now(), **more})


def known_person(runtime: Runtime, name: str = NAME, language: str | None = None) -> Person:
    with runtime.store.writing(runtime.agency_id) as session:
        person = Person(
            agency_id=runtime.agency_id, code=f"K7-{len(name)}", name=name, language=language, created_at=runtime.clock.now()
        )
        session.add(person)
    return person


def advance(clock: FixedClock, by: timedelta) -> None:
    clock.set(clock.now() + by)


def person_of(runtime: Runtime, phone: Phone) -> UUID:
    with runtime.store.installation() as session:
        return session.exec(select(Conversation.person_id).where(col(Conversation.id) == UUID(phone.conversation_id))).one()


async def test_the_first_message_with_a_code_is_the_invited_persons(runtime: Runtime, phone: Phone) -> None:
    person = known_person(runtime)
    made = invite(runtime, person_id=person.id)
    answer = await phone.say(sentence(made.code))
    assert person_of(runtime, phone) == person.id
    assert [row.id for row in rows(runtime, Person)] == [person.id], "nobody else was made"
    (link,) = rows(runtime, PersonContactPoint)
    assert (link.person_id, link.current) == (person.id, True)
    assert answer == await Phone(runtime, "+16045550222").say("hello"), "it is greeted like anybody"


@pytest.mark.parametrize("how", ["{code}", "/start {bare}", "start {lower}", "  {code}. ", "{spaced}"])
async def test_a_code_is_read_however_it_is_sent(runtime: Runtime, phone: Phone, how: str) -> None:
    person = known_person(runtime)
    code = invite(runtime, person_id=person.id).code
    shown = written(code)
    await phone.say(how.format(code=shown, bare=code, lower=code.lower(), spaced=shown.replace("-", " ")))
    assert person_of(runtime, phone) == person.id


async def test_the_phone_learns_nothing_about_who_was_invited(runtime: Runtime, phone: Phone) -> None:
    person = known_person(runtime)
    said = await phone.say(sentence(invite(runtime, person_id=person.id).code), "1", "some words", "1", "1")
    for text in [*said, *(message.content.text for receipt in phone.receipts for message in receipt.outbound)]:
        assert not any(part in text for part in (*NAME.split(), "Z.", person.code))


async def test_a_code_works_once(runtime: Runtime, phone: Phone) -> None:
    person = known_person(runtime)
    code = invite(runtime, person_id=person.id).code
    await phone.say(sentence(code))
    other = Phone(runtime, "+16045550222")
    answer = await other.say(sentence(code))
    assert person_of(runtime, other) != person.id
    assert answer == await Phone(runtime, "+16045550333").say("hello"), "it is answered like any greeting"
    (invitation,) = rows(runtime, Invitation)
    assert (invitation.uses, str(invitation.used_by)) == (1, phone.conversation_id)


async def test_of_many_phones_that_send_a_code_at_the_same_moment_one_gets_it(runtime: Runtime) -> None:
    person = known_person(runtime)
    code = invite(runtime, person_id=person.id).code
    phones = [Phone(runtime, f"+1604555{number}") for number in range(1000, 1012)]
    await asyncio.gather(*(phone.say(sentence(code)) for phone in phones))
    assert [person_of(runtime, phone) for phone in phones].count(person.id) == 1


async def test_tapping_the_link_again_asks_the_open_question_again(runtime: Runtime, phone: Phone) -> None:
    code = invite(runtime, person_id=known_person(runtime).id).code
    first = await phone.say(sentence(code))
    assert await phone.say(sentence(code)) == first
    assert rows(runtime, InvitationMiss) == []


async def test_an_expired_or_withdrawn_code_is_a_greeting(runtime: Runtime, clock: FixedClock) -> None:
    person = known_person(runtime)
    expired = invite(runtime, person_id=person.id, valid_for=timedelta(days=2)).code
    advance(clock, timedelta(days=2))
    for number in (1, 2):
        phone = Phone(runtime, f"+1604555011{number}")
        assert await phone.say(sentence(expired)) == ["Red or blue?\n1. Red\n2. Blue\n0 = skip"]
        assert person_of(runtime, phone) != person.id
    replaced = invite(runtime, person_id=person.id).code
    newest = invite(runtime, person_id=person.id).code
    late, right = Phone(runtime, "+16045550118"), Phone(runtime, "+16045550119")
    await late.say(sentence(replaced))
    assert person_of(runtime, late) != person.id
    await right.say(sentence(newest))
    assert person_of(runtime, right) == person.id


async def test_a_code_of_another_agency_is_unknown(runtime: Runtime, phone: Phone) -> None:
    with runtime.store.installation(write=True) as session:
        other = Agency(name="Other", service_name="Other", created_at=runtime.clock.now())
        session.add(other)
    code = invitations.invite(runtime.store, agency_id=other.id, now=runtime.clock.now()).code
    await phone.say(sentence(code))
    assert len(rows(runtime, InvitationMiss)) == 1
    assert all(invitation.used_at is None for invitation in rows(runtime, Invitation))


async def test_somebody_who_wrote_before_becomes_the_invited_person_and_starts_afresh(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello", "2", "words", "1", "1")
    before = person_of(runtime, phone)
    await phone.say("hello")
    person = known_person(runtime)
    answer = await phone.say(sentence(invite(runtime, person_id=person.id).code))
    assert person_of(runtime, phone) == person.id
    assert answer[-1].startswith("Red or blue?")
    assert {row.person_id for row in rows(runtime, Consent)} == {before}, "a consent stays with who gave it"
    runs = rows(runtime, DialogueRun)
    assert [run.person_id for run in runs] == [before, before, person.id]
    assert runs[1].ended_at is not None
    assert {(link.person_id, link.current) for link in rows(runtime, PersonContactPoint)} == {(before, False), (person.id, True)}
    assert "invited_on_known_phone" in {flag.reason for flag in rows(runtime, Flag) if flag.person_id == person.id}


async def test_the_phone_of_somebody_staff_know_stays_hers_and_is_marked_as_shared(runtime: Runtime, phone: Phone) -> None:
    mother = known_person(runtime)
    await phone.say(sentence(invite(runtime, person_id=mother.id).code))
    father = known_person(runtime, "Karim")
    await phone.say(sentence(invite(runtime, person_id=father.id).code))
    assert person_of(runtime, phone) == mother.id
    (point,) = rows(runtime, ContactPoint)
    assert point.shared
    assert {link.person_id for link in rows(runtime, PersonContactPoint) if link.current} == {mother.id, father.id}
    assert "phone_is_shared" in {flag.reason for flag in rows(runtime, Flag)}


async def test_a_household_is_invited_without_naming_anybody(runtime: Runtime, phone: Phone) -> None:
    with runtime.store.writing(runtime.agency_id) as session:
        household = Household(agency_id=runtime.agency_id, created_at=runtime.clock.now())
        session.add(household)
    await phone.say(sentence(invite(runtime, household_id=household.id).code))
    (person,) = rows(runtime, Person)
    assert person.household_id == household.id


async def test_after_a_few_wrong_codes_a_right_one_is_not_looked_up_for_a_while(
    runtime: Runtime, phone: Phone, clock: FixedClock
) -> None:
    person = known_person(runtime)
    code = invite(runtime, person_id=person.id).code
    wrong = [invitations.new_code() for _ in range(MISSES_A_CONVERSATION)]
    answers = [await phone.say(sentence(each)) for each in wrong]
    assert len({tuple(answer) for answer in answers}) == 1, "every guess gets the same answer"
    assert await phone.say(sentence(code)) == answers[0]
    assert person_of(runtime, phone) != person.id
    advance(clock, WINDOW + timedelta(minutes=1))
    await phone.say(sentence(code))
    assert person_of(runtime, phone) == person.id


async def test_guessing_from_many_phones_is_stopped_for_the_whole_sender(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccmm_bot.conversation.invitations.MISSES_AN_ACCOUNT", 6)
    person = known_person(runtime)
    code = invite(runtime, person_id=person.id).code
    for number in range(6):
        await Phone(runtime, f"+1604555020{number}").say(sentence(invitations.new_code()))
    late = Phone(runtime, "+16045550299")
    await late.say(sentence(code))
    assert person_of(runtime, late) != person.id
    assert len(rows(runtime, InvitationMiss)) == 6


async def test_a_misspelt_code_is_a_greeting_and_no_guess(runtime: Runtime, phone: Phone) -> None:
    first = await phone.say("hello")
    code = invitations.new_code()
    slip = code[:-1] + ("2" if code[-1] != "2" else "3")
    assert await phone.say(f"START {slip}") == first
    assert rows(runtime, InvitationMiss) == []


async def test_an_answer_that_only_looks_a_little_like_a_code_is_an_answer(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello", "1")
    await phone.say("international")
    assert rows(runtime, InvitationMiss) == []


async def test_who_wants_no_messages_redeems_nothing(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello", "stop")
    code = invite(runtime, person_id=known_person(runtime).id).code
    assert await phone.say(sentence(code)) == []
    assert all(invitation.used_at is None for invitation in rows(runtime, Invitation))


async def test_while_a_human_talks_the_human_reads_the_code(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello")
    await runtime.receiver.take_over(phone.conversation_id, str(somebody_at_work(runtime)))
    code = invite(runtime, person_id=known_person(runtime).id).code
    assert await phone.say(sentence(code)) == []
    assert all(invitation.used_at is None for invitation in rows(runtime, Invitation))


def somebody_at_work(runtime: Runtime) -> UUID:
    return accounts.create(
        runtime.store, email="a@example.org", name="A", password="correct-horse-battery-42", now=runtime.clock.now()
    )


async def test_a_code_in_a_picture_or_on_a_button_is_none(runtime: Runtime, phone: Phone) -> None:
    code = invite(runtime, person_id=known_person(runtime).id).code
    await phone.send_kind(ContentKind.IMAGE, sentence(code))
    await phone.tap(sentence(code), sentence(code))
    assert all(invitation.used_at is None for invitation in rows(runtime, Invitation))


async def test_the_audit_says_that_an_invitation_was_used_and_no_code(runtime: Runtime, phone: Phone) -> None:
    made = invite(runtime, person_id=known_person(runtime).id)
    await phone.say(sentence(made.code))
    entries = [entry for entry in rows(runtime, Audit) if entry.action.startswith("invitation.")]
    assert [(entry.action, entry.subject_id) for entry in entries] == [
        ("invitation.created", made.id),
        ("invitation.used", made.id),
    ]
    assert made.code not in str([entry.detail for entry in entries])


@pytest.fixture
async def speaking(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    """The service with its own dialogues and catalogues."""
    real = Settings(_env_file=None)
    chosen = settings(sqlite_url, tmp_path, real.dialogues_dir, locales_dir=real.locales_dir)
    async with service(chosen, FixedClock(MONDAY_NOON)) as opened:
        yield opened


async def test_the_invited_language_is_spoken_at_once(speaking: Runtime) -> None:
    person = known_person(speaking, language="ti")
    phone = Phone(speaking)
    first = await phone.say(sentence(invite(speaking, person_id=person.id).code))
    assert first == await Phone(speaking, "+16045550222").say("ትግርኛ"), "as if the language had been chosen from the menu"
    assert "ትግርኛ" not in first[0]
    assert person_of(speaking, phone) == person.id


async def test_the_invitation_may_name_another_language_than_the_persons(speaking: Runtime) -> None:
    person = known_person(speaking, language="ti")
    first = await Phone(speaking).say(sentence(invite(speaking, person_id=person.id, language="ar").code))
    assert first == await Phone(speaking, "+16045550222").say("العربية")


async def test_a_poster_speaks_its_language_to_everybody_and_knows_nobody(speaking: Runtime) -> None:
    made = invitations.poster(speaking.store, agency_id=speaking.agency_id, language="ar", now=speaking.clock.now())
    wanted = await Phone(speaking, "+16045550222").say("العربية")
    for number, text in enumerate((sentence(made.code, "ar"), f"/start {payload(made.code, 'ar')}", sentence(made.code))):
        assert await Phone(speaking, f"+1604555030{number}").say(text) == wanted
    (invitation,) = rows(speaking, Invitation)
    assert (invitation.uses, invitation.person_id) == (3, None)
    assert len(rows(speaking, Person)) == 4


async def test_an_old_poster_still_says_which_language(speaking: Runtime) -> None:
    made = invitations.poster(
        speaking.store, agency_id=speaking.agency_id, language="ar", now=speaking.clock.now() - timedelta(days=400)
    )
    wanted = await Phone(speaking, "+16045550222").say("العربية")
    assert await Phone(speaking).say(sentence(made.code, "ar")) == wanted
    assert await Phone(speaking, "+16045550333").say("START ar") == wanted
    assert rows(speaking, InvitationMiss) == [], "many will scan it; that is no guessing"


async def test_who_is_at_the_language_menu_gets_the_language_of_the_code(speaking: Runtime) -> None:
    phone = Phone(speaking)
    await phone.say("hello")
    made = invitations.poster(speaking.store, agency_id=speaking.agency_id, language="ti", now=speaking.clock.now())
    assert await phone.say(sentence(made.code)) == await Phone(speaking, "+16045550222").say("ትግርኛ")


async def test_a_poster_changes_no_language_that_was_chosen(speaking: Runtime) -> None:
    phone = Phone(speaking)
    question = (await phone.say("ትግርኛ"))[-1]
    made = invitations.poster(speaking.store, agency_id=speaking.agency_id, language="ar", now=speaking.clock.now())
    assert await phone.say(sentence(made.code)) == [question]
