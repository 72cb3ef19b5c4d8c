"""What an author's commands work with: dialogues, catalogues, reader and channels put together, without a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ccmm_bot.conversation.directory import load_directory
from ccmm_bot.conversation.fit import misfits
from ccmm_bot.conversation.present import Contacts, Stage, present
from ccmm_bot.conversation.split import size
from ccmm_bot.dialogue import prompts, system_texts
from ccmm_bot.dialogue.effects import Choice, Note, Prompt, Say
from ccmm_bot.dialogue.findings import DialogueErrors
from ccmm_bot.dialogue.loader import Loaded, load_program
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Ask, Program, Text
from ccmm_bot.dialogue.verify.scope import Scope
from ccmm_bot.dialogue.verify.translated import offered
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, TAGS
from ccmm_bot.i18n.reading import TypedReader
from ccmm_bot.i18n.segments import segments
from ccmm_bot.messages import LIMITS, ChannelKind, ChannelLimits
from ccmm_bot.settings import Settings

#: SMS segments a text may take that is said, not asked (a question says so itself: ``segments``).
SAID_SEGMENTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Everything the commands share."""

    loaded: Loaded
    catalogues: Catalogues
    reader: TypedReader
    languages: tuple[str, ...]  # those that have every system text, and so can be offered at all
    slots: Mapping[str, str]
    locales: Path

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The menu of languages."""
        return tuple(Choice(id=entry.tag, label=entry.autonym) for entry in LANGUAGES if entry.tag in self.languages)

    def machine(self, program: Program) -> Machine:
        """The real machine over the dialogues that compiled."""
        return Machine(program, self.loaded.dialogues, self.choices, self.reader)

    def directories(self) -> dict[str, Contacts]:
        """Every directory of contacts beside the dialogues."""
        return {name: load_directory(self.loaded.folder / f"{name}.yaml") for name in sorted(self.loaded.directories)}

    def stage(self, limits: ChannelLimits, language: str, directories: Mapping[str, Contacts]) -> Stage:
        """What presenting needs."""
        return Stage(catalogues=self.catalogues, limits=limits, language=language, slots=self.slots, directories=directories)

    def scope(self, wanted: tuple[str, ...]) -> Scope:
        """What the checks look at. ``wanted`` narrows the languages, and makes what they lack a finding."""
        loaded = self.loaded
        program = loaded.program
        if program is None:
            raise DialogueErrors(loaded.findings)
        tags = wanted or TAGS
        whole = tuple(tag for tag in tags if tag in self.languages)
        return Scope(
            program=program,
            dialogues=loaded.dialogues,
            shared=loaded.shared,
            named=loaded.named,
            directories=loaded.directories,
            marks=loaded.marks,
            instruments=loaded.instruments,
            instrument_files=loaded.instrument_files,
            languages=tags,
            offered={name: offered(dialogue, self.catalogues, whole) for name, dialogue in loaded.dialogues.items()},
            wanted=tuple(tag for tag in wanted if tag != SOURCE),
            wordings=self.catalogues,
            reader=self.reader,
            budget=Fit(self, self.machine(program)),
        )


def open_workbench(dialogues: Path | None, locales: Path | None) -> Workbench:
    """Read both folders; those of the settings where none is named.

    :raises CcmmError: a catalogue cannot be read
    """
    settings = Settings()
    locales_dir = locales or settings.locales_dir
    catalogues = Catalogues.load(locales_dir)
    return Workbench(
        loaded=load_program(_from_here(dialogues or settings.dialogues_dir)),
        catalogues=catalogues,
        reader=TypedReader(catalogues),
        languages=catalogues.offered(system_texts.every()),
        slots={"service_name": settings.service_name, "agency_name": settings.agency_name, "initials": "A. B."},
        locales=locales_dir,
    )


def _from_here(folder: Path) -> Path:
    """As short as it can be said from where the command was run, so that findings are links in a terminal."""
    try:
        return folder.resolve().relative_to(Path.cwd())
    except ValueError:
        return folder


class Fit:
    """The budget of :mod:`ccmm_bot.dialogue.verify.fits`: messages are rendered as they are sent, and measured."""

    def __init__(self, workbench: Workbench, machine: Machine) -> None:
        self._workbench = workbench
        self._machine = machine

    def __call__(self, text: Text, ask: Ask | None, language: str) -> Iterator[str]:
        """Why the message does not fit, for each channel it does not fit."""
        effect: Say | Prompt
        if ask is None:
            effect, allowed = Say(text=text), SAID_SEGMENTS
        else:
            effect, allowed = self.prompt(text, ask), ask.segments
        for kind in (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.TELEGRAM):
            limits = LIMITS[kind]
            contents = present([effect], self._workbench.stage(limits, language, {}))
            if len(contents) > 1:
                length = sum(size(content.text) for content in contents)
                yield f"{length} characters on {kind.value}, at most {limits.max_text} fit"
                continue
            for content in contents:
                yield from misfits(content, limits)
                if limits.segments and (count := segments(content.text).count) > allowed:
                    yield f"{count} SMS segments, at most {allowed} are allowed"

    def prompt(self, text: Text, ask: Ask) -> Prompt:
        """The question as the engine asks it the first time."""
        return Prompt(
            wait=1,
            text=text,
            item=ask.item,
            choices=prompts.choices(self._machine, ask.item, 0, ()),
            note=Note.NOT_UNDERSTOOD if text is ask.again else None,
            skippable=ask.skip,
            segments=ask.segments,
        )
