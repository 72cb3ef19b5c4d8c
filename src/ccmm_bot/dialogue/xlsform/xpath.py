"""Comparisons of the dialogue language as XLSForm writes them.

A question that was not asked or left out is an empty text there, which is unlike every answer; here nothing compares with a skipped
answer, so ``ne`` says that there is an answer, too.
"""

from __future__ import annotations

from ccmm_bot.dialogue.model import Compare, Item, ItemType, Operator
from ccmm_bot.dialogue.xlsform.form import SKIPPED

_SIGNS = {Operator.EQ: "=", Operator.NE: "!=", Operator.LT: "<", Operator.LE: "<=", Operator.GT: ">", Operator.GE: ">="}


def expressible(compare: Compare, item: Item | None) -> bool:
    """Whether a form can tell: facts are not in it, and an empty choice of several looks like a skipped one there."""
    return item is not None and compare.op is not Operator.EMPTY


def comparison(compare: Compare, item: Item, field: str, *, skip: bool, holds: bool = True) -> str:
    """The comparison with the question ``field``, or its contrary. ``skip``: its choices have the code for "skipped"."""
    value = "${" + field + "}"
    if compare.op is Operator.ANSWERED:
        if (compare.value is True) is holds:
            return f"({value} != '' and {value} != '{SKIPPED}')" if skip else f"{value} != ''"
        return f"({value} = '' or {value} = '{SKIPPED}')" if skip else f"{value} = ''"
    if not holds:
        if compare.op is Operator.EQ:  # true of an empty text, as the contrary of an equality is here
            return f"{value} != {_literal(item, compare.value)}"
        return f"not({comparison(compare, item, field, skip=skip)})"
    match compare.op:
        case Operator.INCLUDES:
            return f"selected({value}, {_text(compare.value)})"
        case Operator.IN:
            values = compare.value if isinstance(compare.value, tuple) else (compare.value,)
            return "(" + " or ".join(f"{value} = {_literal(item, each)}" for each in values) + ")"
        case Operator.NE | Operator.LT | Operator.LE if skip:
            said = f"{value} != '' and {value} != '{SKIPPED}'"
            return f"({said} and {value} {_SIGNS[compare.op]} {_literal(item, compare.value)})"
        case Operator.NE:
            return f"({value} != '' and {value} != {_literal(item, compare.value)})"
        case _:
            return f"{value} {_SIGNS[compare.op]} {_literal(item, compare.value)}"


def _literal(item: Item, value: object) -> str:
    match item.type:
        case ItemType.SCALE | ItemType.INTEGER:
            return str(value)
        case ItemType.DATE:
            return f"date({_text(value)})"
        case _:
            return _text(value)


def _text(value: object) -> str:
    return f"'{value}'"
