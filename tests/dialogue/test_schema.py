"""The JSON Schema says of a file's form what the parser says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from ccmm_bot.dialogue.parse_instrument import ITEM_OPTIONAL, OPTIONAL, REQUIRED
from ccmm_bot.dialogue.schema import Schema, dialogue_schema, instrument_schema, options_schema, program_schema
from ccmm_bot.settings import Settings
from tests.dialogue.broken_cases import CASES, FOLDER, Case

SCHEMAS = {"program.yaml": program_schema, "options.yaml": options_schema}
INSTRUMENTS = sorted((Settings().dialogues_dir / "instruments").glob("*.yaml"))
#: Breaches of form that a schema cannot see: references between places, and names that only the program knows.
BEYOND = {
    "D009",
    "D108",
    "D111_more_than_there_are",
    "D112_scale_upside_down",
    "D112_reminder_after_timeout",
    "D114_item_named_all",
    "D114_set_named_languages",
}
REAL = [path for path in sorted(Settings().dialogues_dir.glob("*.yaml")) if path.name != "agencies.yaml"]
FORM = [case for case in CASES if case.code.startswith("D1") and not {case.code, case.path.stem} & BEYOND]


def plain(value: Any) -> Any:
    """JSON values, as an editor sees them: every key is a string."""
    if isinstance(value, dict):
        return {str(key).lower() if isinstance(key, bool) else str(key): plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", INSTRUMENTS, ids=[path.name for path in INSTRUMENTS])
def test_every_instrument_keeps_to_its_schema(path: Path) -> None:
    data = plain(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))

    assert [error.message for error in Draft202012Validator(instrument_schema()).iter_errors(data)] == []


def faults(path: Path, name: str) -> list[str]:
    data = plain(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    schema: Schema = SCHEMAS.get(name, dialogue_schema)()
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("make", [dialogue_schema, program_schema, options_schema, instrument_schema])
def test_a_schema_is_one_of_draft_2020_12(make: Any) -> None:
    Draft202012Validator.check_schema(make())


@pytest.mark.parametrize("path", REAL, ids=[path.name for path in REAL])
def test_every_real_file_keeps_to_its_schema(path: Path) -> None:
    assert faults(path, path.name) == []


@pytest.mark.parametrize("path", sorted((FOLDER / "base").glob("[!a]*.yaml")), ids=lambda path: path.name)
def test_every_file_of_the_sound_example_keeps_to_its_schema(path: Path) -> None:
    assert faults(path, path.name) == []


@pytest.mark.parametrize("case", FORM, ids=[case.path.stem for case in FORM])
def test_what_the_parser_refuses_for_its_form_the_schema_refuses_too(case: Case) -> None:
    assert faults(case.path, case.file)


def test_parser_and_schema_of_an_instrument_know_the_same_keys() -> None:
    root = instrument_schema()["properties"]
    (item,) = root["items"]["patternProperties"].values()
    assert set(root) == {*REQUIRED, *OPTIONAL}
    assert set(item["properties"]) == {"type", "wording", *ITEM_OPTIONAL}


def test_a_form_the_schema_allows_may_still_mean_nothing() -> None:
    meaning = [case for case in CASES if case.code.startswith(("D2", "D3", "D4"))]

    assert all(faults(case.path, case.file) == [] for case in meaning)
