"""Who wrote: a person is found by our sender and her address or business-scoped id, never by a phone number alone."""

from __future__ import annotations

from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import ChannelAccount, ContactPoint, Person
from tests.conversation.support import Phone, rows


async def test_the_same_number_at_another_sender_of_ours_is_another_conversation(phone: Phone, runtime: Runtime) -> None:
    with runtime.store.writing(runtime.agency_id) as session:
        session.add(ChannelAccount(agency_id=runtime.agency_id, channel=ChannelKind.CONSOLE, account="second"))
    await phone.say("hello")
    await Phone(runtime, account="second").say("hello")
    assert len(rows(runtime, Person)) == 2


async def test_a_person_without_a_number_is_known_by_her_business_scoped_id(phone: Phone, runtime: Runtime) -> None:
    await phone.send(phone.message("hello", sender="US.1", external_user_id="US.1"))
    answers = await phone.send(phone.message("1", sender="US.1", external_user_id="US.1"))
    assert answers == ["Tell us in your words.\n0 = skip"]
    assert len(rows(runtime, Person)) == 1


async def test_an_id_seen_beside_a_number_finds_the_person_after_the_number_changed(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    await phone.send(phone.message("1", external_user_id="US.1"))
    answers = await phone.send(phone.message("words", sender="+16045550199", external_user_id="US.1"))
    assert answers[0].startswith("Which fruit?")
    (contact,) = rows(runtime, ContactPoint)
    assert contact.address == "+16045550199"
    (message,) = phone.receipts[-1].outbound
    assert message.to == "+16045550199"


async def test_an_id_counts_more_than_the_number_it_comes_with(phone: Phone, runtime: Runtime) -> None:
    await phone.send(phone.message("hello", sender="+16045550111", external_user_id="US.1"))
    await phone.send(phone.message("hello", sender="+16045550122"))
    answers = await phone.send(phone.message("1", sender="+16045550122", external_user_id="US.1"))
    assert answers == ["Tell us in your words.\n0 = skip"]
    assert sorted(contact.address for contact in rows(runtime, ContactPoint)) == ["+16045550111", "+16045550122"]
