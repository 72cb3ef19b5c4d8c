"""What every column of an export means, from the same definitions that ask the questions: for people (HTML), and for programs (a
Frictionless data package, https://datapackage.org).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation import book, words
from ccmm_bot.evaluation.dataset import NEEDS, NUMBERS, PEOPLE, RESPONSES, RUNS, Dataset
from ccmm_bot.evaluation.instruments import WAVES, Instrument, InstrumentItem

SKIPPED, NOT_ASKED, YES_NO = book.SKIPPED, book.NOT_ASKED, book.YES_NO

_ABOUT: Final[Mapping[str, str]] = {
    "person": "Person: a key of this study, made from a secret; another study has another",
    "agency": "Agency",
    "model": "Model of case management: original or enhanced",
    "language": "Language (tag)",
    "consent_version": "Version of the question by which the person agreed to research",
    "case": "Case: a key of this study; people of one household may share it",
    "opened_on": "Day the case was opened",
    "exit_on": "Day the case ended",
    "run": "Run: one filling in of an instrument; a key of this study",
    "instrument": "Instrument",
    "instrument_version": "Version of the instrument",
    "dialogue": "Dialogue that asked it",
    "channel": "Channel: sms, whatsapp or telegram",
    "started_at": "Begun (UTC)",
    "ended_at": "Ended (UTC); empty: still running",
    "outcome": "How it ended: completed, partial (left early or timed out), declined, running",
    "item": "Item (question)",
    "type": "Type of the item",
    "value": "Answer: the scale point, the number, or the option's name; several options with spaces between them",
    "skipped": "The person skipped the question",
    "wording_key": "Which wording was asked",
    "wording_version": "Its English text, as the first 12 digits of a SHA-256: another wording has other digits",
    "revision": "How often it was answered; the last answer is kept",
    "asked_at": "Asked (UTC)",
    "answered_at": "Answered (UTC)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One column. ``values``: option → (SPSS code, label); ``wordings``: language → the question as it is asked."""

    name: str
    label: str
    kind: str  # string, integer, number, boolean, date, datetime
    values: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    instrument: str = ""
    higher_is_better: bool | None = None
    wordings: Mapping[str, str] = field(default_factory=dict)
    item_type: ItemType | None = None


def people_variables() -> tuple[Variable, ...]:
    """The columns of ``people``."""
    made = []
    for name in PEOPLE:
        options = {} if name in NUMBERS else words.OPTIONS.get(name, {})
        codes = {key: (n, label) for n, (key, label) in enumerate(options.items(), start=1)}
        if set(codes) == set(YES_NO):
            codes = {key: (YES_NO[key], label) for key, (_, label) in codes.items()}
        made.append(Variable(name=name, label=_ABOUT.get(name) or words.FIELDS[name], kind=kind_of(name), values=codes))
    for name in NEEDS:
        _, moment, domain = name.split("_", 2)
        label = f"Need at {moment}: {words.DOMAINS[domain]}; empty: not written down"
        made.append(Variable(name=name, label=label, kind="number", values={"1": (1, "Yes"), "0": (0, "No")}))
    return tuple(made)


def table_variables(columns: Sequence[str]) -> tuple[Variable, ...]:
    """The columns of ``runs`` and ``responses``."""
    return tuple(Variable(name=name, label=_ABOUT[name], kind=kind_of(name)) for name in columns)


def item_variables(defined: Sequence[Instrument], texts: Mapping[str, Mapping[str, str]] | None = None) -> tuple[Variable, ...]:
    """The columns of ``wide`` that hold answers: of the surveys of a case. ``texts``: language → key of a text → its words."""
    return tuple(
        Variable(
            name=column(instrument, item),
            label=f"{words.WAVES[instrument.name]}: {item.text.source}",
            kind="integer" if item.type in (ItemType.SCALE, ItemType.INTEGER) else "string",
            values=dict(_codes(item)),
            instrument=f"{instrument.name} {instrument.version}",
            higher_is_better=item.higher_is_better if item.type in (ItemType.SCALE, ItemType.YES_NO) else None,
            wordings={tag: known[item.text.key] for tag, known in (texts or {}).items() if item.text.key in known},
            item_type=item.type,
        )
        for instrument in defined
        if instrument.name in WAVES
        for item in instrument.items
    )


def column(instrument: Instrument, item: InstrumentItem) -> str:
    """How an item's column is called in a wide table."""
    return book.column_of(instrument.name, item.name)


def _codes(item: InstrumentItem) -> Iterator[tuple[str, tuple[int, str]]]:
    for n, option in enumerate(item.options, start=1):
        code = book.code_of(item.type, n, option.id)
        if code is not None:
            yield option.id, (code, option.text.source)


def kind_of(name: str) -> str:
    """The Frictionless type of a column that is not an item."""
    if name.endswith("_at"):
        return "datetime"
    if name.endswith("_on"):
        return "date"
    if name in ("instrument_version", "revision"):
        return "integer"
    return "boolean" if name == "skipped" else "number" if name in NUMBERS or name in NEEDS else "string"


def data_package(data: Dataset, files: Mapping[str, str], defined: Sequence[Instrument], **more: Any) -> dict[str, Any]:
    """``datapackage.json`` of an export; ``files``: table → its file."""
    shape = tables(defined)
    return {
        "profile": "data-package",
        "name": f"ccmm-{data.study}".lower().replace(" ", "-"),
        "title": f"Study {data.study}",
        "created": data.made_at.isoformat(),
        "resources": [
            {
                "name": name,
                "path": path,
                "format": path.rsplit(".", 1)[-1],
                "schema": {"fields": [_field(each) for each in shape[name]], "missingValues": [""], **_keys(name, files)},
            }
            for name, path in files.items()
        ],
        "instruments": [_about(each, data) for each in defined],
        **more,
    }


#: What tells the lines of a table apart, and where a key leads to.
_PRIMARY: Final[Mapping[str, tuple[str, ...]]] = {
    "people": ("person",),
    "runs": ("run",),
    "responses": ("run", "item"),
    "wide": ("person",),
}
_FOREIGN: Final = {"runs": (("person", "people"),), "responses": (("person", "people"), ("run", "runs"))}


def _keys(table: str, files: Mapping[str, str]) -> dict[str, Any]:
    """The keys of a table, as far as the tables they lead to are in the export."""
    leads = [
        {"fields": [name], "reference": {"resource": other, "fields": [name]}}
        for name, other in _FOREIGN.get(table, ())
        if other in files
    ]
    return {"primaryKey": list(_PRIMARY[table]), **({"foreignKeys": leads} if leads else {})}


def _about(instrument: Instrument, data: Dataset) -> dict[str, Any]:
    """An instrument in the data package: its source, and which answers of which version mean what they mean in today's."""
    versions = {str(version): sorted(same) for (name, version), same in data.equivalent.items() if name == instrument.name}
    source = {} if instrument.source is None else {"source": asdict(instrument.source)}
    return {"name": instrument.name, "version": instrument.version, "title": instrument.title, **source, "same_as_today": versions}


def equivalent_in(package: Mapping[str, Any]) -> dict[tuple[str, int], frozenset[str]]:
    """Back from a data package; one written before there were definitions says nothing."""
    return {
        (str(each["name"]), int(version)): frozenset(map(str, same))
        for each in package.get("instruments", ())
        for version, same in each["same_as_today"].items()
    }


def tables(defined: Sequence[Instrument]) -> dict[str, tuple[Variable, ...]]:
    """Every table of an export with its columns."""
    people = people_variables()
    return {
        "people": people,
        "runs": table_variables(RUNS),
        "responses": table_variables(RESPONSES),
        "wide": (*people, *item_variables(defined)),
    }


def _field(variable: Variable) -> dict[str, Any]:
    made: dict[str, Any] = {"name": variable.name, "title": variable.label, "type": variable.kind}
    if variable.values and variable.kind == "string":
        made["constraints"] = {"enum": list(variable.values)}
    if variable.values:
        made["categories"] = [{"value": value, "label": label} for value, (_, label) in variable.values.items()]
    return made


def codebook_page(data: Dataset, defined: Sequence[Instrument], texts: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """The codebook as one page of HTML that needs nothing else."""
    shape = tables(defined) | {"wide": item_variables(defined, texts)}
    return environment().get_template("codebook.html").render(data=data, tables=shape, skipped=SKIPPED, not_asked=NOT_ASKED)


def environment() -> Environment:
    """The evaluation's own templates: pages that stand alone."""
    return Environment(
        loader=PackageLoader("ccmm_bot.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
