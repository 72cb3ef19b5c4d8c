"""Guards as authors write them: mappings of items to comparisons, joined by all, any, not and at_least."""

from __future__ import annotations

from typing import Final

from ruamel.yaml.nodes import Node, ScalarNode, SequenceNode

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import did_you_mean
from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Guard, Not, Operator
from ccmm_bot.dialogue.parse_sheet import NAME, Sheet
from ccmm_bot.dialogue.values import Fact

JOINERS: Final = ("all", "any", "not", "at_least")
_OPERATORS: Final = tuple(operator.value for operator in Operator)


def read_guard(sheet: Sheet, node: Node) -> Guard | None:
    """The guard at ``node``. Several keys in one mapping all have to hold."""
    entries = sheet.entries(node, "a guard")
    if entries is None:
        return None
    if not entries:
        sheet.report(rules.BAD_GUARD, node, "the guard is empty", "Remove when: the transition is then always taken.")
        return None
    read = [_entry(sheet, name, key, value) for name, key, value in entries]
    parts = tuple(part for part in read if part is not None)
    if len(parts) < len(read):
        return None
    return parts[0] if len(parts) == 1 else All(parts=parts, mark=sheet.mark(node))


def _entry(sheet: Sheet, name: str, key: ScalarNode, value: Node) -> Guard | None:
    mark = sheet.mark(key)
    match name:
        case "all" | "any":
            parts = _parts(sheet, value, name)
            if parts is None:
                return None
            return All(parts=parts, mark=mark) if name == "all" else AnyOf(parts=parts, mark=mark)
        case "not":
            part = read_guard(sheet, value)
            return None if part is None else Not(part=part, mark=mark)
        case "at_least":
            return _at_least(sheet, key, value)
        case _:
            return _comparisons(sheet, name, key, value)


def _parts(sheet: Sheet, node: Node, name: str) -> tuple[Guard, ...] | None:
    if not isinstance(node, SequenceNode) or not node.value:
        sheet.report(rules.BAD_GUARD, node, f'"{name}" needs a list of guards', f"Write {name}: [{{item: {{eq: value}}}}, …].")
        return None
    read = [read_guard(sheet, part) for part in node.value]
    parts = tuple(part for part in read if part is not None)
    return parts if len(parts) == len(read) else None


def _at_least(sheet: Sheet, key: ScalarNode, node: Node) -> Guard | None:
    fields = sheet.fields(node, "at_least", ("n", "of"))
    if fields is None or "n" not in fields or "of" not in fields:
        return None
    n = sheet.integer(fields["n"], "n", least=1)
    parts = _parts(sheet, fields["of"], "of")
    if n is None or parts is None:
        return None
    if n > len(parts):
        sheet.report(rules.BAD_GUARD, fields["n"], f"at least {n} of {len(parts)} can never hold", "Lower n, or add guards.")
        return None
    return AtLeast(n=n, parts=parts, mark=sheet.mark(key))


def _comparisons(sheet: Sheet, subject: str, key: ScalarNode, node: Node) -> Guard | None:
    """``item: {ge: 2, le: 4}``."""
    if not NAME.match(subject.removeprefix("fact.")):
        sheet.report(rules.BAD_NAME, key, f'a guard asks about "{subject[:60]}"')
        return None
    if isinstance(node, (ScalarNode, SequenceNode)):
        sheet.report(rules.BAD_GUARD, node, f'the guard on "{subject}" has no operator', f"Write {{{subject}: {{eq: value}}}}.")
        return None
    entries = sheet.entries(node, f'the guard on "{subject}"')
    if entries is None:
        return None
    if not entries:
        sheet.report(rules.BAD_GUARD, node, f'the guard on "{subject}" has no operator', f"Write {{{subject}: {{eq: value}}}}.")
        return None
    parts: list[Compare] = []
    for name, operator_key, value_node in entries:
        if name not in _OPERATORS:
            sheet.report(rules.BAD_GUARD, operator_key, f'"{name}" is no operator', did_you_mean(name, _OPERATORS))
            continue
        operator = Operator(name)
        value = _value(sheet, operator, value_node)
        if value is not None:
            parts.append(Compare(subject=subject, op=operator, value=value, mark=sheet.mark(key)))
    if len(parts) < len(entries):
        return None
    return parts[0] if len(parts) == 1 else All(parts=tuple(parts), mark=sheet.mark(key))


def _value(sheet: Sheet, operator: Operator, node: Node) -> Fact | tuple[Fact, ...] | None:
    match operator:
        case Operator.IN:
            if not isinstance(node, SequenceNode) or not node.value:
                sheet.report(rules.BAD_GUARD, node, '"in" needs a list of values', "Write {in: [one, two]}.")
                return None
            values: tuple[Fact, ...] = sheet.items(node, '"in"', lambda part: sheet.scalar(part, "a value of in"))
            return values if len(values) == len(node.value) else None
        case Operator.EMPTY | Operator.ANSWERED:
            return sheet.boolean(node, operator.value)
        case _:
            return sheet.scalar(node, operator.value)
