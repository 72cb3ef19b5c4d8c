"""Babel's message check for our placeholders (entry point ``babel.checkers: ccmm_braces``)."""

from __future__ import annotations

import re

from babel.messages.catalog import Catalog, Message, TranslationError

#: A slot: one name in braces. ``{{`` and ``}}`` have no meaning in our texts, so any other brace is a mistake.
SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def slots(text: str) -> tuple[str, ...]:
    """The names of the slots in a text, sorted, each as often as it occurs."""
    return tuple(sorted(SLOT.findall(text)))


def stray_braces(text: str) -> bool:
    """Whether a brace is left over that belongs to no slot."""
    rest = SLOT.sub("", text)
    return "{" in rest or "}" in rest


def check_placeholders(catalog: Catalog | None, message: Message) -> None:
    """Every slot of the English text is in the translation, and no other.

    :raises TranslationError: they differ, or a brace belongs to no slot.
    """
    if not isinstance(message.id, str) or not isinstance(message.string, str) or not message.string:
        return
    if set(slots(message.id)) != set(slots(message.string)):
        wanted = ", ".join(f"{{{name}}}" for name in dict.fromkeys(slots(message.id))) or "no placeholder"
        raise TranslationError(f"the translation must have exactly {wanted}")
    if stray_braces(message.string):
        raise TranslationError("a brace belongs to no placeholder")
