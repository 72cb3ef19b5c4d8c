"""Recordings of the texts, made by the agency: what a speaker reads aloud, and which recording belongs to which text.

A recording lies at ``<folder>/<tag>/<key>.ogg`` (Opus in OGG, as voice messages are), with what was read beside it in
``<key>.txt``. It is sent only while that is still what the text says: a recording of yesterday's wording, of a consent above all,
is worse than none. A question is recorded together with its numbered answers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Ask, Dialogue, ItemType, Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.messages import Audio

_SLOT: Final = re.compile(r"\{(\w+)\}")
#: Slots that say the same to everybody; a text with any other (whose initials, which date) cannot be recorded once for all.
_SAME: Final = ("service_name", "agency_name")
_LIST: Final = re.compile(r"[,،፣]")


class RecordingState(StrEnum):
    """What there is of a recording."""

    DONE = "done"
    MISSING = "missing"
    UNCONFIRMED = "unconfirmed"  # there, but nobody has noted what it says
    OUTDATED = "outdated"  # the text has changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a speaker reads aloud for one recording."""

    key: str
    text: str  # with the names filled in, and the answers numbered below a question
    file: Path  # relative to the folder of recordings


def scripts(dialogues: Mapping[str, Dialogue], catalogues: Catalogues, tag: str, slots: Mapping[str, str]) -> tuple[Script, ...]:
    """Everything there is to read aloud in a language, in the dialogues' order; what is not translated is left out.

    :raises UnknownLanguage: not one of our tags.
    """
    found: dict[str, Script] = {}
    for text, ask in _spoken(dialogues):
        if text.key not in found and (words := _words(text, ask, catalogues, tag, slots)) is not None:
            found[text.key] = Script(key=text.key, text=words, file=Path(tag) / f"{text.key}.ogg")
    return tuple(found.values())


def _spoken(dialogues: Mapping[str, Dialogue]) -> Iterator[tuple[Text, Ask | None]]:
    for dialogue in dialogues.values():
        for state in dialogue.states.values():
            yield from ((text, None) for text in state.say)
            if (ask := state.ask) is not None:
                yield ask.text, ask
                yield from ((text, ask if text is ask.again else None) for text in (ask.again, ask.why) if text is not None)
    yield from ((text, None) for text in (system_texts.HELP, system_texts.STUCK, system_texts.STOPPED, system_texts.KEPT_FOR_STAFF))


def _words(text: Text, ask: Ask | None, catalogues: Catalogues, tag: str, slots: Mapping[str, str]) -> str | None:
    shown = {command.value: words for command, words in system_texts.WORDS.items()}
    options = () if ask is None else tuple(option.text for option in ask.item.options)
    named = dict.fromkeys(slot for one in (text, *options) for slot in one.slots)
    if any(slot not in _SAME and slot not in shown for slot in named):
        return None
    parts = [catalogues.text(one, tag) for one in (text, *options, *(shown[slot] for slot in named if slot in shown))]
    if any(part is None for part in parts):
        return None
    found = [str(part) for part in parts]
    words = (_LIST.split(part)[0].strip().upper() for part in found[1 + len(options) :])
    values = dict(slots) | dict(zip((slot for slot in named if slot in shown), words, strict=True))
    lines = [found[0], *(f"{number}. {label}" for number, label in zip(_numbers(ask), found[1 : 1 + len(options)], strict=True))]
    return _SLOT.sub(lambda match: values.get(match[1], ""), "\n".join(lines))


def _numbers(ask: Ask | None) -> list[str]:
    """What is typed for each answer: its place, or the point of a scale."""
    options = () if ask is None else ask.item.options
    scale = ask is not None and ask.item.type is ItemType.SCALE
    return [option.id if scale else str(place) for place, option in enumerate(options, 1)]


def state_of(folder: Path, script: Script) -> RecordingState:
    """Whether the recording is there and says what the text says."""
    recording = folder / script.file
    if not recording.is_file():
        return RecordingState.MISSING
    said = recording.with_suffix(".txt")
    if not said.is_file():
        return RecordingState.UNCONFIRMED
    same = said.read_text(encoding="utf-8").strip() == script.text.strip()
    return RecordingState.DONE if same else RecordingState.OUTDATED


def confirm(folder: Path, script: Script) -> bool:
    """Note what a recording says, after somebody listened to it; ``False`` where that is not needed or cannot be.

    An outdated recording has to be made anew first: only one that is newer than its note is confirmed again.
    """
    state, recording = state_of(folder, script), folder / script.file
    said = recording.with_suffix(".txt")
    newer = state is RecordingState.OUTDATED and recording.stat().st_mtime > said.stat().st_mtime
    if state is not RecordingState.UNCONFIRMED and not newer:
        return False
    said.write_text(script.text + "\n", encoding="utf-8")
    return True


class Recordings:
    """The recordings that may be sent. Immutable; read once, when the service starts."""

    def __init__(self, found: Mapping[tuple[str, str], Audio] | None = None, slots: Mapping[str, str] | None = None) -> None:
        """``found``: (tag, key) → recording. ``slots``: the names that are spoken in them."""
        self._found = dict(found or {})
        self._slots = {name: (slots or {}).get(name, "") for name in _SAME}
        self._files = {audio.name: Path(audio.file) for audio in self._found.values()}

    @classmethod
    def load(
        cls, folder: Path | None, dialogues: Mapping[str, Dialogue], catalogues: Catalogues, slots: Mapping[str, str]
    ) -> Recordings:
        """Every recording in the folder that says what its text says; none where there is no folder."""
        if folder is None or not folder.is_dir():
            return cls()
        found = {}
        for tag in sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name in catalogues.tags):
            for script in scripts(dialogues, catalogues, tag, slots):
                if state_of(folder, script) is RecordingState.DONE:
                    path = (folder / script.file).resolve()
                    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
                    found[tag, script.key] = Audio(name=f"{tag}/{digest}.ogg", file=str(path))
        return cls(found, slots)

    def of(self, text: Text, tag: str, slots: Mapping[str, str]) -> Audio | None:
        """The recording of a text; ``None`` where there is none, or where it speaks another agency's name."""
        audio = self._found.get((tag, text.key))
        if audio is None or any(self._slots[name] != slots.get(name) for name in text.slots if name in _SAME):
            return None
        return audio

    def file(self, name: str) -> Path | None:
        """The file behind an :class:`Audio`'s name; ``None`` where it is none of ours."""
        return self._files.get(name)
