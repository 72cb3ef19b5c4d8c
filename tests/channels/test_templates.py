"""The templates handed in for WhatsApp's approval: whole, neutral, in the languages there are, never refused for their shape."""

from __future__ import annotations

from functools import cache

import pytest

from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.channels.twilio.templates import hash_of, samples_of, types_of
from ccmm_bot.conversation.templates import Draft, drafts, faults_of
from ccmm_bot.dialogue.verify.neutral_opening import TOPICS
from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.i18n.whatsapp import LOCALES
from ccmm_bot.messages import TemplateText
from ccmm_bot.runtime import load_words
from ccmm_bot.settings import Settings
from tests.standins.twilio_api import TwilioStandin

TEXT = TemplateText(
    name="greeting",
    language="en",
    locale="en_CA",
    body="From {{1}} for {{2}}.",
    slots=("service_name", "initials"),
    buttons=("Yes",),
)


@cache
def ours() -> list[Draft]:
    loaded, catalogues, machine = load_words(Settings(_env_file=None))
    return drafts(machine, loaded.dialogues, catalogues)


def test_whatsapp_lacks_five_of_our_languages() -> None:
    assert [tag for tag in TAGS if tag not in LOCALES] == ["ckb", "kmr", "ti", "so", "am"]


def test_there_is_a_knock_and_an_opening_with_buttons_in_english() -> None:
    there = {draft.text.name: draft.text for draft in ours() if draft.text.language == "en"}
    assert {"service_name"} == set(there.pop("knock").slots)
    assert any(text.buttons and "initials" in text.slots for text in there.values())


def test_none_of_ours_would_be_refused() -> None:
    assert [(draft.text.name, draft.text.language, draft.faults) for draft in ours() if draft.faults] == []


def test_none_of_ours_says_what_it_is_about() -> None:
    for draft in ours():
        if draft.text.language == "en":
            assert not [topic for topic in TOPICS if topic in draft.text.body.lower()], draft.text.body


def test_the_payloads_are_the_variables_after_the_slots() -> None:
    assert types_of(TEXT)["twilio/quick-reply"]["actions"] == [{"type": "QUICK_REPLY", "title": "Yes", "id": "{{3}}"}]
    assert samples_of(TEXT) == {"1": "CCMM", "2": "A. B.", "3": "choice1"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{{1}} writes.", "begins"),
        ("From {{1}}", "ends"),
        ("From {{1}} {{2}}.", "beside"),
        ("From {{1}} for {{2}}.", None),
    ],
)
def test_what_whatsapp_refuses_is_known_before(body: str, fault: str | None) -> None:
    found = " ".join(faults_of(body))
    assert fault in found if fault else found == ""


async def test_making_the_same_one_twice_makes_one(twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
    assert await whatsapp.templates.make(TEXT) == await whatsapp.templates.make(TEXT)
    assert len(twilio.contents.made) == 1


async def test_one_is_handed_in_looked_after_and_approved(twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
    sid = await whatsapp.templates.make(TEXT)
    assert (await whatsapp.templates.status(sid)).status == "unsubmitted"
    assert (await whatsapp.templates.submit(sid, TEXT)).status == "received"
    assert twilio.contents.approvals[sid]["name"] == f"greeting_en_{hash_of(TEXT)[:8]}"
    twilio.contents.approve()
    assert (await whatsapp.templates.status(sid)).status == "approved"


async def test_a_rejection_comes_with_its_reason(whatsapp: TwilioChannel) -> None:
    bad = TemplateText(name="bad", language="en", locale="en_CA", body="{{1}} writes.", slots=("service_name",))
    sid = await whatsapp.templates.make(bad)
    await whatsapp.templates.submit(sid, bad)
    approval = await whatsapp.templates.status(sid)
    assert approval.status == "rejected"
    assert "start or end" in (approval.reason or "")
