"""Questions as authors write them: one type, one name, its options or bounds, its wordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Final

from ruamel.yaml.nodes import Node, ScalarNode

from ccmm_bot.dialogue import rules, system_texts
from ccmm_bot.dialogue.findings import did_you_mean
from ccmm_bot.dialogue.model import LANGUAGES, Ask, Gate, Item, ItemType, Option, Text, Transition
from ccmm_bot.dialogue.options import TEXTS, OptionSets
from ccmm_bot.dialogue.parse_guards import JOINERS
from ccmm_bot.dialogue.parse_sheet import Sheet
from ccmm_bot.dialogue.parse_text import read_text

#: How authors write the types. ``text`` is the wording of a question, so an item of free text has a key of its own.
TYPES: Final = {("free_text" if one is ItemType.TEXT else one.value): one for one in ItemType}
_WORDING: Final = ("text", "again", "why")
_MANNER: Final = ("skip", "gate", "retries", "remind_at", "timeout", "segments", "record")
DEFAULTS: Final = ("remind_at", "timeout", "retries", "skip", "segments", "why", "on_timeout")
_CHOICE: Final = ("options", "min", "max", "labels")
_YES_NO: Final = (Option(id="yes", text=system_texts.YES), Option(id="no", text=system_texts.NO))

#: Which of the choice keys each type takes.
TAKES: Final = {
    ItemType.SELECT_ONE: ("options",),
    ItemType.SELECT_MANY: ("options",),
    ItemType.SCALE: ("min", "max", "labels"),
    ItemType.INTEGER: ("min", "max"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a question has when it does not say (``defaults:``)."""

    remind_at: tuple[timedelta, ...] = ()
    timeout: timedelta | None = None
    retries: int = 2
    skip: bool = True
    segments: int = 3
    why: Text | None = None  # of every question whose answer is kept, but gates
    on_timeout: Transition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the questions of one dialogue have in common."""

    dialogue: str
    shared: OptionSets
    defaults: Defaults
    instrument: str | None
    instrument_version: int | None


def read_defaults(sheet: Sheet, node: Node, dialogue: str) -> Defaults:
    """The ``defaults`` of ``dialogue``."""
    fields = sheet.fields(node, "defaults", (), DEFAULTS) or {}
    why = read_text(sheet, fields["why"], f"{dialogue}.defaults.why", "why") if "why" in fields else None
    late = sheet.name(fields["on_timeout"], "on_timeout") if "on_timeout" in fields else None
    on_timeout = Transition(target=late, mark=sheet.mark(fields["on_timeout"])) if late is not None else None
    return replace(_manner(sheet, fields, Defaults()), why=why, on_timeout=on_timeout)


def _manner(sheet: Sheet, fields: dict[str, Node], base: Defaults) -> Defaults:
    remind_at, timeout, retries, skip, segments = base.remind_at, base.timeout, base.retries, base.skip, base.segments
    if "remind_at" in fields:
        remind_at = sheet.items(fields["remind_at"], "remind_at", lambda part: sheet.duration(part, "a reminder"))
    if "timeout" in fields:
        timeout = sheet.duration(fields["timeout"], "timeout")
    if "retries" in fields:
        retries = _or(sheet.integer(fields["retries"], "retries", least=0), retries)
    if "skip" in fields:
        read = sheet.boolean(fields["skip"], "skip")
        skip = skip if read is None else read
    if "segments" in fields:
        segments = _or(sheet.integer(fields["segments"], "segments", least=1), segments)
    place = fields.get("remind_at") or fields.get("timeout")
    if place is not None and not _in_order(remind_at, timeout):
        sheet.report(
            rules.BAD_RANGE, place, "the reminders do not come one after the other, before the time-out", "Put them in order."
        )
    return replace(base, remind_at=remind_at, timeout=timeout, retries=retries, skip=skip, segments=segments)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _in_order(remind_at: tuple[timedelta, ...], timeout: timedelta | None) -> bool:
    times = (*remind_at, timeout) if timeout is not None else remind_at
    return all(one < other for one, other in pairwise(times))


def read_ask(sheet: Sheet, node: Node, frame: Frame, state: str) -> Ask | None:
    """The question of ``state``."""
    entries = sheet.entries(node, "ask")
    if entries is None:
        return None
    fields: dict[str, Node] = {}
    types: list[tuple[str, ScalarNode, Node]] = []
    for name, key, value in entries:
        if name in TYPES:
            types.append((name, key, value))
        elif name in (*_WORDING, *_MANNER, *_CHOICE):
            fields[name] = value
        else:
            known = (*TYPES, *_WORDING, *_MANNER, *_CHOICE)
            sheet.report(rules.UNKNOWN_KEY, key, f'ask has an unknown key "{name}"', did_you_mean(name, known))
    base = f"{frame.dialogue}.{state}"
    wordings = {name: read_text(sheet, fields[name], f"{base}.{name}", name) for name in _WORDING if name in fields}
    if "text" not in fields:
        sheet.report(rules.MISSING_KEY, node, 'ask has no "text"', "Write the question the person reads.")
    if not types:
        sheet.report(rules.MISSING_KEY, node, "ask names no item", f"Write one of {', '.join(TYPES)}, and the item's name.")
    for name, key, _ in types[1:]:
        sheet.report(rules.ONE_OF, key, f'ask has a second type "{name}"', "Ask the second question in a state of its own.")
    item = _item(sheet, TYPES[types[0][0]], types[0][2], fields, frame, base) if types else None
    gate_name = sheet.one_of(fields["gate"], "gate", [one.value for one in Gate]) if "gate" in fields else None
    gate = Gate(gate_name) if gate_name is not None else None
    manner = _manner(sheet, fields, frame.defaults)
    text = wordings.get("text")
    if item is None or text is None:
        return None
    return Ask(
        item=item,
        text=text,
        again=wordings.get("again"),
        why=wordings.get("why") or (frame.defaults.why if item.record and gate is None else None),
        skip=manner.skip if gate is None or "skip" in fields else False,
        gate=gate,
        retries=manner.retries,
        remind_at=manner.remind_at,
        timeout=manner.timeout,
        segments=manner.segments,
        mark=sheet.mark(node),
    )


def _item(sheet: Sheet, kind: ItemType, name_node: Node, fields: dict[str, Node], frame: Frame, base: str) -> Item | None:
    name = sheet.name(name_node, "the item's name")
    if name in JOINERS or name == LANGUAGES:
        sheet.report(rules.RESERVED_NAME, name_node, f'an item is named "{name}"')
        name = None
    for key in _CHOICE:
        if key in fields and key not in TAKES.get(kind, ()):
            sheet.report(rules.NOT_HERE, fields[key], f"a question of type {kind.value} takes no {key}")
    record = True
    if "record" in fields:
        read = sheet.boolean(fields["record"], "record")
        record = True if read is None else read
    options: tuple[Option, ...] | None = ()
    languages = False
    minimum = maximum = None
    match kind:
        case ItemType.SELECT_ONE | ItemType.SELECT_MANY:
            options, languages = _choices(sheet, kind, fields, frame, base, name_node)
        case ItemType.YES_NO:
            options = _YES_NO
        case ItemType.SCALE | ItemType.INTEGER:
            minimum, maximum = _bounds(sheet, kind, fields)
            if kind is ItemType.SCALE and "labels" in fields:
                low, high = 1 if minimum is None else minimum, 5 if maximum is None else maximum
                options = _labels(sheet, fields["labels"], frame, base, low, high)
        case _:
            pass
    if name is None or options is None:
        return None
    return Item(
        name=name,
        type=kind,
        options=options,
        languages=languages,
        minimum=minimum,
        maximum=maximum,
        record=record,
        instrument=frame.instrument if record else None,
        instrument_version=frame.instrument_version if record else None,
        mark=sheet.mark(name_node),
    )


def _bounds(sheet: Sheet, kind: ItemType, fields: dict[str, Node]) -> tuple[int | None, int | None]:
    low, high = (1, 5) if kind is ItemType.SCALE else (None, None)
    if "min" in fields:
        low = sheet.integer(fields["min"], "min")
    if "max" in fields:
        high = sheet.integer(fields["max"], "max")
    if low is not None and high is not None and low >= high:
        place = fields.get("max") or fields["min"]
        sheet.report(rules.BAD_RANGE, place, f"the smallest answer is {low} and the largest {high}")
    return low, high


def _choices(
    sheet: Sheet, kind: ItemType, fields: dict[str, Node], frame: Frame, base: str, name_node: Node
) -> tuple[tuple[Option, ...] | None, bool]:
    node = fields.get("options")
    if node is None:
        sheet.report(rules.MISSING_KEY, name_node, f'a question of type {kind.value} has no "options"', 'Add "options:".')
        return None, False
    if not isinstance(node, ScalarNode):
        return read_options(sheet, node, lambda option: f"{base}.options.{option}"), False
    if node.value == LANGUAGES:
        if kind is ItemType.SELECT_MANY:
            sheet.report(rules.NOT_HERE, node, "several languages are to be chosen", "Ask for one language with select_one.")
        return (), True
    return _shared(sheet, node, frame), False


def _shared(sheet: Sheet, node: Node, frame: Frame) -> tuple[Option, ...] | None:
    name = sheet.word(node, "the option set")
    if name is None:
        return None
    if name in frame.shared and name != TEXTS:
        return frame.shared[name].options
    known = (*(one for one in frame.shared if one != TEXTS), LANGUAGES)
    sheet.report(
        rules.UNKNOWN_SET,
        node,
        f'there is no option set "{name}"',
        did_you_mean(name, known),
    )
    return None


def _labels(sheet: Sheet, node: Node, frame: Frame, base: str, low: int, high: int) -> tuple[Option, ...] | None:
    if isinstance(node, ScalarNode):
        options = _shared(sheet, node, frame)
    else:
        options = read_options(sheet, node, lambda point: f"{base}.labels.{point}", least=1)
    points = [str(point) for point in range(low, high + 1)]
    for option in options or ():
        if option.id not in points:
            sheet.report(rules.BAD_RANGE, node, f'the label "{option.id}" is no point of the scale', f"Label {low} to {high}.")
    return options


def read_options(sheet: Sheet, node: Node, key_of: Callable[[str | None], str], least: int = 2) -> tuple[Option, ...] | None:
    """``{id: text}`` or ``{id: {text, exclusive}}``, in the author's order; ``None`` when one of them does not fit."""
    entries = sheet.entries(node, "options")
    if entries is None:
        return None
    if len(entries) < least:
        sheet.report(rules.BAD_RANGE, node, f"there are {len(entries)} options", f"Offer at least {least}.")
    options: list[Option] = []
    for _, key, value in entries:
        name = sheet.name(key, "an option's id")
        exclusive = False
        text: Text | None
        if isinstance(value, ScalarNode):
            text = read_text(sheet, value, key_of(name), f'the text of "{name}"')
        else:
            fields = sheet.fields(value, f'the option "{name}"', ("text",), ("exclusive",)) or {}
            text = read_text(sheet, fields["text"], key_of(name), f'the text of "{name}"') if "text" in fields else None
            if "exclusive" in fields:
                exclusive = bool(sheet.boolean(fields["exclusive"], "exclusive"))
        if name is not None and text is not None:
            options.append(Option(id=name, text=text, exclusive=exclusive))
    return tuple(options) if len(options) == len(entries) else None
