"""The templates (``locales/<domain>.pot``): what there is to translate, taken from the dialogues and the system texts."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file

from ccmm_bot.dialogue import system_texts
from ccmm_bot.i18n.merge import template_of
from ccmm_bot.i18n.pofiles import PoCatalog

_SYSTEM_METHOD = "ccmm_bot.i18n.extractor:extract_system"
_DIALOGUE_METHOD = "ccmm_dialogue"


def build(dialogues_dir: Path) -> dict[str, PoCatalog]:
    """The template of every domain; the same files always give the same templates.

    :raises CcmmError: a dialogue cannot be read.
    """
    dialogues = [
        message
        for path in sorted(dialogues_dir.glob("*.yaml"), key=lambda path: (path.stem == "options", path.name))
        for message in _messages(_DIALOGUE_METHOD, path, f"dialogues/{path.name}")
    ]
    system = _messages(_SYSTEM_METHOD, Path(system_texts.__file__), "src/ccmm_bot/dialogue/system_texts.py")
    return {"dialogues": template_of(dialogues, "dialogues"), "system": template_of(system, "system")}


def path_of(locales_dir: Path, domain: str) -> Path:
    """Where a template lies."""
    return locales_dir / f"{domain}.pot"


def _messages(method: str, path: Path, shown: str) -> list[Message]:
    messages = []
    for line, source, comments, context in extract_from_file(method, path, DEFAULT_KEYWORDS):
        message = Message(source, "", locations=[(shown, line)], auto_comments=comments, context=context)
        messages.append(message)
    return messages
