"""Texts as authors write them: not empty, with slots in braces."""

from __future__ import annotations

import re
from typing import Final

from ruamel.yaml.nodes import MappingNode, Node

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import did_you_mean
from ccmm_bot.dialogue.model import Text
from ccmm_bot.dialogue.parse_sheet import Sheet

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_SLOT: Final = re.compile(r"[a-z][a-z0-9_]*\Z")


def read_text(sheet: Sheet, node: Node, key: str, what: str) -> Text | None:
    """The text at ``node`` under the catalogue key ``key``; ``{shared: name}`` is a text of ``options.yaml``, under its own."""
    if isinstance(node, MappingNode):
        return _shared(sheet, node, what)
    source = sheet.string(node, what)
    if source is None:
        return None
    if not source.strip():
        sheet.report(rules.BAD_TEXT, node, f"{what} is empty")
        return None
    slots = read_slots(source)
    if slots is None:
        sheet.report(rules.BAD_BRACES, node, f"{what} has a brace that is not part of a slot")
        return None
    return Text(key=key, source=source, slots=slots, mark=sheet.mark(node))


def _shared(sheet: Sheet, node: Node, what: str) -> Text | None:
    fields = sheet.fields(node, what, ("shared",))
    name = sheet.name(fields["shared"], "the shared text") if fields and "shared" in fields else None
    if name is None:
        return None
    if name not in sheet.texts:
        sheet.report(rules.UNKNOWN_SET, node, f'there is no shared text "{name}"', did_you_mean(name, sheet.texts))
    return sheet.texts.get(name)


def read_slots(source: str) -> tuple[str, ...] | None:
    """The names in braces, each once, in order; ``None`` where a brace is no part of a name in braces."""
    names: list[str] = []
    for match in _BRACES.finditer(source):
        if not _SLOT.match(match[1]):
            return None
        if match[1] not in names:
            names.append(match[1])
    rest = _BRACES.sub("", source)
    return None if "{" in rest or "}" in rest else tuple(names)
