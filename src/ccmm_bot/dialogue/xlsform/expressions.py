"""What XLSForm writes in ``relevant`` and ``constraint``, as far as a guard can say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue.model import All, AnyOf, Compare, Guard, ItemType, Not, Operator

#: What a condition comes to: a guard, or always (``True``), or never.
Condition = Guard | bool

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<field>\$\{\s*[^}\s]+\s*\})
      | (?P<text>'[^']*'|"[^"]*"|[‘’][^‘’]*[‘’]|[“”][^“”]*[“”])
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<sign>!=|<=|>=|=|<|>|\(|\)|,)
      | (?P<self>\.(?!\w))
      | (?P<word>[A-Za-z][\w-]*)
    )""",
    re.VERBOSE,
)
_SIGNS: Final = {"<": Operator.LT, "<=": Operator.LE, ">": Operator.GT, ">=": Operator.GE}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
#: Brackets inside brackets: nobody writes more, and a condition is read by going down into them.
_DEEPEST: Final = 40


class NotExpressible(Exception):
    """Why a condition cannot be carried over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that a condition may ask about: its item, and its choices as the form calls them (``None``: left out)."""

    item: str
    type: ItemType
    choices: Mapping[str, str | None]
    sometimes: bool = False  # not everybody is asked


Resolve = Callable[[str], Asked]


def condition(text: str, resolve: Resolve) -> Condition:
    """The guard of a ``relevant``. ``resolve`` gives the question of a name, or raises :class:`NotExpressible`."""
    parser = _Parser(_tokens(text), resolve)
    made = parser.either()
    if parser.rest:
        raise NotExpressible(f'"{parser.rest[0][1]}" is not understood here')
    return made


def bounds(text: str) -> tuple[int | None, int | None]:
    """The smallest and the largest number that a ``constraint`` allows, where it says no more than that."""
    low: int | None = None
    high: int | None = None
    tokens = [each for each in _tokens(text) if each[1] not in ("(", ")")]
    while tokens:
        if len(tokens) < 3 or tokens[0][0] != "self" or tokens[2][0] != "number":
            raise NotExpressible("only bounds of a number are understood, as in . >= 0 and . <= 20")
        sign, number = tokens[1][1], float(tokens[2][1])
        if sign not in _SIGNS or not number.is_integer():
            raise NotExpressible("only bounds of a whole number are understood")
        value = int(number) + (1 if sign == ">" else -1 if sign == "<" else 0)
        if sign in (">", ">="):
            low = value if low is None else max(low, value)
        else:
            high = value if high is None else min(high, value)
        tokens = tokens[3:]
        if tokens and tokens.pop(0)[1] != "and":
            raise NotExpressible("only bounds joined by and are understood")
    return low, high


def fields_of(text: str) -> tuple[str, ...]:
    """The names of questions that a text or an expression refers to."""
    return tuple(dict.fromkeys(re.findall(r"\$\{\s*([^}\s]+)\s*\}", text)))


def _tokens(text: str) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotExpressible(f'"{text[at : at + 20].strip()}" is not understood')
        kind = match.lastgroup or ""
        made.append((kind, match[kind]))
        at = match.end()
    return made


class _Parser:
    """Recursive descent: or, and, not and brackets, comparisons."""

    def __init__(self, tokens: list[tuple[str, str]], resolve: Resolve) -> None:
        self.rest = tokens
        self._resolve = resolve
        self._depth = 0

    def _is(self, *values: str) -> bool:
        return bool(self.rest) and self.rest[0][0] in ("sign", "word") and self.rest[0][1] in values

    def _take(self, value: str | None = None) -> tuple[str, str]:
        if not self.rest:
            raise NotExpressible("the condition ends too soon")
        token = self.rest.pop(0)
        if value is not None and token[1] != value:
            raise NotExpressible(f'"{value}" is missing before "{token[1]}"')
        return token

    def either(self) -> Condition:
        parts = [self._both()]
        while self._is("or"):
            self._take()
            parts.append(self._both())
        return joined(parts, AnyOf)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._is("and"):
            self._take()
            parts.append(self._one())
        return joined(parts, All)

    def _inside(self) -> Condition:
        self._take("(")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotExpressible("there are too many brackets inside each other")
        made = self.either()
        self._depth -= 1
        self._take(")")
        return made

    def _one(self) -> Condition:
        if self._is("not"):
            self._take()
            return negated(self._inside())
        if self._is("("):
            return self._inside()
        if self._is("selected"):
            return self._selected()
        if self._is("true", "false"):
            value = self._take()[1] == "true"
            self._take("(")
            self._take(")")
            return value
        return self._comparison()

    def _selected(self) -> Condition:
        self._take()
        self._take("(")
        asked = self._field()
        self._take(",")
        value = self._literal()
        self._take(")")
        if asked.type is ItemType.SELECT_MANY:
            option = _choice(asked, value)
            return False if option is None else _sure(asked, Compare(subject=asked.item, op=Operator.INCLUDES, value=option))
        return _equal(asked, value)

    def _field(self) -> Asked:
        kind, text = self._take()
        if kind != "field":
            what = f"the function {text}()" if kind == "word" else f'"{text}"'
            raise NotExpressible(f"{what} is not understood")
        return self._resolve(text[2:-1].strip())

    def _literal(self) -> str:
        kind, text = self._take()
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return text
        if (kind, text) == ("word", "date"):
            self._take("(")
            made = self._literal()
            self._take(")")
            return made
        what = f"the function {text}()" if kind == "word" else f'"{text}"'
        raise NotExpressible(f"{what} is not understood")

    def _sign(self) -> str:
        sign = self._take()[1]
        if sign not in _TURNED:
            raise NotExpressible(f'"{sign}" is not understood')
        return sign

    def _comparison(self) -> Condition:
        turned = bool(self.rest) and self.rest[0][0] in ("text", "number")
        if turned:
            value, sign, asked = self._literal(), _TURNED[self._sign()], self._field()
        else:
            asked, sign, value = self._field(), self._sign(), self._literal()
        if value == "":
            return Compare(subject=asked.item, op=Operator.ANSWERED, value=sign != "=")
        if sign in ("=", "!="):
            same = _equal(asked, value)
            return same if sign == "=" else negated(same)
        return _ordered(asked, _SIGNS[sign], value)


def _choice(asked: Asked, value: str) -> str | None:
    if value not in asked.choices:
        raise NotExpressible(f'"{value}" is no answer to "{asked.item}"')
    return asked.choices[value]


def _equal(asked: Asked, value: str) -> Condition:
    match asked.type:
        case ItemType.SELECT_ONE | ItemType.YES_NO:
            option = _choice(asked, value)
            return False if option is None else _sure(asked, Compare(subject=asked.item, op=Operator.EQ, value=option))
        case ItemType.SCALE | ItemType.INTEGER:
            if asked.choices.get(value, value) is None:
                return False
            return _sure(asked, Compare(subject=asked.item, op=Operator.EQ, value=_number(value)))
        case ItemType.DATE if _DAY.match(value):
            return _sure(asked, Compare(subject=asked.item, op=Operator.EQ, value=value))
        case _:
            raise NotExpressible(f'"{asked.item}" is a question of type {asked.type.value}, whose answers are not compared')


def _ordered(asked: Asked, op: Operator, value: str) -> Condition:
    if asked.type in (ItemType.SCALE, ItemType.INTEGER):
        return _sure(asked, Compare(subject=asked.item, op=op, value=_number(value)))
    if asked.type is ItemType.DATE and _DAY.match(value):
        return _sure(asked, Compare(subject=asked.item, op=op, value=value))
    raise NotExpressible(f'"{asked.item}" is a question of type {asked.type.value}, whose answers have no order')


def _number(value: str) -> int:
    try:
        number = float(value)
    except ValueError:
        raise NotExpressible(f'"{value}" is not a number') from None
    if not number.is_integer() or abs(number) >= 10**9:
        raise NotExpressible(f"{value} is not a whole number")
    return int(number)


def _sure(asked: Asked, compare: Compare) -> Guard:
    """Of a question that not everybody is asked: it was answered, and so."""
    if not asked.sometimes:
        return compare
    return All(parts=(Compare(subject=asked.item, op=Operator.ANSWERED, value=True), compare))


def negated(one: Condition) -> Condition:
    """The contrary. Of an answer that not everybody gives: it was not given, or is another."""
    match one:
        case bool():
            return not one
        case Not():
            return one.part
        case Compare(op=Operator.ANSWERED):
            return Compare(subject=one.subject, op=Operator.ANSWERED, value=one.value is not True)
        case All(parts=(Compare(op=Operator.ANSWERED, value=True) as there, Compare() as said)) if there.subject == said.subject:
            return AnyOf(parts=(Compare(subject=there.subject, op=Operator.ANSWERED, value=False), Not(part=said)))
        case All():
            return joined([negated(part) for part in one.parts], AnyOf)
        case AnyOf():
            return joined([negated(part) for part in one.parts], All)
        case _:
            return Not(part=one)


def joined(parts: list[Condition], joiner: type[All] | type[AnyOf]) -> Condition:
    """All, or any, of the parts; those that always or never hold are worked in."""
    decided = joiner is AnyOf  # what decides the whole by itself
    kept: list[Guard] = []
    for part in parts:
        if isinstance(part, bool):
            if part is decided:
                return decided
            continue
        kept += part.parts if isinstance(part, joiner) and not _is_sure(part) else [part]
    unique = list(dict.fromkeys(kept))
    if not unique:
        return not decided
    return unique[0] if len(unique) == 1 else joiner(parts=tuple(unique))


def _is_sure(part: Guard) -> bool:
    """What :func:`_sure` made, which stays together."""
    match part:
        case All(parts=(Compare(op=Operator.ANSWERED) as there, Compare() as said)):
            return there.subject == said.subject
        case AnyOf(parts=(Compare(op=Operator.ANSWERED) as there, Not(part=Compare() as said))):
            return there.subject == said.subject
        case _:
            return False
