"""Instruments as authors write them (``dialogues/instruments/<name>.yaml``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from ruamel.yaml.nodes import Node, ScalarNode

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import Finding, did_you_mean, in_order
from ccmm_bot.dialogue.instrument import Better, Earlier, Instrument, InstrumentItem, Source
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.options import TEXTS, OptionSets
from ccmm_bot.dialogue.parse_items import TYPES
from ccmm_bot.dialogue.parse_sheet import Sheet
from ccmm_bot.dialogue.parse_yaml import compose

REQUIRED: Final = ("instrument", "version", "title", "source", "items")
OPTIONAL: Final = ("construct", "not_asked", "earlier")
ITEM_OPTIONAL: Final = ("options", "labels", "min", "max", "better", "construct", "missing")
_ALL: Final = "all"
#: Which keys each type takes besides those every item may have.
_TAKES: Final = {
    ItemType.SELECT_ONE: ("options", "missing"),
    ItemType.SELECT_MANY: ("options", "missing"),
    ItemType.SCALE: ("labels", "min", "max"),
    ItemType.INTEGER: ("min", "max"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedInstrument:
    """An instrument, or what keeps it from being one."""

    instrument: Instrument | None
    findings: tuple[Finding, ...] = ()


def parse_instrument(source: str, file: str, shared: OptionSets) -> ParsedInstrument:
    """Compile one instrument. ``shared``: the sets of ``options.yaml``, which options and labels may name."""
    root, findings = compose(source, file)
    if root is None:
        return ParsedInstrument(instrument=None, findings=in_order(findings))
    sheet = Sheet(file)
    made = _instrument(sheet, root, shared)
    return ParsedInstrument(instrument=None if sheet.findings else made, findings=in_order(sheet.findings))


def _instrument(sheet: Sheet, root: Node, shared: OptionSets) -> Instrument | None:
    fields = sheet.fields(root, "an instrument", REQUIRED, OPTIONAL)
    if fields is None:
        return None
    name = sheet.name(fields["instrument"], "the instrument's name") if "instrument" in fields else None
    if name is not None and name != PurePath(sheet.file).stem:
        sheet.report(rules.WRONG_FILE_NAME, fields["instrument"], f'the instrument is "{name}"', f"Name the file {name}.yaml.")
    version = sheet.integer(fields["version"], "version", least=1) if "version" in fields else None
    title = sheet.string(fields["title"], "title") if "title" in fields else None
    source = _source(sheet, fields["source"]) if "source" in fields else None
    items: dict[str, InstrumentItem] = {}
    for _, key, value in (sheet.entries(fields["items"], "items") or ()) if "items" in fields else ():
        item = _item(sheet, key, value, shared)
        if item is not None:
            items[item.name] = item
    if "items" in fields and not items and not sheet.findings:
        sheet.report(rules.MISSING_KEY, fields["items"], "there is no item", "Write at least one item.")
    not_asked: dict[str, str] = {}
    for named, key, value in (sheet.entries(fields["not_asked"], "not_asked") or ()) if "not_asked" in fields else ():
        why = sheet.string(value, f'why "{named}" is not asked')
        _known(sheet, key, named, items)
        if why is not None:
            not_asked[named] = why
    earlier: tuple[Earlier, ...] = ()
    if "earlier" in fields:
        earlier = sheet.items(fields["earlier"], "earlier", lambda part: _earlier(sheet, part, items, version))
        if len({each.version for each in earlier}) < len(earlier):
            sheet.report(rules.BAD_RANGE, fields["earlier"], "a version stands here twice", "Name each earlier version once.")
    construct = sheet.string(fields["construct"], "construct") if "construct" in fields else None
    if name is None or version is None or title is None or source is None:
        return None
    return Instrument(
        name=name,
        version=version,
        title=title,
        source=source,
        items=MappingProxyType(items),
        construct=construct,
        not_asked=MappingProxyType(not_asked),
        earlier=earlier,
        mark=sheet.mark(fields["instrument"]),
    )


def _known(sheet: Sheet, node: Node, name: str, items: dict[str, InstrumentItem]) -> None:
    if name not in items and not sheet.findings:
        sheet.report(rules.BAD_VALUE, node, f'there is no item "{name[:60]}"', did_you_mean(name, items))


def _source(sheet: Sheet, node: Node) -> Source | None:
    fields = sheet.fields(node, "source", ("document",), ("section",)) or {}
    document = sheet.string(fields["document"], "document") if "document" in fields else None
    section = sheet.string(fields["section"], "section") if "section" in fields else None
    return None if document is None else Source(document=document, section=section)


def _item(sheet: Sheet, key: ScalarNode, node: Node, shared: OptionSets) -> InstrumentItem | None:
    name = sheet.name(key, "an item's name")
    what = f'the item "{name}"'
    fields = sheet.fields(node, what, ("type", "wording"), ITEM_OPTIONAL)
    if name is None or fields is None:
        return None
    type_name = sheet.one_of(fields["type"], "type", TYPES) if "type" in fields else None
    kind = TYPES.get(type_name or "")
    wording = _wording(sheet, fields["wording"]) if "wording" in fields else ()
    better = sheet.one_of(fields["better"], "better", [one.value for one in Better]) if "better" in fields else None
    construct = sheet.string(fields["construct"], "construct") if "construct" in fields else None
    if kind is None:
        return None
    takes = _TAKES.get(kind, ())
    for other in ("options", "labels", "min", "max", "missing"):
        if other in fields and other not in takes:
            sheet.report(rules.NOT_HERE, fields[other], f"an item of type {type_name} takes no {other}")
    if "options" in takes and "options" not in fields:
        sheet.report(rules.MISSING_KEY, node, f'{what} has no "options"', 'Add "options:", a set of options.yaml or a list of ids.')
    low, high = (1, 5) if kind is ItemType.SCALE else (None, None)
    low = sheet.integer(fields["min"], "min") if "min" in fields else low
    high = sheet.integer(fields["max"], "max") if "max" in fields else high
    listed = fields.get("options") or fields.get("labels")
    options = _ids(sheet, listed, shared) if listed is not None else ()
    missing = (
        sheet.items(fields["missing"], "missing", lambda part: sheet.one_of(part, "missing", options))
        if "missing" in fields
        else ()
    )
    return InstrumentItem(
        name=name,
        type=kind,
        wording=wording,
        options=("yes", "no") if kind is ItemType.YES_NO else options,
        minimum=low,
        maximum=high,
        better=Better(better) if better in {one.value for one in Better} else Better.NONE,
        construct=construct,
        missing=missing,
        mark=sheet.mark(key),
    )


def _wording(sheet: Sheet, node: Node) -> tuple[str, ...]:
    if isinstance(node, ScalarNode):
        key = sheet.string(node, "wording")
        return () if key is None else (key,)
    return sheet.items(node, "wording", lambda part: sheet.string(part, "wording"))


def _ids(sheet: Sheet, node: Node, shared: OptionSets) -> tuple[str, ...]:
    if not isinstance(node, ScalarNode):
        return sheet.items(node, "options", lambda part: sheet.name(part, "an option's id"))
    name = sheet.word(node, "the option set")
    if name is not None and name in shared and name != TEXTS:
        return tuple(option.id for option in shared[name].options)
    known = [one for one in shared if one != TEXTS]
    sheet.report(rules.UNKNOWN_SET, node, f'there is no option set "{name}"', did_you_mean(name or "", known))
    return ()


def _earlier(sheet: Sheet, node: Node, items: dict[str, InstrumentItem], today: int | None) -> Earlier | None:
    fields = sheet.fields(node, "an earlier version", ("version", "same"), ("note",))
    if fields is None or "version" not in fields or "same" not in fields:
        return None
    version = sheet.integer(fields["version"], "version", least=1)
    if version is not None and today is not None and version >= today:
        sheet.report(
            rules.BAD_RANGE, fields["version"], f"version {version} is not before version {today}", "Count up the version."
        )
    if isinstance(fields["same"], ScalarNode):
        sheet.one_of(fields["same"], "same", (_ALL,))
        same = frozenset(items)
    else:

        def one(part: Node) -> str | None:
            name = sheet.name(part, "an item")
            if name is not None:
                _known(sheet, part, name, items)
            return name

        same = frozenset(sheet.items(fields["same"], "same", one))
    note = sheet.string(fields["note"], "note") if "note" in fields else None
    return None if version is None else Earlier(version=version, same=same, note=note)
