"""A dialogue, or the instrument it asks, as a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Note
from ccmm_bot.dialogue.instrument import Instrument
from ccmm_bot.dialogue.model import Ask, Compare, Dialogue, Item, ItemType, Operator, Option, State, Text
from ccmm_bot.dialogue.options import set_of
from ccmm_bot.dialogue.verify.scope import Wordings
from ccmm_bot.dialogue.xlsform.conditions import ALWAYS, NEVER, Condition, Conditions, in_order, reached
from ccmm_bot.dialogue.xlsform.form import BETTER, CONSTRUCT, EXCLUSIVE, MISSING, SKIPPED, TYPE, Form, Row, column
from ccmm_bot.dialogue.xlsform.xpath import comparison, expressible
from ccmm_bot.errors import CcmmError

#: A condition longer than this is not written down (ODK and Kobo take about as much).
LONGEST: Final = 4000
_SCALAR: Final = {ItemType.INTEGER: "integer", ItemType.DATE: "date", ItemType.TEXT: "text", ItemType.PLACE: "text"}
_PHONE: Final = r"regex(., '^\+?[0-9 ().-]{7,20}$')"


class NothingToExport(CcmmError):
    """The dialogue asks nothing and says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The form, and what of the dialogue is not in it."""

    form: Form
    left_out: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Making:
    """What the rows of one form are made with."""

    wordings: Wordings
    languages: Mapping[str, str]  # our tag → how the language is called in the form
    slots: Mapping[str, str]
    choices: Mapping[str, str]  # the languages on offer: tag → label
    defined: Instrument | None
    said: list[str] = field(default_factory=list)
    lists: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    used_slots: dict[str, None] = field(default_factory=dict)


def build(
    dialogue: Dialogue,
    wordings: Wordings,
    languages: Mapping[str, str],
    *,
    slots: Mapping[str, str],
    offered: Mapping[str, str],
    defined: Instrument | None = None,
    items_only: bool = False,
) -> Exported:
    """The form of a dialogue. ``items_only``: of its instrument, the questions whose answers are kept and nothing else.

    :param languages: our tag → how the language is called in the form; English among them
    :param slots: what stands for the names in braces
    :param offered: the languages a person can choose from: tag → autonym
    :raises NothingToExport: there would be no row
    """
    making = _Making(wordings=wordings, languages=languages, slots=slots, choices=offered, defined=defined)
    order = in_order(dialogue)
    conditions = Conditions()
    when = reached(dialogue, conditions, order)
    asked = _asked(dialogue, order, items_only=items_only)
    rows: list[Row] = []
    told: set[str] = set()
    for name in order:
        state = dialogue.states[name]
        if when[name] == NEVER:
            continue
        _tell(making, state, name, items_only=items_only)
        if not items_only and state.say:
            rows += _notes(making, state, _relevant(making, conditions, when[name], asked, name))
        if state.ask is not None and state.ask.item.name in asked and asked[state.ask.item.name][1] is state:
            mine = [each for each in order if _asks(dialogue, each, state.ask.item.name)]
            come = NEVER
            for each in mine:
                come = conditions.either(come, when[each])
            if len(mine) > 1 and state.ask.item.name not in told:
                told.add(state.ask.item.name)
                making.said.append(
                    f'"{state.ask.item.name}" is asked in {len(mine)} places; the form has it once, in the words of "{name}"'
                )
            rows.append(_question(making, state.ask, _relevant(making, conditions, come, asked, name)))
    if not rows:
        raise NothingToExport(f'"{dialogue.ref.id}" asks nothing and says nothing: there is no form to make of it.')
    values = tuple(
        {"type": "calculate", "name": slot, "calculation": f"'{_quoted(slots.get(slot, ''))}'"} for slot in making.used_slots
    )
    title = dialogue.title.source if dialogue.title is not None else dialogue.ref.id
    name, version = dialogue.ref.id, dialogue.ref.version
    if items_only and dialogue.instrument is not None:
        name, version = dialogue.instrument, dialogue.instrument_version or version
        title = title if defined is None else defined.title
    settings = {"form_title": title, "form_id": name, "version": str(version), "default_language": languages["en"]}
    return Exported(
        form=Form(survey=(*values, *rows), choices=tuple(row for part in making.lists.values() for row in part), settings=settings),
        left_out=tuple(dict.fromkeys(making.said)),
    )


def _asks(dialogue: Dialogue, name: str, item: str) -> bool:
    ask = dialogue.states[name].ask
    return ask is not None and ask.item.name == item


def _asked(dialogue: Dialogue, order: Iterable[str], *, items_only: bool) -> dict[str, tuple[Ask, State]]:
    """Every item once: where it is asked several times, in the wording that names nothing the form does not know."""
    found: dict[str, tuple[Ask, State]] = {}
    for name in order:
        state = dialogue.states[name]
        if state.ask is not None and (state.ask.item.record or not items_only):
            first = found.get(state.ask.item.name)
            if first is None or (first[0].text.slots and not state.ask.text.slots):
                found[state.ask.item.name] = (state.ask, state)
    return found


def _tell(making: _Making, state: State, name: str, *, items_only: bool) -> None:
    if items_only:
        return
    if state.call is not None or state.goto is not None:
        making.said.append(f'"{name}": what the dialogue "{state.call or state.goto}" asks is a form of its own')
    if state.show is not None or state.report is not None:
        making.said.append(f'"{name}": what is shown of the directory, or of the person\'s own answers')
    if state.visits is not None:
        making.said.append(f'"{name}": that it can be returned to')
    actions = (*state.actions, *(action for each in state.next for action in each.actions))
    if actions:
        making.said.append(f'"{name}": what happens with the answer (flags, consents, follow-ups)')


def _relevant(
    making: _Making, conditions: Conditions, when: Condition, asked: Mapping[str, tuple[Ask, State]], name: str
) -> str | None:
    def item_of(compare: Compare) -> Item | None:
        return asked[compare.subject][0].item if compare.subject in asked else None

    known = conditions.without(when, lambda each: not expressible(each, item_of(each)))
    if known == ALWAYS:
        return None

    def atom(compare: Compare, holds: bool) -> str:
        ask = asked[compare.subject][0]
        return comparison(compare, ask.item, field_name(compare.subject), skip=_skippable(ask), holds=holds)

    def one_answer(compare: Compare) -> str | None:
        return compare.subject if compare.op is Operator.EQ else None

    made = conditions.written(conditions.simplified(known, one_answer), atom, LONGEST)
    if made is None:
        making.said.append(f'"{name}": when it is asked, which would be longer than a form takes')
    return made


def field_name(name: str) -> str:
    """An item's name as one of XML, which begins with a letter or an underscore."""
    return name if name[0].isalpha() else f"_{name}"


def _notes(making: _Making, state: State, relevant: str | None) -> Iterator[Row]:
    for number, text in enumerate(state.say, start=1):
        row = {"type": "note", "name": f"say_{state.name}_{number}"} | _words(making, "label", text)
        yield row | ({} if relevant is None else {"relevant": relevant})


def _question(making: _Making, ask: Ask, relevant: str | None) -> Row:
    item = ask.item
    row: dict[str, str] = {"type": _type(making, ask), "name": field_name(item.name), TYPE: item.type.value}
    row |= _words(making, "label", ask.text)
    if ask.why is not None:
        row |= _words(making, "hint", ask.why)
    row["required"] = "no" if ask.skip else "yes"
    if relevant is not None:
        row["relevant"] = relevant
    row |= _constraint(making, item)
    if item.type is ItemType.PHONE:
        row["appearance"] = "numbers"
    if row["type"] == "range":
        row["parameters"] = f"start={item.minimum} end={item.maximum} step=1"
    scored = None if making.defined is None else making.defined.items.get(item.name)
    if scored is not None:
        row[BETTER] = scored.better.value
        if scored.construct is not None:
            row[CONSTRUCT] = scored.construct
    return row


def _type(making: _Making, ask: Ask) -> str:
    item = ask.item
    match item.type:
        case ItemType.SELECT_ONE | ItemType.YES_NO:
            return f"select_one {_list(making, ask)}"
        case ItemType.SELECT_MANY:
            return f"select_multiple {_list(making, ask)}"
        case ItemType.SCALE:
            return f"select_one {_list(making, ask)}" if item.options else "range"
        case ItemType.PHONE:
            return "text"
        case _:
            return _SCALAR[item.type]


def _constraint(making: _Making, item: Item) -> Mapping[str, str]:
    if item.type is ItemType.PHONE:
        return {"constraint": _PHONE} | _words(making, "constraint_message", system_texts.NOTES[Note.PHONE_EXPECTED])
    if item.type is ItemType.SELECT_MANY and (alone := [each.id for each in item.options if each.exclusive]):
        parts = [f"not(selected(., '{each}') and count-selected(.) > 1)" for each in alone]
        return {"constraint": " and ".join(parts)}
    if item.type is not ItemType.INTEGER:
        return {}
    bounds = [f". {sign} {value}" for sign, value in ((">=", item.minimum), ("<=", item.maximum)) if value is not None]
    if not bounds:
        return {}
    made = {"constraint": " and ".join(bounds)}
    if item.minimum is not None and item.maximum is not None:
        limits = {"minimum": str(item.minimum), "maximum": str(item.maximum)}
        made |= _words(making, "constraint_message", system_texts.NOTES[Note.OUT_OF_RANGE], limits)
    return made


def _skippable(ask: Ask) -> bool:
    """Whether the list of choices has one that says "skipped"."""
    return ask.skip and ask.item.type is not ItemType.SELECT_MANY and bool(ask.item.options)


def _list(making: _Making, ask: Ask) -> str:
    """The name of the list of choices, which is written once however many questions use it."""
    item = ask.item
    points: list[tuple[str, Callable[[str], str | None], bool]]
    if item.languages:
        wanted, points = "languages", [(tag, _always(label), False) for tag, label in making.choices.items()]
    else:
        options = _points(item)
        shared = {set_of(option.text) for option in options if option.text.key}
        own = shared.pop() if len(shared) == 1 else None
        wanted = "yes_no" if item.type is ItemType.YES_NO else own or item.name
        points = [(option.id, _word(making, option.text), option.exclusive) for option in options]
    missing = frozenset[str]()
    if making.defined is not None and item.name in making.defined.items:
        missing = frozenset(making.defined.items[item.name].missing)
    rows = []
    for name, word, exclusive in points:
        row = {"name": name} | {column("label", label): said for tag, label in making.languages.items() if (said := word(tag))}
        rows.append(row | ({EXCLUSIVE: "yes"} if exclusive else {}) | ({MISSING: "yes"} if name in missing else {}))
    if _skippable(ask):
        rows.append({"name": SKIPPED, MISSING: "skip"} | _words(making, "label", system_texts.SKIP))
    for tried in (wanted, *(f"{wanted}_{number}" for number in range(2, 1000))):
        made = tuple({"list_name": tried} | row for row in rows)
        if making.lists.setdefault(tried, made) == made:
            return tried
    raise AssertionError("a thousand lists of one name")


def _points(item: Item) -> tuple[Option, ...]:
    """The options; of a scale every point, those without a label as their number."""
    if item.type is not ItemType.SCALE:
        return item.options
    named = {option.id: option for option in item.options}
    points = [str(each) for each in range(1 if item.minimum is None else item.minimum, (item.maximum or 5) + 1)]
    return tuple(named.get(each, Option(id=each, text=Text(key="", source=each))) for each in points)


def _always(label: str) -> Callable[[str], str | None]:
    return lambda _: label


def _word(making: _Making, text: Text) -> Callable[[str], str | None]:
    return lambda tag: text.source if not text.key else making.wordings.text(text, tag)


def _words(making: _Making, kind: str, text: Text, values: Mapping[str, str] | None = None) -> dict[str, str]:
    made = {}
    for tag, label in making.languages.items():
        said = making.wordings.text(text, tag)
        if said is None:
            making.said.append(f'"{text.key}" has no words in {label}')
            continue
        for slot in text.slots:
            if values is not None and slot in values:
                said = said.replace("{" + slot + "}", values[slot])
            else:
                making.used_slots[slot] = None
                said = said.replace("{" + slot + "}", "${" + slot + "}")
        made[column(kind, label)] = said
    return made


def _quoted(value: str) -> str:
    """Inside single quotes, which XPath 1.0 cannot escape."""
    return value.replace("'", "’")
