"""What is stored of a conversation, for the person whose answers they are: topics, days and counts, and the answers themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from ccmm_bot.conversation.state import Standing
from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Effect, ShowReport
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Ask, Dialogue, ItemType, Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.moments import day
from ccmm_bot.i18n.places import place_names
from ccmm_bot.store.hot.work import Query, Rows, Work, as_time
from ccmm_bot.store.keys import KeyRing

_ANSWERS: Final = """
SELECT d.dialogue_id, d.run, d.started_at, r.item, CAST(r.value AS TEXT), r.value_sealed, r.skipped, r.wording_key
FROM response r JOIN dialogue_run d ON d.id = r.run_id WHERE d.conversation_id = ? ORDER BY d.started_at, d.run, r.asked_at, r.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer; ``value`` is ``None`` for a question that was passed over."""

    item: str
    wording: str  # the catalogue key of the question
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One run of a dialogue that recorded something."""

    dialogue: str
    began: datetime
    answers: tuple[Given, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Everything this conversation has left behind, oldest first."""

    topics: tuple[Topic, ...] = ()

    def lines(
        self, machine: Machine, catalogues: Catalogues, zone: ZoneInfo, language: str, answers: bool
    ) -> list[tuple[str, str]]:
        """(text, its language), one a topic. A dialogue that is no more is shown by what its answers can still tell."""
        if not self.topics:
            return [_rendered(catalogues, language, system_texts.REPORT_NOTHING)]
        return [_topic(topic, machine.dialogues.get(topic.dialogue), catalogues, zone, language, answers) for topic in self.topics]


def stored_answers(keys: KeyRing, here: Standing, effects: Iterable[Effect]) -> Work[Stored | None]:
    """Read them, in the transaction of the turn that shows them; ``None`` where nothing is to be shown."""
    if not any(isinstance(effect, ShowReport) for effect in effects):
        return None
    answer: Rows = yield Query(_ANSWERS, (here.conversation_id,))
    return Stored(topics=tuple(_topics(keys, answer)))


def _topics(keys: KeyRing, answer: Rows) -> Iterable[Topic]:
    runs: dict[tuple[str, int], tuple[datetime, list[Given]]] = {}
    for dialogue, run, started, item, value, sealed, skipped, wording in answer:
        opened = orjson.loads(keys.open(b"response.value", bytes(sealed))) if sealed is not None else None
        read = opened if opened is not None or value is None else orjson.loads(value)
        given = Given(item=item, wording=wording, value=None if skipped else read)
        runs.setdefault((dialogue, run), (as_time(started), []))[1].append(given)
    for (dialogue, _), (began, answers) in runs.items():
        yield Topic(dialogue=dialogue, began=began, answers=tuple(answers))


def _topic(
    topic: Topic, dialogue: Dialogue | None, catalogues: Catalogues, zone: ZoneInfo, language: str, answers: bool
) -> tuple[str, str]:
    title = dialogue.title if dialogue is not None else None
    head, spoken = _rendered(catalogues, language, system_texts.REPORT_LINE, *([title] if title is not None else []))
    named = head if title is None else head.split("\n", 1)[0]
    name = head.split("\n", 1)[1] if title is not None else ""
    given = sum(answer.value is not None for answer in topic.answers)
    line = named.replace("{title}", name).replace("{date}", day(topic.began, zone, spoken)).replace("{n}", str(given))
    if not answers:
        return line.strip(" ,"), spoken
    states = () if dialogue is None else dialogue.states.values()
    asks = {state.ask.item.name: state.ask for state in states if state.ask is not None}
    said = [_answer(one, asks.get(one.item), catalogues, spoken) for one in topic.answers]
    return "\n".join([line.strip(" ,"), *said]), spoken


def _answer(given: Given, ask: Ask | None, catalogues: Catalogues, language: str) -> str:
    """The question and what was answered, whole in one language."""
    if ask is None:
        return f"– {given.item.replace('_', ' ')}: {_plain(given.value)}"
    if given.value is None:
        question, skipped = _texts(catalogues, language, [ask.text, system_texts.REPORT_SKIPPED])
        return f"– {question}\n  {skipped}"
    texts = {option.id: option.text for option in ask.item.options}
    if ask.item.type is ItemType.YES_NO:
        texts = {"yes": system_texts.YES, "no": system_texts.NO}
    chosen = [str(one) for one in given.value] if isinstance(given.value, list) else [str(given.value)]
    known = [texts[one] for one in chosen if one in texts]
    question, *labels = _texts(catalogues, language, [ask.text, *known])
    if ask.item.type is ItemType.PLACE:
        labels = [place_names().get(chosen[0], chosen[0])]
    return f"– {question}\n  {', '.join(labels) or _plain(given.value)}"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "–" if value is None else str(value)


def _texts(catalogues: Catalogues, language: str, texts: Sequence[Text]) -> list[str]:
    return list(catalogues.render(texts, language).texts)


def _rendered(catalogues: Catalogues, language: str, *texts: Text) -> tuple[str, str]:
    rendered = catalogues.render(texts, language)
    return "\n".join(rendered.texts), rendered.language
