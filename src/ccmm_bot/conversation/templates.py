"""The WhatsApp templates an installation needs, from its dialogues and catalogues.

One for each opening of a dialogue that we start, exactly as it would be sent (so that outside the 24-hour window it can be), and
one *knock*, which only says that there is a message. Each in every language that has the texts and that WhatsApp takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ccmm_bot.conversation.fit import misfits
from ccmm_bot.conversation.present import Stage, present
from ccmm_bot.dialogue import prompts, system_texts
from ccmm_bot.dialogue.effects import Prompt, Say
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Dialogue, State
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.whatsapp import LOCALES
from ccmm_bot.messages import LIMITS, ChannelKind, Layout, TemplateText
from ccmm_bot.store.templates import KNOCK

_LIMITS = LIMITS[ChannelKind.WHATSAPP]
_MARK = re.compile("\x02(\\w+)\x03")
_VARIABLE = r"\{\{\d+\}\}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A template, and why WhatsApp would refuse it (nothing: it can be handed in)."""

    text: TemplateText
    faults: tuple[str, ...]


def drafts(machine: Machine, dialogues: Mapping[str, Dialogue], catalogues: Catalogues) -> list[Draft]:
    """Every template this installation needs. A language that lacks a text has no template of it: it would be in English."""
    found: list[Draft] = []
    for language, locale in LOCALES.items():
        found += _knock(catalogues, language, locale)
        for name, dialogue in sorted(dialogues.items()):
            if dialogue.unprompted:
                found += _openings(machine, name, dialogue, catalogues, language, locale)
    return found


def _knock(catalogues: Catalogues, language: str, locale: str) -> Iterator[Draft]:
    rendered = catalogues.render([system_texts.KNOCK, system_texts.KNOCK_BUTTON], language)
    if rendered.language == language:
        text = re.sub(r"\{(\w+)\}", "\x02\\1\x03", rendered.texts[0])
        yield _draft(KNOCK, language, locale, text, (rendered.texts[1],), ())


def _openings(
    machine: Machine, name: str, dialogue: Dialogue, catalogues: Catalogues, language: str, locale: str
) -> Iterator[Draft]:
    """What the dialogue says and asks first. A first state that only routes leaves it to those it leads to."""
    first = dialogue.states[dialogue.initial]
    following = [dialogue.states[to.target] for to in first.next if to.target in dialogue.states]
    states = [first] if first.say or first.ask else following
    marks = {slot: f"\x02{slot}\x03" for slot in machine.program.slots}
    stage = Stage(catalogues=catalogues, limits=_LIMITS, language=language, slots=marks, directories={})
    number = 0
    for state in states:
        for content in present(list(_said(machine, state)), stage):
            if content.language != language:
                continue
            number += 1
            faults = [*misfits(content, _LIMITS)]
            if content.layout is Layout.LIST:
                faults.append("a list cannot open a conversation: at most three short options can")
            labels = tuple(button.label for button in content.buttons)
            yield _draft(name if number == 1 else f"{name}_{number}", language, locale, content.text, labels, tuple(faults))


def _said(machine: Machine, state: State) -> Iterator[Say | Prompt]:
    yield from (Say(text=text) for text in state.say)
    if state.ask is not None:
        ask = state.ask
        shown = prompts.choices(machine, ask.item, 0, ())
        yield Prompt(wait=1, text=ask.text, item=ask.item, choices=shown, note=None, skippable=ask.skip, segments=ask.segments)


def _draft(name: str, language: str, locale: str, marked: str, buttons: tuple[str, ...], faults: tuple[str, ...]) -> Draft:
    slots: list[str] = []

    def number(match: re.Match[str]) -> str:
        slots.append(match[1])
        return f"{{{{{len(slots)}}}}}"

    body = _MARK.sub(number, marked)
    text = TemplateText(name=name, language=language, locale=locale, body=body, slots=tuple(slots), buttons=buttons)
    return Draft(text=text, faults=(*faults, *faults_of(body)))


def faults_of(body: str) -> Iterator[str]:
    """Meta, "Message templates", common reasons for rejection: variables at either end, or with nothing between them."""
    if re.match(_VARIABLE, body.strip()):
        yield "it begins with a variable"
    if re.search(_VARIABLE + r"\Z", body.strip()):
        yield "it ends with a variable"
    if re.search(_VARIABLE + r"\s*" + _VARIABLE, body):
        yield "two variables stand beside each other"
