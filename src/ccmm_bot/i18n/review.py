"""What has been read by a speaker, language by language, and which languages may go live.

A catalogue says as a whole whether it is a draft or reviewed. Texts of consent, safety and rights are too grave for that: each
of them needs its own mark (:mod:`ccmm_bot.i18n.marks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from ccmm_bot.dialogue.model import Command, Dialogue, Gate, Program, State, Text
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.i18n import marks, pofiles
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, language
from ccmm_bot.i18n.marks import Reviewed
from ccmm_bot.i18n.pofiles import DOMAINS, ReviewStatus
from ccmm_bot.i18n.texts import of_all, of_dialogue, of_state


class Care(StrEnum):
    """Why a text needs its own review."""

    CONSENT = "consent"
    SAFETY = "safety"
    RIGHTS = "rights"


#: Dialogues all of whose texts are of a kind; besides, every question behind a consent or safety gate is.
_WHOLE: Mapping[str, Care] = {
    "consent": Care.CONSENT,
    "permission": Care.CONSENT,
    "research_consent": Care.CONSENT,
    "safety": Care.SAFETY,
    "quiet": Care.SAFETY,
    "erase_my_data": Care.RIGHTS,
    "my_answers": Care.RIGHTS,
}
_GATES = {Gate.CONSENT: Care.CONSENT, Gate.SAFETY: Care.SAFETY}
#: What is said when somebody stops or asks for a human is about rights, whatever the dialogues are called.
_RIGHTS_COMMANDS = (Command.STOP, Command.HUMAN)
_RIGHTS_STATES = ("rights",)


def careful(program: Program, dialogues: Mapping[str, Dialogue]) -> dict[str, Care]:
    """Key → kind, of every text that has to be read one by one; in the dialogues' order."""
    whole = {name: Care.RIGHTS for command in _RIGHTS_COMMANDS if (name := program.commands.get(command))}
    whole |= {program.consent: Care.CONSENT, **_WHOLE}
    found: dict[str, Care] = {}
    for name, dialogue in dialogues.items():
        for state_name, state in dialogue.states.items():
            if (care := whole.get(name) or _care_of(state_name, state)) is not None:
                for text in of_state(state):
                    if not text.key.startswith("system."):  # yes and no are everybody's
                        found.setdefault(text.key, care)
    return found


def _care_of(name: str, state: State) -> Care | None:
    if state.ask is not None and state.ask.gate in _GATES:
        return _GATES[state.ask.gate]
    return Care.RIGHTS if name.split("_")[0] in _RIGHTS_STATES else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareCount:
    """How many of the texts of a kind a speaker has read."""

    reviewed: int
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageReview:
    """How far a language is: for ``locale status`` and the administrators' page."""

    tag: str
    translated: int
    texts: int
    status: str  # "reviewed" where all its catalogues are, "machine-draft", "" where there is none
    by: tuple[str, ...]
    on: str  # the latest date, ISO
    careful: Mapping[Care, CareCount]
    not_live: tuple[str, ...] = ()  # dialogues that have to be reviewed before the language goes live, and are not


def table(
    catalogues: Catalogues, program: Program, dialogues: Mapping[str, Dialogue], required: Iterable[str] = ()
) -> tuple[LanguageReview, ...]:
    """Every language but English, in the order of the languages table."""
    texts, care = of_all(dialogues), careful(program, dialogues)
    wanted = tuple(required)
    return tuple(
        _row(catalogues, entry.tag, texts, care, unreviewed(catalogues, entry.tag, dialogues, care, wanted))
        for entry in LANGUAGES
        if entry.tag != SOURCE
    )


def _row(
    catalogues: Catalogues, tag: str, texts: tuple[Text, ...], care: Mapping[str, Care], not_live: tuple[str, ...]
) -> LanguageReview:
    found = [catalogues.review(tag, domain) for domain in DOMAINS]
    statuses = {one.status for one in found}
    counts = {
        kind: CareCount(
            reviewed=sum(catalogues.marked(text, tag) for text in texts if care.get(text.key) is kind),
            texts=sum(care.get(text.key) is kind for text in texts),
        )
        for kind in Care
    }
    return LanguageReview(
        tag=tag,
        translated=len(texts) - len(catalogues.missing(texts, tag)),
        texts=len(texts),
        status="" if statuses == {""} else min(statuses - {""}),  # a draft comes before reviewed
        by=tuple(dict.fromkeys(one.by for one in found if one.by)),
        on=max((one.on for one in found), default=""),
        careful=counts,
        not_live=not_live,
    )


def unreviewed(
    catalogues: Catalogues, tag: str, dialogues: Mapping[str, Dialogue], care: Mapping[str, Care], required: Iterable[str]
) -> tuple[str, ...]:
    """Which of the required dialogues nobody who speaks the language has read."""
    if language(tag).tag == SOURCE:
        return ()
    return tuple(name for name in required if not all(_read(catalogues, text, tag, care) for text in of_dialogue(dialogues[name])))


def _read(catalogues: Catalogues, text: Text, tag: str, care: Mapping[str, Care]) -> bool:
    if catalogues.marked(text, tag):
        return True
    domain = "system" if text.key.startswith("system.") else "dialogues"
    whole = catalogues.review_status(tag, domain) == ReviewStatus.REVIEWED
    return whole and text.key not in care and catalogues.text(text, tag) is not None


def not_live(
    catalogues: Catalogues, program: Program, dialogues: Mapping[str, Dialogue], required: Iterable[str]
) -> frozenset[str]:
    """The languages in which a required dialogue has not been reviewed: in those a human talks with the person.

    :raises ConfigurationError: there is no such dialogue.
    """
    names = tuple(required)
    if unknown := [name for name in names if name not in dialogues]:
        raise ConfigurationError(f"CCMM_REQUIRE_REVIEWED names no dialogue of ours: {', '.join(unknown)}")
    care = careful(program, dialogues)
    return frozenset(entry.tag for entry in LANGUAGES if names and unreviewed(catalogues, entry.tag, dialogues, care, names))


def mark_reviewed(locales_dir: Path, tag: str, by: str, on: date, keys: Iterable[str] | None = None) -> int:
    """Put a mark beside every translation of a language, or beside those with these keys; returns how many.

    Without ``keys`` the catalogues themselves become ``reviewed``: who says so has read everything.

    :raises UnknownLanguage, BrokenCatalogue, BadReviewer: see there.
    """
    entry, chosen, count = language(tag), None if keys is None else frozenset(keys), 0
    name = marks.reviewer(by)
    for domain in DOMAINS:
        path = pofiles.path_of(locales_dir, entry, domain)
        if not path.is_file():
            continue
        catalogue = pofiles.read(path, entry)
        for message in pofiles.entries(catalogue):
            if pofiles.translation(message) is not None and (chosen is None or message.context in chosen):
                marks.mark(message, name, on)
                count += 1
        if chosen is None:
            catalogue.review_status, catalogue.reviewer, catalogue.reviewed_on = ReviewStatus.REVIEWED, name, on.isoformat()
        path.write_bytes(pofiles.dump(catalogue))
    return count


def marked_by(catalogue: pofiles.PoCatalog) -> dict[str, Reviewed]:
    """Key → mark, of every text of a PO file whose mark holds."""
    return {
        message.context or "": found for message in pofiles.entries(catalogue) if (found := marks.reviewed(message)) is not None
    }
