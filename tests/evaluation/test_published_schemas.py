"""What is written for other programs is what they expect: data packages by Frictionless' own validator, DDI by its schema."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from xml.etree import ElementTree

import pandas as pd
import pytest
from frictionless import Package, validate

from ccmm_bot.evaluation.book import Book, books
from ccmm_bot.evaluation.book_data import data_package_of, ddi
from ccmm_bot.evaluation.exports import write_export
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.i18n.languages import TAGS
from tests.evaluation.test_codebooks import NAMES, loaded


def described(names: list[str], *tags: str) -> tuple[Book, ...]:
    return tuple(books(*loaded(), names, tags or ("en",)))


# --- Frictionless ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "people", "shape"),
    [
        ("csv", 0, "both"),
        ("csv", 1, "both"),
        ("csv", 60, "both"),
        ("csv", 60, "wide"),
        ("xlsx", 12, "both"),
        ("parquet", 12, "both"),
    ],
)
def test_every_line_of_an_export_is_what_its_descriptor_says(
    tmp_path: Path, defined: tuple[Instrument, ...], form: str, people: int, shape: str
) -> None:
    data = synthetic(Plan(people=people, original=0.4), defined)
    if people > 20:  # formulas in a name: neutralised, and still a text
        data = replace(data, people=data.people.assign(agency=pd.Series(["=1+1", '"A, B"'] * (people // 2), dtype="category")))
    write_export(data, defined, tmp_path / "export.zip", form=form, shape=shape)
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path)
    if form == "parquet":  # the validator reads it with a plug-in of its own only; the descriptor is judged
        assert Package.validate_descriptor(json.loads((tmp_path / "datapackage.json").read_text("utf-8"))).valid
        return
    report = validate(str(tmp_path / "datapackage.json"))
    assert report.flatten(["title", "rowNumber", "fieldName", "note"]) == []
    assert report.valid
    assert report.stats["tasks"] == (1 if shape == "wide" else 4)


def test_the_validator_would_find_what_is_wrong(tmp_path: Path, defined: tuple[Instrument, ...]) -> None:
    write_export(synthetic(Plan(people=5), defined), defined, tmp_path / "export.zip", shape="long")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path)
    runs = tmp_path / "runs.csv"
    lines = runs.read_text("utf-8").splitlines()
    runs.write_text("\n".join([*lines, lines[1], lines[2].replace("completed", "").replace(",1,", ",first,")]), "utf-8")
    found = {error for error, *_ in validate(str(tmp_path / "datapackage.json")).flatten(["title", "rowNumber"])}
    assert {"PrimaryKey Error", "Type Error"} <= found


@pytest.mark.parametrize("name", NAMES)
def test_a_codebooks_descriptor_is_one(name: str) -> None:
    report = Package.validate_descriptor(data_package_of(described([name], *TAGS)))
    assert report.valid, report.flatten(["note"])


# --- DDI-Codebook 2.5 -----------------------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """Of an element: what may stand in it, in this order (once, unless it ends in *), and its attributes with their values."""

    inside: str = ""
    attributes: Mapping[str, str] = MappingProxyType({})
    text: bool = False


_KEY = r"[A-Za-z_][\w.\-]*"
_SAID = {"{http://www.w3.org/XML/1998/namespace}lang": r"[a-z]{2,3}(-[A-Za-z]+)*"}
#: What the published schema (codebook.xsd, 2.5) says of the elements that are written here.
SCHEMA = {
    "codeBook": Kind("docDscr* stdyDscr* fileDscr* dataDscr* otherMat*", {"version": r"2\.5", **_SAID}),
    "docDscr": Kind("citation guide docStatus* docSrc* controlledVocabUsed* notes*"),
    "stdyDscr": Kind("citation* studyAuthorization* stdyInfo* studyDevelopment* method* dataAccs* othrStdyMat* notes*"),
    "citation": Kind("titlStmt rspStmt prodStmt distStmt serStmt* verStmt* biblCit* holdings* notes*"),
    "titlStmt": Kind("titl subTitl* altTitl* parTitl* IDNo*"),
    "prodStmt": Kind("producer* copyright prodDate* prodPlac* software* fundAg* grantNo*"),
    "titl": Kind(text=True),
    "biblCit": Kind(text=True),
    "prodDate": Kind(text=True, attributes={"date": r"\d{4}-\d{2}-\d{2}"}),
    "software": Kind(text=True),
    "fileDscr": Kind("fileTxt* locMap notes*", {"ID": _KEY}),
    "fileTxt": Kind("fileName fileCitation dataFingerprint* fileCont fileStrc dimensns fileType format* filePlac"),
    "fileName": Kind(text=True),
    "fileType": Kind(text=True),
    "dataDscr": Kind("varGrp* nCubeGrp* var* nCube* notes*"),
    "varGrp": Kind("labl* txt* concept* defntn* universe* notes*", {"ID": _KEY, "name": ".+", "var": rf"{_KEY}( {_KEY})*"}),
    "var": Kind(
        "location* labl* imputation security embargo respUnit anlysUnit qstn* valrng* invalrng* undocCod* universe* TotlResp "
        "sumStat* txt* stdCatgry* catgryGrp* catgry* codInstr* verStmt* concept* derivation varFormat geoMap* catLevel* notes*",
        {"ID": _KEY, "name": ".+", "files": rf"{_KEY}( {_KEY})*", "intrvl": "contin|discrete", "dcml": r"\d+"},
    ),
    "labl": Kind(text=True, attributes=_SAID),
    "qstn": Kind("preQTxt* qstnLit* postQTxt* forward* backward* ivuInstr*"),
    "qstnLit": Kind(text=True, attributes=_SAID),
    "valrng": Kind("item* range* key* notes*"),
    "invalrng": Kind("item* range* key* notes*"),
    "item": Kind(attributes={"VALUE": r"-?\d+"}),
    "range": Kind(attributes={"min": r"-?\d+", "max": r"-?\d+"}),
    "key": Kind(text=True),
    "catgry": Kind("catValu labl* txt* catStat* mrow", {"missing": "Y|N"}),
    "catValu": Kind(text=True),
    "txt": Kind(text=True),
    "concept": Kind(text=True),
    "varFormat": Kind(attributes={"type": "numeric|character", "schema": "SAS|SPSS|IBM|ANSI|ISO|XML-Data|other"}),
    "notes": Kind(text=True, attributes={"type": ".+"}),
}
NAMESPACE = "{ddi:codebook:2_5}"


def wrong(element: ElementTree.Element, where: str = "") -> list[str]:
    """What of a document is not as the schema says."""
    name = element.tag.removeprefix(NAMESPACE)
    where = f"{where}/{name}"
    if name not in SCHEMA:
        return [f"{where} is unknown"]
    kind = SCHEMA[name]
    children = [each.tag.removeprefix(NAMESPACE) for each in element]
    order = "".join(f"(?:{each.removesuffix('*')} )" + ("*" if each.endswith("*") else "?") for each in kind.inside.split())
    found = [] if re.fullmatch(order, "".join(f"{each} " for each in children)) else [f"{where}: {children}"]
    for attribute, value in element.attrib.items():
        if not re.fullmatch(kind.attributes.get(attribute, r"(?!)"), value):
            found.append(f"{where}@{attribute}={value}")
    said = (element.text or "").strip()
    if bool(said) != kind.text:
        found.append(f"{where}: {said or 'no text'!r}")
    return [*found, *(each for child in element for each in wrong(child, where))]


@pytest.mark.parametrize("names", [*([name] for name in NAMES), NAMES], ids=lambda names: "+".join(names)[:30])
def test_every_element_of_the_ddi_is_where_the_schema_has_it(names: list[str]) -> None:
    root = ElementTree.fromstring(ddi(described(names, *TAGS), date(2026, 11, 20)))
    assert root.tag == f"{NAMESPACE}codeBook"
    assert {each.tag.startswith(NAMESPACE) for each in root.iter()} == {True}
    assert wrong(root) == []
    keys = [each.get("ID") for each in root.iter() if each.get("ID")]
    assert len(set(keys)) == len(keys)
    pointed = {key for each in root.iter() for name in ("var", "files") for key in (each.get(name) or "").split()}
    assert pointed <= set(keys)


def test_a_wrong_document_is_found() -> None:
    root = ElementTree.fromstring(ddi(described(["household"]), date(2026, 11, 20)))
    variable = root.find(f".//{NAMESPACE}var")
    assert variable is not None
    variable.append(ElementTree.Element(f"{NAMESPACE}labl"))
    variable.set("interval", "discrete")
    assert len(wrong(root)) == 3  # out of place, without text, an attribute nobody knows
