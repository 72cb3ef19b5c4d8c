"""The codebook for programs: DDI-Codebook 2.5 (https://ddialliance.org) and a Frictionless data package (https://datapackage.org).

Both describe the columns of an export in CSV, where an answer is the scale point, the number, or the option's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final
from xml.etree import ElementTree

from ccmm_bot.dialogue.instrument import Better
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation.book import NOT_ASKED, SKIPPED, Book, BookItem
from ccmm_bot.evaluation.book_page import BETTER
from ccmm_bot.evaluation.instruments import WAVES
from ccmm_bot.i18n.languages import SOURCE, language

_DDI: Final = "ddi:codebook:2_5"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_NUMBERS: Final = (ItemType.SCALE, ItemType.INTEGER)
_WIDE, _LONG = "wide.csv", "responses.csv"
_FILES: Final = {_WIDE: "F1", _LONG: "F2"}


def ddi(books: Sequence[Book], today: date) -> bytes:
    """The codebooks as one DDI-Codebook 2.5 document."""
    root = ElementTree.Element("codeBook", {"xmlns": _DDI, "version": "2.5", _LANG: SOURCE})
    about = _under(_under(root, "docDscr"), "citation")
    _under(_under(about, "titlStmt"), "titl", f"Codebook: {'; '.join(book.title for book in books)}")
    production = _under(about, "prodStmt")
    _under(production, "prodDate", today.isoformat(), date=today.isoformat())
    _under(production, "software", "ccmm-bot")
    study = _under(_under(root, "stdyDscr"), "citation")
    _under(_under(study, "titlStmt"), "titl", "; ".join(book.title for book in books))
    for book in books:
        _under(study, "biblCit", _source(book))
    for name in dict.fromkeys(map(_file, books)):
        described = _under(_under(root, "fileDscr", ID=_FILES[name]), "fileTxt")
        _under(described, "fileName", name)
        _under(described, "fileType", "text/csv")
    data = _under(root, "dataDscr")
    for number, book in enumerate(books, start=1):
        names = [f"V{number}_{at}" for at, _ in enumerate(_columns(book), start=1)]
        group = _under(data, "varGrp", ID=f"G{number}", name=book.name, var=" ".join(names))
        _under(group, "labl", f"{book.title}, version {book.version}")
        for earlier in book.earlier:
            same = ", ".join(item.name for item in book.items if item.name in earlier.same)
            note = f" {earlier.note}" if earlier.note else ""
            _under(group, "notes", f"Version {earlier.version}: the same as now: {same or '–'}.{note}")
    for number, book in enumerate(books, start=1):
        for at, item in enumerate(_columns(book), start=1):
            _variable(data, item, f"V{number}_{at}", _file(book))
    ElementTree.indent(root)
    made: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _variable(data: ElementTree.Element, item: BookItem, key: str, file: str) -> None:
    """The parts stand in the order of the schema (DDI-Codebook 2.5, varType)."""
    counted = {"dcml": "0"} if item.type in _NUMBERS else {}
    variable = _under(data, "var", ID=key, name=item.column, files=_FILES[file], intrvl="discrete", **counted)
    _under(variable, "labl", item.label)
    for tag, said in item.wordings.items():
        for each in said:
            _in(_under(_under(variable, "qstn"), "qstnLit", each), tag)
    if item.type in _NUMBERS and not item.answers and (item.minimum is not None or item.maximum is not None):
        ends = {name: str(value) for name, value in (("min", item.minimum), ("max", item.maximum)) if value is not None}
        _under(_under(variable, "valrng"), "range", **ends)
    invalid = _under(variable, "invalrng")
    for code in (SKIPPED, NOT_ASKED):
        _under(invalid, "item", VALUE=str(code))
    _under(invalid, "key", f"In SPSS files: {SKIPPED} skipped, {NOT_ASKED} not asked. In CSV both are empty.")
    for answer in item.answers:
        category = _under(variable, "catgry", **({"missing": "Y"} if answer.missing else {}))
        _under(category, "catValu", answer.id)
        for tag, words in answer.words.items():
            _in(_under(category, "labl", words), tag)
        if answer.code is not None and str(answer.code) != answer.id:
            _under(category, "txt", f"In SPSS files: {answer.code}")
    if item.construct is not None:
        _under(variable, "concept", item.construct)
    _under(variable, "varFormat", type="numeric" if item.type in _NUMBERS else "character", schema="other")
    if item.better is not Better.NONE:
        _under(variable, "notes", BETTER[item.better], type="scoring")
    if file == _LONG:
        _under(variable, "notes", f"The lines of {_LONG} with {item.name} as their item; the answer is their value.")
    if item.type is ItemType.SELECT_MANY:
        _under(variable, "notes", "Several answers with spaces between them.")


def _in(element: ElementTree.Element, tag: str) -> None:
    element.set(_LANG, language(tag).html_lang)


def _under(parent: ElementTree.Element, name: str, text: str | None = None, /, **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name, attributes)
    made.text = text
    return made


def data_package_of(books: Sequence[Book]) -> dict[str, Any]:
    """A descriptor of what these instruments are in an export: columns of ``wide``, or lines of ``responses``."""
    wide = [_field(book, item) for book in books if _file(book) == _WIDE for item in _columns(book)]
    long = [_field(book, item) for book in books if _file(book) == _LONG for item in _columns(book)]
    resources = []
    if wide:
        resources.append(_resource(_WIDE, [{"name": "person", "type": "string"}, *wide], ["person"]))
    if long:
        lines = [
            {"name": "run", "type": "string"},
            {"name": "item", "type": "string"},
            {"name": "value", "type": "string", "description": "what it can be says the item: see items"},
        ]
        resources.append(_resource(_LONG, lines, ["run", "item"]) | {"items": long})
    return {
        "profile": "data-package",
        "name": "-".join(book.name.replace("_", "-") for book in books),
        "title": "; ".join(book.title for book in books),
        "sources": [{"title": _source(book)} for book in books],
        "instruments": [
            {
                "name": book.name,
                "version": book.version,
                "title": book.title,
                "same_as_today": {str(each.version): sorted(each.same) for each in book.earlier},
            }
            for book in books
        ],
        "resources": resources,
    }


def _resource(path: str, fields: Sequence[Mapping[str, Any]], key: Sequence[str]) -> dict[str, Any]:
    return {
        "name": path.removesuffix(".csv"),
        "path": path,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {"fields": list(fields), "primaryKey": list(key), "missingValues": [""]},
    }


def _field(book: Book, item: BookItem) -> Mapping[str, Any]:
    number = item.type in _NUMBERS
    made: dict[str, Any] = {"name": item.column, "title": item.label, "type": "integer" if number else "string"}
    made["instrument"], made["item"], made["better"] = f"{book.name} {book.version}", item.name, item.better.value
    ends = {name: value for name, value in (("minimum", item.minimum), ("maximum", item.maximum)) if value is not None}
    if number and ends:
        made["constraints"] = ends
    elif item.answers and item.type is not ItemType.SELECT_MANY:
        made["constraints"] = {"enum": [answer.id for answer in item.answers]}
    if item.answers:
        made["categories"] = [{"value": int(each.id) if number else each.id, "label": each.label} for each in item.answers]
    if item.construct is not None:
        made["construct"] = item.construct
    made["wordings"] = {language(tag).html_lang: list(said) for tag, said in item.wordings.items()}
    return made


def _columns(book: Book) -> Iterator[BookItem]:
    """What an export holds: asked, and not in a person's own words."""
    return (item for item in book.items if item.exported and item.not_asked is None)


def _file(book: Book) -> str:
    """The surveys of a case have columns of their own; other instruments are lines of answers."""
    return _WIDE if book.name in WAVES else _LONG


def _source(book: Book) -> str:
    return ", ".join(part for part in (book.source.document, book.source.section) if part)
