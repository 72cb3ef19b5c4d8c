"""Which dialogues are heard in which languages and scripts, read from the transcripts themselves.

A transcript holds a dialogue where the bot says one of its own texts, or where it is said how the dialogue ended (the one that ends
everything without a word has no texts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.model import Dialogue
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import language
from ccmm_bot.i18n.texts import of_dialogue
from tests.transcripts import scripts

ROOT = Path(__file__).parents[2]
_SLOT = re.compile(r"\\\{\w+\\\}")

Matrix = Mapping[str, Mapping[str, int]]


@cache
def dialogues() -> Mapping[str, Dialogue]:
    """The real ones."""
    return load_program(ROOT / "dialogues").dialogues


def matrix() -> Matrix:
    """Dialogue → language → in how many transcripts it is heard."""
    found: dict[str, dict[str, int]] = {name: {} for name in sorted(dialogues())}
    for path in sorted(scripts.FOLDER.glob("*/*.txt")):
        tag = path.parent.name
        for name in heard(scripts.read(path), tag):
            found[name][tag] = found[name].get(tag, 0) + 1
    return found


def scripts_of(by_language: Mapping[str, int]) -> set[str]:
    """The scripts of these languages."""
    return {language(tag).script.value for tag in by_language}


def heard(script: scripts.Script, tag: str) -> Iterator[str]:
    """The dialogues of a transcript."""
    said = "\n".join(line.removeprefix("<").strip() for move in script.moves for line in move.expected)
    ends = {check.split()[1] for _, check in script.checks if check.startswith("outcome ")}
    for name, pattern in _patterns(tag).items():
        if name in ends or (pattern is not None and pattern.search(said)):
            yield name


@cache
def _patterns(tag: str) -> dict[str, re.Pattern[str] | None]:
    """For each dialogue, what shows that it is speaking; ``None`` for one that has nothing of its own to say."""
    catalogues = Catalogues.load(ROOT / "locales")
    patterns: dict[str, re.Pattern[str] | None] = {}
    for name, dialogue in dialogues().items():
        own = [text for text in of_dialogue(dialogue) if re.match(rf"{name}\.\w+\.(say|text|again)\b", text.key)]
        wordings = [catalogues.text(text, tag) or text.source for text in own]
        parts = [_SLOT.sub(".*", re.escape(wording)) for wording in wordings]
        patterns[name] = re.compile(f"^(?:{'|'.join(parts)})$", re.MULTILINE) if parts else None
    return patterns


def table() -> str:
    """The matrix as text, one dialogue a line."""
    lines = []
    for name, by_language in matrix().items():
        counts = " ".join(f"{tag}:{count}" for tag, count in by_language.items())
        lines.append(f"{name:<20} {len(scripts_of(by_language))} scripts  {counts}")
    return "\n".join(lines)
