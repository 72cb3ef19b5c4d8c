"""The longer rows an effect becomes, in the order of their columns (:mod:`ccmm_bot.store.hot.writes`)."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, Final

import orjson

from ccmm_bot.conversation.state import Standing
from ccmm_bot.dialogue.effects import Consent, Record, StartRun
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.values import SKIPPED
from ccmm_bot.store.keys import Sealer
from ccmm_bot.store.types import new_id, stamp

#: Answers in a person's own words or digits; everything else is one of our codes.
_PERSONAL: Final = (ItemType.TEXT, ItemType.PHONE, ItemType.DATE)


@lru_cache(maxsize=4096)
def wording_hash(source: str) -> str:
    """SHA-256 of an English wording: tells whether two people were asked the same."""
    return hashlib.sha256(source.encode()).hexdigest()


def run_row(key: str, here: Standing, effect: StartRun, follow_up: str | None, language: str | None, at: str) -> list[Any]:
    """A run that begins; its last two columns are filled in where it ends in the same turn."""
    ref = effect.dialogue
    return [
        key,
        here.account.agency_id,
        here.conversation_id,
        here.person_id,
        effect.run,
        ref.id,
        ref.version,
        ref.hash,
        effect.instrument,
        effect.instrument_version,
        effect.parent,
        follow_up,
        language,
        here.account.channel.value,
        at,
        None,
        None,
    ]


def consent_row(here: Standing, effect: Consent, wording: str | None, at: str) -> tuple[Any, ...]:
    """Proof of consent; ``wording`` is the question as the person saw it."""
    return (
        new_id(),
        here.account.agency_id,
        here.person_id,
        here.conversation_id,
        effect.kind,
        effect.given,
        wording,
        None if effect.wording is None else effect.wording.key,
        effect.language,
        here.account.channel.value,
        effect.dialogue.id,
        effect.dialogue.version,
        effect.dialogue.hash,
        at,
        None,
    )


def recorded_consent_row(here: Standing, kind: str, given: bool, at: str, staff_id: str) -> tuple[Any, ...]:
    """A consent that was not given in a dialogue but to somebody at the agency, who wrote it down."""
    who = (new_id(), here.account.agency_id, here.person_id, here.conversation_id)
    return (*who, kind, given, None, None, None, here.account.channel.value, None, None, None, at, staff_id)


def response_row(keys: Sealer, here: Standing, run: str, record: Record) -> tuple[Any, ...]:
    """An answer. A skipped one has no value, sealed or not."""
    item, answer = record.item, record.answer
    value: str | None = None
    sealed: bytes | None = None
    if answer is not SKIPPED:
        data = orjson.dumps(answer)
        if item.type in _PERSONAL:
            sealed = keys.seal(b"response.value", data)
        else:
            value = data.decode()
    return (
        new_id(),
        here.account.agency_id,
        run,
        item.name,
        item.type.value,
        value,
        sealed,
        answer is SKIPPED,
        keys.seal_text(b"response.raw", record.raw),
        record.language,
        here.account.channel.value,
        item.instrument,
        item.instrument_version,
        record.wording.key,
        wording_hash(record.wording.source),
        stamp(record.asked_at),
        stamp(record.answered_at),
        1,
    )
