"""The opt-out ledger: who stopped the messages or wants them again, when, and how we know."""

from __future__ import annotations

from uuid import UUID

import pytest

from ccmm_bot.casework.access import accounts
from ccmm_bot.dialogue.session import Status
from ccmm_bot.messages import OptOutKind, RefusedFinal
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Audit, Consent, ContactPoint, Conversation, Inbound, OptOutEntry, OptOutSource
from tests.conversation.support import Phone, claim, rows


def staff(runtime: Runtime) -> str:
    return str(
        accounts.create(
            runtime.store, email="sara@example.org", name="Sara", password="four unrelated words", now=runtime.clock.now()
        )
    )


async def test_a_keyword_is_kept_with_the_message_that_said_it(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "STOP", "STOP", "START")
    out, back = rows(runtime, OptOutEntry)
    assert (out.opted_out, out.source, out.at) == (True, OptOutSource.KEYWORD, runtime.clock.now())
    said = {row.id: row.text for row in rows(runtime, Inbound)}
    assert (said[out.inbound_id or UUID(int=0)], said[back.inbound_id or UUID(int=0)]) == ("STOP", "START")
    assert (back.opted_out, back.source) == (False, OptOutSource.KEYWORD)


async def test_what_the_provider_answered_itself_is_kept_as_its_word(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    await phone.provider_says(OptOutKind.STOP, "STOP")
    (entry,) = rows(runtime, OptOutEntry)
    assert (entry.opted_out, entry.source, entry.code) == (True, OptOutSource.PROVIDER, "OptOutType")


@pytest.mark.parametrize("code", ["21610", "63014", "403"])
async def test_a_refused_send_is_kept_with_its_code_and_once(phone: Phone, runtime: Runtime, code: str) -> None:
    await phone.say("hello")
    (message,) = await claim(runtime, phone.receipts[-1].outbound)
    for _ in range(2):
        await runtime.outbox.mark(message.id, RefusedFinal(code=code, reason="unsubscribed", opted_out=True))
    await phone.say("anything")  # the session learns it now; the ledger has it already
    (entry,) = rows(runtime, OptOutEntry)
    assert (entry.opted_out, entry.source, entry.code, entry.inbound_id) == (True, OptOutSource.PROVIDER, code, None)
    assert rows(runtime, ContactPoint)[0].opted_out_at == entry.at


async def test_stop_as_the_very_first_message_is_in_the_ledger(phone: Phone, runtime: Runtime) -> None:
    await phone.say("stop")
    assert [entry.opted_out for entry in rows(runtime, OptOutEntry)] == [True]


async def test_only_start_opts_in_again_and_not_any_message(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "STOP", "hello", "1", "yes", "unstop please")
    assert [entry.opted_out for entry in rows(runtime, OptOutEntry)] == [True]
    assert rows(runtime, ContactPoint)[0].opted_out_at is not None


async def test_a_consent_that_staff_write_down_opts_in_again_with_proof(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "STOP")
    by = staff(runtime)
    receipt = await runtime.receiver.consent_again(phone.conversation_id, "by_phone", by)
    assert (receipt.rejected, receipt.outbound) == (None, ())
    entry = rows(runtime, OptOutEntry)[-1]
    assert (entry.opted_out, entry.source, entry.code, entry.staff_id) == (False, OptOutSource.STAFF, "by_phone", UUID(by))
    proof = rows(runtime, Consent)[-1]
    assert (proof.kind, proof.given, proof.recorded_by, proof.at) == ("contact", True, UUID(by), runtime.clock.now())
    assert rows(runtime, ContactPoint)[0].opted_out_at is None
    assert rows(runtime, Conversation)[0].status is Status.IDLE
    entered = [each for each in rows(runtime, Audit) if each.action == "contact.opted_in"]
    assert [(each.actor_kind, each.actor_id) for each in entered] == [("staff", UUID(by))]
    assert await phone.say("hello again")


async def test_writing_down_a_consent_nobody_needs_changes_nothing(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    receipt = await runtime.receiver.consent_again(phone.conversation_id, "in_person", staff(runtime))
    assert receipt.rejected == "not_opted_out"
    assert rows(runtime, OptOutEntry) == []
