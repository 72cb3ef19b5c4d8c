"""From effects to finished messages: what one channel can show of a question, in one language.

A question fits a channel's own buttons or lists or is written out with numbers; either way a typed number, a typed word and a
tap mean the same. A message is whole in one language: the question, its options and its hints together fall back to English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ccmm_bot.conversation.split import fitted
from ccmm_bot.conversation.withholding import gives_number, sentences, without
from ccmm_bot.dialogue import system_texts, taps
from ccmm_bot.dialogue.effects import Choice, Effect, Prompt, Say, ShowDirectory, ShowReport
from ccmm_bot.dialogue.model import Command, ItemType, Text
from ccmm_bot.dialogue.prompts import DONE, SKIP
from ccmm_bot.i18n.bidi import dialled
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.recordings import Recordings
from ccmm_bot.i18n.segments import segments
from ccmm_bot.messages import Button, ChannelLimits, Content, Layout

_SLOT = re.compile(r"\{(\w+)\}")
_MARK = "✓ "
_NO_RECORDINGS = Recordings()
#: A person sees and types more readily "1. Housing" than "1 Housing"; the period costs one character an option.
_NUMBERED = "{number}. {label}"


class Contacts(Protocol):
    """A directory of contacts, as :class:`ccmm_bot.conversation.directory.Directory` reads it from a data file."""

    def entries(self, where: str | None) -> Sequence[str]:
        """One text per contact for a region, nearest first; all of them for ``None``. Names and numbers are not translated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything presenting needs besides the effects: which channel, whose words, what fills the slots."""

    catalogues: Catalogues
    limits: ChannelLimits
    language: str
    slots: Mapping[str, str]
    directories: Mapping[str, Contacts]
    recordings: Recordings = _NO_RECORDINGS
    withheld: frozenset[str] = frozenset()  # numbers that nobody at the agency has confirmed: see conversation.withholding
    report: Callable[[bool], Sequence[tuple[str, str]]] | None = None  # what is stored of the person, with its answers or without


def present(effects: Iterable[Effect], stage: Stage) -> list[Content]:
    """The messages the effects amount to, in order. Effects that say nothing to the person are passed over.

    What is longer than the channel takes comes as several messages, with the buttons on the last.
    """
    contents: list[Content] = []
    for effect in effects:
        match effect:
            case Say():
                contents.extend(_told(effect.text, stage, contents))
            case ShowDirectory():
                contents.extend(_directory(effect, stage))
            case ShowReport():
                contents.extend(_report(effect, stage))
            case Prompt():
                contents.append(_aloud(_prompt(effect, stage), effect.text, stage))
            case _:
                pass
    limits = stage.limits
    return [part for content in contents for part in fitted(_as_dialled(content), limits)]


def _as_dialled(content: Content) -> Content:
    """With its telephone numbers in the order they are dialled, in every script."""
    text = dialled(content.text, content.language)
    return content if text == content.text else replace(content, text=text)


def _aloud(content: Content, text: Text, stage: Stage) -> Content:
    """With the recording of its text, in the language it is shown in, where the channel can send one."""
    if not stage.limits.audio or (audio := stage.recordings.of(text, content.language, stage.slots)) is None:
        return content
    return replace(content, audio=audio)


def _told(text: Text, stage: Stage, before: Sequence[Content]) -> list[Content]:
    """The message, without numbers that are withheld; 911 after it where it has lost every number and none stands above it."""
    whole = _say(text, stage)
    kept = without(whole.text, stage.withheld)
    if kept == whole.text:
        return [_aloud(whole, text, stage)]
    told = [replace(whole, text=kept)] if kept else []
    return told if any(gives_number(each.text) for each in (*before, *told)) else [*told, _say(system_texts.CRISIS_NEUTRAL, stage)]


def _say(text: Text, stage: Stage) -> Content:
    words = _WORDS_SHOWN if set(text.slots) & _WORDS_SHOWN.keys() else {}
    rendered = stage.catalogues.render([text, *words.values()], stage.language)
    slots = dict(stage.slots)
    slots.update({name: _first_word(words_) for name, words_ in zip(words, rendered.texts[1:], strict=True)})
    return Content(text=_fill(rendered.texts[0], slots), language=rendered.language)


def _directory(effect: ShowDirectory, stage: Stage) -> list[Content]:
    directory = stage.directories[effect.name]
    messages: list[str] = []
    for entry in directory.entries(effect.where):
        if messages and len(messages[-1]) + 2 + len(entry) <= min(stage.limits.max_text, 480):
            messages[-1] += "\n\n" + entry
        else:
            messages.append(entry)
    return [Content(text=message, language="en") for message in messages]


def _report(effect: ShowReport, stage: Stage) -> list[Content]:
    if stage.report is None:
        return [_say(system_texts.REPORT_NOTHING, stage)]
    lines = stage.report(effect.answers)
    if effect.answers:
        return [Content(text=text, language=language) for text, language in lines]
    return [Content(text="\n".join(text for text, _ in lines), language=lines[0][1])]


# --- questions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A prompt with all its words in one language."""

    prompt: Prompt
    language: str
    body: str  # note and question
    labels: tuple[str, ...]  # beside prompt.choices
    skip: str
    skip_hint: str
    many_hint: str
    done: str
    choose: str
    progress: str  # "3 of 12", empty where nothing is counted


@dataclass(frozen=True, slots=True)
class _Tappable:
    """How a prompt is shown with buttons: what each stands for, and what it says."""

    layout: Layout
    choices: tuple[tuple[str, str], ...]


#: The words of a question are the same for everybody who is asked it in one language: they are put together once.
_REMEMBERED = 4096
_Words = tuple["_Shown", str, "_Tappable | None"]  # with its words; numbered, as a channel without buttons is sent it; with buttons
_remembered: dict[tuple[Any, ...], tuple[tuple[Any, ...], _Words]] = {}


def _words(prompt: Prompt, stage: Stage) -> _Words:
    """The question in words, as it was the last time where nothing that they depend on has changed.

    What they depend on is told by identity, which costs next to nothing, and kept beside them, so that no id is used twice.
    """
    limits, slots = stage.limits, stage.slots
    named = [slots.get(name) for text in (prompt.text, *(choice.text for choice in prompt.choices)) if text for name in text.slots]
    of = (prompt.text, prompt.item, stage.catalogues, limits)
    key = (
        *map(id, of), stage.language, prompt.note, prompt.progress, prompt.skippable, prompt.marked,
        tuple([choice.id for choice in prompt.choices]), *named,
    )  # fmt: skip
    found = _remembered.get(key)
    if found is None:
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        found = _remembered[key] = of, _put_together(prompt, stage)
    return found[1]


def _put_together(prompt: Prompt, stage: Stage) -> _Words:
    shown = _translate(prompt, stage)
    counted = replace(shown, body=f"{shown.progress}\n{shown.body}") if shown.progress else shown
    if not stage.limits.segments:
        return counted, _numbered(counted), _tappable(counted, stage.limits)
    numbered, without = _numbered(counted), _numbered(shown)
    costs = segments(numbered).count > segments(without).count
    return counted, without if costs else numbered, None


def _prompt(prompt: Prompt, stage: Stage) -> Content:
    shown, numbered, tappable = _words(prompt, stage)
    if tappable is None:
        return Content(text=numbered, language=shown.language)
    return Content(
        text=shown.body,
        layout=tappable.layout,
        # Its buttons carry the number of this very question.
        buttons=tuple([Button(payload=taps.encode(prompt.wait, id_), label=label) for id_, label in tappable.choices]),
        list_title=shown.choose if tappable.layout is Layout.LIST else "",
        language=shown.language,
    )


def _translate(prompt: Prompt, stage: Stage) -> _Shown:
    note = system_texts.NOTES[prompt.note] if prompt.note is not None else None
    skip_word = system_texts.WORDS[Command.SKIP]
    fixed = [
        prompt.text,
        system_texts.SKIP,
        system_texts.HINT_SKIP_NUMBER,
        system_texts.HINT_SKIP_WORD,
        system_texts.HINT_MANY,
        system_texts.DONE,
        system_texts.CHOOSE,
        skip_word,
    ]
    notes = [note] if note is not None else []
    options = [choice.text for choice in prompt.choices if choice.text is not None]
    rendered = stage.catalogues.render([*fixed, *notes, *options], stage.language)
    texts = iter(rendered.texts)
    question, skip, by_number, by_word, many, done, choose, word = (next(texts) for _ in fixed)
    lead = _fill(next(texts), _bounds(prompt)) if note is not None else ""
    labels = tuple(choice.label if choice.text is None else next(texts) for choice in prompt.choices)
    typed_number = prompt.item.type in (ItemType.INTEGER, ItemType.SCALE, ItemType.PHONE, ItemType.DATE)
    return _Shown(
        prompt=prompt,
        language=rendered.language,
        body="\n".join(part for part in (lead, _fill(question, stage.slots)) if part),
        labels=tuple(_fill(label, stage.slots) for label in labels),
        skip=skip,
        skip_hint=_fill(by_word, {"word": _first_word(word)}) if typed_number else by_number,
        many_hint=many,
        done=done,
        choose=choose,
        progress=_progress(prompt, stage, rendered.language),
    )


def _numbered(shown: _Shown) -> str:
    prompt = shown.prompt
    lines = [shown.body]
    for place, (choice, label) in enumerate(zip(prompt.choices, shown.labels, strict=True), start=1):
        number = choice.id if prompt.item.type is ItemType.SCALE else str(place)
        if number == label:
            continue  # an unlabelled point of a scale: the question says what the numbers mean
        mark = _MARK if choice.id in prompt.marked else ""
        lines.append(mark + _NUMBERED.format(number=number, label=label))
    if prompt.item.type is ItemType.SELECT_MANY:
        lines.append(shown.many_hint)
    if prompt.skippable:
        lines.append(shown.skip_hint)
    return "\n".join(lines)


def _tappable(shown: _Shown, limits: ChannelLimits) -> _Tappable | None:
    """The first kind of buttons that the channel has and the question fits on."""
    if limits.keyboard and (found := _keyboard(shown, limits)) is not None:
        return found
    if limits.max_buttons and (found := _buttons(shown, limits)) is not None:
        return found
    return _list(shown, limits) if limits.max_list_items else None


def _keyboard(shown: _Shown, limits: ChannelLimits) -> _Tappable | None:
    """Telegram: every choice a button; several choices are marked one by one and sent with "that is all"."""
    return _with_buttons(shown, Layout.KEYBOARD, limits.max_keyboard_label, 100)


def _buttons(shown: _Shown, limits: ChannelLimits) -> _Tappable | None:
    """WhatsApp quick replies: at most three, short, and only for choosing one."""
    if shown.prompt.item.type is ItemType.SELECT_MANY:
        return None
    return _with_buttons(shown, Layout.BUTTONS, limits.max_button_label, limits.max_buttons or 0)


def _list(shown: _Shown, limits: ChannelLimits) -> _Tappable | None:
    """WhatsApp list picker: up to ten, opened by a button of its own; only for choosing one."""
    if shown.prompt.item.type is ItemType.SELECT_MANY or len(shown.choose) > limits.max_button_label:
        return None
    return _with_buttons(shown, Layout.LIST, limits.max_list_label, limits.max_list_items or 0)


def _with_buttons(shown: _Shown, layout: Layout, max_label: int, most: int) -> _Tappable | None:
    prompt = shown.prompt
    many = prompt.item.type is ItemType.SELECT_MANY
    pairs = [(choice.id, _label(choice, label, prompt, many)) for choice, label in zip(prompt.choices, shown.labels, strict=True)]
    if not pairs and layout is not Layout.KEYBOARD:
        return None  # nothing to choose: the hint in the text says how to skip
    if many and prompt.marked:
        pairs.append((DONE, shown.done))
    if prompt.skippable:
        pairs.append((SKIP, shown.skip))
    if not pairs or len(pairs) > most:
        return None
    labels = [label for _, label in pairs]
    if any(not label or len(label) > max_label for label in labels) or len(set(labels)) != len(labels):
        return None
    return _Tappable(layout, tuple(pairs))


def _label(choice: Choice, label: str, prompt: Prompt, many: bool) -> str:
    return _MARK + label if many and choice.id in prompt.marked else label


# --- words ------------------------------------------------------------------------------------------------------------

_WORDS_SHOWN = {
    command.value: system_texts.WORDS[command]
    for command in (Command.SKIP, Command.BACK, Command.MENU, Command.LANGUAGE, Command.HUMAN, Command.QUIET)
}


def _first_word(words: str) -> str:
    """The word we show, of a list of words that mean the same; upper case where the script has one, to stand out."""
    return words.split(",")[0].split("،")[0].split("፣")[0].strip().upper()


def _progress(prompt: Prompt, stage: Stage, language: str) -> str:
    """In the language of the question, or not at all: it is a courtesy, and no question falls back to English for it."""
    words = stage.catalogues.text(system_texts.PROGRESS, language) if prompt.progress is not None else None
    if prompt.progress is None or words is None:
        return ""
    n, m = prompt.progress
    return _fill(words, {"n": str(n), "m": str(m)})


def _bounds(prompt: Prompt) -> dict[str, str]:
    item = prompt.item
    return {
        "minimum": str(item.minimum if item.minimum is not None else 0),
        "maximum": str(item.maximum if item.maximum is not None else ""),
    }


def _fill(text: str, slots: Mapping[str, str]) -> str:
    """Named-slot substitution in one pass: what fills a slot is never looked at again, so no stored text acts as a template.

    Where nobody has written the person's name down (it was taken back while a question was open), no sentence asks for it.
    """
    if "{initials}" in text and not slots.get("initials"):
        text = " ".join(sentence for sentence in sentences(text) if "{initials}" not in sentence) or text
    return _SLOT.sub(lambda match: slots.get(match[1], ""), text) if "{" in text else text
