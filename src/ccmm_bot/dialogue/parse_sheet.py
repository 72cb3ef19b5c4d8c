"""One file being read: nodes become values, and whatever does not fit becomes a finding while reading goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypeVar

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.model import Mark, Text

T = TypeVar("T")

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,47}\Z")
_DURATION: Final = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?\Z")
_NO_TEXTS: Final[Mapping[str, Text]] = MappingProxyType({})
_INTEGER: Final = re.compile(r"[-+]?\d{1,9}\Z")


def _kind(node: Node) -> str:
    match node:
        case MappingNode():
            return "a mapping"
        case SequenceNode():
            return "a list"
        case _:
            pass
    names = {"int": "a number", "float": "a number", "bool": "true or false", "null": "nothing", "timestamp": "a date"}
    return names.get(str(node.tag).rsplit(":", 1)[-1], "a text")


class Sheet:
    """Reads nodes of one file and keeps what is wrong with them in :attr:`findings`.

    Every method that returns ``None`` has reported why.
    """

    def __init__(self, file: str, texts: Mapping[str, Text] = _NO_TEXTS) -> None:
        self.file = file
        self.texts = texts  # those that dialogues share, by name
        self.findings: list[Finding] = []

    def mark(self, node: Node) -> Mark:
        """Where ``node`` begins."""
        return Mark(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def report(self, rule: Rule, node: Node, message: str, fix: str | None = None) -> None:
        """Keep a finding at ``node``."""
        self.findings.append(finding(rule, self.mark(node), message, fix))

    def _wrong_kind(self, node: Node, what: str, wanted: str) -> None:
        self.report(rules.WRONG_KIND, node, f"{what} is {_kind(node)}", f"Write {wanted}.")

    def entries(self, node: Node, what: str) -> list[tuple[str, ScalarNode, Node]] | None:
        """Key, key node and value node of a mapping, in the author's order."""
        if not isinstance(node, MappingNode):
            self._wrong_kind(node, what, "a mapping (key: value)")
            return None
        return [(key.value, key, value) for key, value in node.value]

    def fields(self, node: Node, what: str, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Node] | None:
        """The values of a mapping with known keys; unknown and missing ones are reported."""
        entries = self.entries(node, what)
        if entries is None:
            return None
        needed, known = tuple(required), (*required, *optional)
        out: dict[str, Node] = {}
        for name, key, value in entries:
            if name in known:
                out[name] = value
            else:
                self.report(rules.UNKNOWN_KEY, key, f'{what} has an unknown key "{name}"', did_you_mean(name, known))
        for name in needed:
            if name not in out:
                self.report(rules.MISSING_KEY, node, f'{what} has no "{name}"', f'Add "{name}:".')
        return out

    def items(self, node: Node, what: str, each: Callable[[Node], T | None]) -> tuple[T, ...]:
        """A list, each element read by ``each``; elements that do not fit are left out, having been reported."""
        if not isinstance(node, SequenceNode):
            self._wrong_kind(node, what, "a list")
            return ()
        return tuple(value for value in map(each, node.value) if value is not None)

    def string(self, node: Node, what: str) -> str | None:
        """A text. What YAML takes for a number or a truth value is not one."""
        if isinstance(node, ScalarNode) and str(node.tag).endswith((":str", ":timestamp")):
            return str(node.value)
        self._wrong_kind(node, what, "a text, in quotes")
        return None

    def word(self, node: Node, what: str) -> str | None:
        """Any scalar as it is written: an id such as ``yes`` or ``1``."""
        if isinstance(node, ScalarNode) and not str(node.tag).endswith(":null"):
            return str(node.value)
        self._wrong_kind(node, what, "a word")
        return None

    def integer(self, node: Node, what: str, least: int | None = None) -> int | None:
        """A whole number, at least ``least``."""
        if isinstance(node, ScalarNode) and str(node.tag).endswith(":int") and _INTEGER.match(node.value):
            value = int(node.value)
            if least is None or value >= least:
                return value
            self.report(rules.BAD_RANGE, node, f"{what} is {value}", f"Write a whole number from {least} on.")
            return None
        self._wrong_kind(node, what, "a whole number")
        return None

    def boolean(self, node: Node, what: str) -> bool | None:
        """``true`` or ``false``."""
        if isinstance(node, ScalarNode) and str(node.tag).endswith(":bool"):
            return str(node.value).lower() == "true"
        self._wrong_kind(node, what, "true or false, without quotes")
        return None

    def scalar(self, node: Node, what: str) -> str | int | bool | None:
        """A value to compare with: a text, a whole number, true or false."""
        if isinstance(node, ScalarNode):
            tag = str(node.tag)
            if tag.endswith(":bool"):
                return str(node.value).lower() == "true"
            if tag.endswith(":int") and _INTEGER.match(node.value):
                return int(node.value)
            if tag.endswith((":str", ":timestamp")):
                return str(node.value)
        self._wrong_kind(node, what, "a word, a whole number, true or false")
        return None

    def name(self, node: Node, what: str) -> str | None:
        """A name: of a dialogue, a state, an item, an option, a fact."""
        value = self.word(node, what)
        if value is None:
            return None
        if NAME.match(value):
            return value
        self.report(rules.BAD_NAME, node, f'{what} is "{value[:60]}"')
        return None

    def one_of(self, node: Node, what: str, choices: Iterable[str]) -> str | None:
        """One of a few words."""
        value = self.word(node, what)
        known = tuple(choices)
        if value is None or value in known:
            return value
        self.report(rules.BAD_VALUE, node, f'{what} is "{value[:60]}"', did_you_mean(value, known))
        return None

    def duration(self, node: Node, what: str) -> timedelta | None:
        """An ISO 8601 duration of weeks, days, hours and minutes, longer than nothing."""
        value = self.word(node, what)
        if value is None:
            return None
        match = _DURATION.match(value)
        if match is not None:
            weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
            length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
            if length:
                return length
        self.report(rules.BAD_DURATION, node, f'{what} is "{value[:60]}"')
        return None
