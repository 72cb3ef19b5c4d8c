"""``program.yaml`` and ``options.yaml``: what the dialogues of one installation share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from ruamel.yaml.nodes import Node, ScalarNode

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import Finding, in_order
from ccmm_bot.dialogue.model import LANGUAGES, Command, Mark, Program
from ccmm_bot.dialogue.options import TEXTS, OptionSet, OptionSets, key
from ccmm_bot.dialogue.parse_items import read_options
from ccmm_bot.dialogue.parse_sheet import Sheet
from ccmm_bot.dialogue.parse_yaml import compose
from ccmm_bot.dialogue.values import Fact

#: The commands a dialogue of the program answers; the engine answers help, menu, back and skip itself.
CALLED: Final = (Command.STOP, Command.START, Command.HUMAN, Command.LANGUAGE)
#: Commands a program may leave out; whoever says the word is then told what the words are.
MAY_BE_CALLED: Final = (Command.QUIET,)
_REQUIRED: Final = ("program", "entry", "menu", "consent", "commands")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedProgram:
    """The program, where each of its names stands (``commands.stop``, ``facts.channel`` …), and what is wrong."""

    program: Program | None
    marks: Mapping[str, Mark]
    findings: tuple[Finding, ...] = ()


def parse_program(source: str, file: str) -> ParsedProgram:
    """Compile ``program.yaml``."""
    root, findings = compose(source, file)
    if root is None:
        return ParsedProgram(program=None, marks={}, findings=in_order(findings))
    sheet = Sheet(file)
    marks: dict[str, Mark] = {}
    program = _program(sheet, root, marks)
    return ParsedProgram(program=None if sheet.findings else program, marks=marks, findings=in_order(sheet.findings))


def _program(sheet: Sheet, root: Node, marks: dict[str, Mark]) -> Program | None:
    fields = sheet.fields(root, "the program", _REQUIRED, ("facts", "slots", "opening"))
    if fields is None:
        return None
    if "program" in fields:
        sheet.name(fields["program"], "the program's name")
    names: dict[str, str] = {}
    for role in ("entry", "menu", "consent", "opening"):
        if role in fields:
            marks[role] = sheet.mark(fields[role])
            name = sheet.name(fields[role], role)
            if name is not None:
                names[role] = name
    commands = _commands(sheet, fields["commands"], marks) if "commands" in fields else {}
    facts = _facts(sheet, fields["facts"], marks) if "facts" in fields else {}
    slots = _slots(sheet, fields["slots"], marks) if "slots" in fields else ()
    if not {"entry", "menu", "consent"} <= names.keys():
        return None
    return Program(
        entry=names["entry"],
        menu=names["menu"],
        consent=names["consent"],
        commands=MappingProxyType(commands),
        facts=MappingProxyType(facts),
        slots=slots,
        opening=names.get("opening"),
        mark=sheet.mark(root),
    )


def _commands(sheet: Sheet, node: Node, marks: dict[str, Mark]) -> dict[Command, str]:
    fields = sheet.fields(node, "commands", [one.value for one in CALLED], [one.value for one in MAY_BE_CALLED]) or {}
    out: dict[Command, str] = {}
    for name, value in fields.items():
        marks[f"commands.{name}"] = sheet.mark(value)
        target = sheet.name(value, name)
        if target is not None:
            out[Command(name)] = target
    return out


def _facts(sheet: Sheet, node: Node, marks: dict[str, Mark]) -> dict[str, tuple[Fact, ...] | None]:
    out: dict[str, tuple[Fact, ...] | None] = {}
    for _, name_node, value in sheet.entries(node, "facts") or ():
        name = sheet.name(name_node, "a fact")
        if name is None:
            continue
        marks[f"facts.{name}"] = sheet.mark(name_node)
        if isinstance(value, ScalarNode):
            if value.value != "any":
                sheet.report(rules.BAD_VALUE, value, f'the fact "{name}" is "{value.value}"', "List its values, or write any.")
            out[name] = None
        else:
            out[name] = sheet.items(value, f'the fact "{name}"', lambda part: sheet.scalar(part, "a value"))
    return out


def _slots(sheet: Sheet, node: Node, marks: dict[str, Mark]) -> tuple[str, ...]:
    def one(part: Node) -> str | None:
        name = sheet.name(part, "a slot")
        if name is not None:
            marks[f"slots.{name}"] = sheet.mark(part)
        return name

    return sheet.items(node, "slots", one)


def parse_options(source: str, file: str) -> tuple[OptionSets, tuple[Finding, ...]]:
    """Compile ``options.yaml``."""
    root, findings = compose(source, file)
    if root is None:
        return {}, in_order(findings)
    sheet = Sheet(file)
    fields = sheet.fields(root, "options.yaml", ("sets",), (TEXTS,)) or {}
    sets: dict[str, OptionSet] = {}
    for _, name_node, value in (sheet.entries(fields["sets"], "sets") or ()) if "sets" in fields else ():
        name = sheet.name(name_node, "an option set")
        options = read_options(sheet, value, partial(key, name or ""))
        if name in (LANGUAGES, TEXTS):
            filled = "is filled in by the engine" if name == LANGUAGES else "stands beside the sets"
            sheet.report(rules.RESERVED_NAME, name_node, f'the set "{name}" {filled}')
        elif name is not None:  # a set that does not fit is kept, empty, so that nobody is told it does not exist
            sets[name] = OptionSet(name=name, options=options or (), mark=sheet.mark(name_node))
    if TEXTS in fields:
        texts = read_options(sheet, fields[TEXTS], partial(key, TEXTS), least=1)
        sets[TEXTS] = OptionSet(name=TEXTS, options=texts or (), mark=sheet.mark(fields[TEXTS]))
    return MappingProxyType(sets), in_order(sheet.findings)
