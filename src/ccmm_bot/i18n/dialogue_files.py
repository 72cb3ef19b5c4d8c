"""The texts of a dialogue file as they stand in it, with their lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ccmm_bot.dialogue.model import Mark, Text
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.checkers import SLOT


class UnreadableDialogue(CcmmError):
    """A file is not YAML; the message names file and line."""


def texts_in_file(path: Path) -> Iterator[Text]:
    """The texts of one file: a dialogue's own, or the shared option sets of ``options.yaml``. Other files have none.

    The keys are those of :mod:`ccmm_bot.dialogue.parse`. A dialogue that does not pass the check yet can be extracted all the same.

    :raises UnreadableDialogue: the file is not YAML.
    """
    try:
        root = YAML(typ="safe", pure=True).compose(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise UnreadableDialogue(f"{path}: not YAML in UTF-8: {error}") from error
    dialogue = _get(root, "dialogue")
    if isinstance(dialogue, ScalarNode):
        for name, state in _pairs(_get(root, "states")):
            yield from _state(state, f"{dialogue.value}.{name}", path.name)
    for name, options in _pairs(_get(root, "sets")):
        yield from _options(options, f"options.{name}", path.name)


def _state(state: Node, key: str, file: str) -> Iterator[Text]:
    yield from _one_or_many(_get(state, "say"), f"{key}.say", file)
    ask = _get(state, "ask")
    for field in ("text", "again", "why"):
        yield from _text(_get(ask, field), f"{key}.{field}", file)
    yield from _options(_get(ask, "options"), f"{key}.options", file)
    yield from _options(_get(ask, "labels"), f"{key}.labels", file)


def _options(options: Node | None, key: str, file: str) -> Iterator[Text]:
    for name, option in _pairs(options):
        yield from _text(_get(option, "text") or option, f"{key}.{name}", file)


def _one_or_many(node: Node | None, key: str, file: str) -> Iterator[Text]:
    if isinstance(node, SequenceNode):
        for place, part in enumerate(node.value):
            yield from _text(part, f"{key}.{place}", file)
    else:
        yield from _text(node, key, file)


def _text(node: Node | None, key: str, file: str) -> Iterator[Text]:
    if isinstance(node, ScalarNode) and node.value:
        mark = Mark(file, node.start_mark.line + 1, node.start_mark.column + 1)
        yield Text(key=key, source=node.value, slots=tuple(dict.fromkeys(SLOT.findall(node.value))), mark=mark)


def _get(node: Node | None, name: str) -> Node | None:
    return next((value for key, value in _pairs(node) if key == name), None)


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    if isinstance(node, MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)
