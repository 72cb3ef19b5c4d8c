"""A published form becomes a dialogue that can be checked, and nothing it loses goes unsaid."""

from __future__ import annotations

import contextlib
import copy
import io
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ccmm_bot.dialogue.instrument import Instrument
from ccmm_bot.dialogue.model import Dialogue, ItemType
from ccmm_bot.dialogue.parse import parse_dialogue
from ccmm_bot.dialogue.parse_instrument import parse_instrument
from ccmm_bot.dialogue.xlsform.imports import Imported, import_form
from ccmm_bot.dialogue.xlsform.parts import Message, Question
from ccmm_bot.dialogue.xlsform.read import FormErrors
from ccmm_bot.i18n.forms import form_label, tag_of
from ccmm_bot.i18n.languages import LANGUAGES
from tests.dialogue.forms import HOUSEHOLD, OLD, RICH, Table, workbook
from tests.dialogue.program import with_program


def imported(sheets: Mapping[str, Table], file: str = "form.xlsx") -> Imported:
    return import_form(workbook(sheets), file, tag_of, ("agency_name",))


def compiled(made: Imported) -> tuple[Dialogue, Instrument]:
    files = made.files()
    instrument = parse_instrument(files.instrument, f"{made.head.id}.yaml", {})
    assert instrument.instrument is not None, instrument.findings
    return parse_dialogue(files.dialogue, f"{made.head.id}.yaml"), instrument.instrument


def questions(made: Imported) -> dict[str, Question]:
    return {part.name: part for part in made.parts if isinstance(part, Question)}


def lost(made: Imported) -> set[tuple[str, int, str]]:
    return {(one.place.sheet, one.place.row, one.place.column) for one in made.left_out}


def wrong(sheets: dict[str, Table]) -> list[str]:
    with pytest.raises(FormErrors) as caught:
        imported(sheets)
    return str(caught.value).splitlines()


# --- what is carried over ----------------------------------------------------------------------------------------------


def test_a_household_survey_becomes_questions_of_the_right_kinds() -> None:
    made = imported(HOUSEHOLD)
    assert (made.head.id, made.head.version, made.head.title) == ("hh_survey_2025", 1, "Household survey")
    assert made.languages == ("en", "ar", "prs")
    assert {name: one.type for name, one in questions(made).items()} == {
        "hh_size": ItemType.INTEGER,
        "has_children": ItemType.YES_NO,
        "ages": ItemType.SELECT_MANY,
        "babies": ItemType.INTEGER,
        "belong": ItemType.SCALE,
        "status": ItemType.SELECT_ONE,
        "status_other": ItemType.TEXT,
        "why": ItemType.TEXT,
        "rent": ItemType.TEXT,
        "arrived": ItemType.DATE,
    }
    size, belong = questions(made)["hh_size"], questions(made)["belong"]
    assert (size.minimum, size.maximum, size.why["en"]) == (1, 30, "Count the children, too.")
    assert (belong.minimum, belong.maximum) == (1, 5)
    assert belong.options[4].words == {"en": "Strongly agree", "ar": "أوافق بشدة", "prs": "کاملاً موافق"}
    assert [one.id for one in questions(made)["ages"].options] == ["0_5", "6_12", "13"]
    assert [one.id for one in questions(made)["status"].options] == ["pr", "claimant", "other"]
    assert isinstance(made.parts[0], Message)


def test_its_conditions_lead_people_past_what_is_not_for_them() -> None:
    dialogue, _ = compiled(imported(HOUSEHOLD))
    asked = {name: state.next[0].when for name, state in dialogue.states.items() if name.endswith("_if")}
    # Everybody is asked hh_size; has_children only some, so whoever reads it asks first whether there is an answer.
    assert set(asked) == {f"{name}_if" for name in ("has_children", "ages", "babies", "belong", "status", "status_other", "why")}
    assert "answered" in imported(HOUSEHOLD).files().dialogue


def test_what_is_lost_of_it_is_said_with_its_cell() -> None:
    made = imported(HOUSEHOLD)
    assert lost(made) == {
        ("survey", 2, "type"),  # start
        ("survey", 3, "type"),  # end
        ("survey", 4, "type"),  # deviceid
        ("survey", 6, "label"),  # the heading of a group
        ("survey", 6, "appearance"),
        ("survey", 7, "required"),
        ("survey", 8, "type"),  # prefer not to say
        ("survey", 14, "type"),  # or_other, in English only
        ("survey", 15, "label::English (en)"),  # an answer inside a text
        ("survey", 17, "type"),  # decimal
        ("survey", 19, "calculation"),
        ("survey", 20, "type"),  # geopoint
        ("settings", 2, "style"),
        ("settings", 2, "version"),  # made of the day, longer than a version is here
    }
    renamed = {one.place.row: one.message for one in made.renamed}
    assert renamed == {7: '"HH_size" is called "hh_size" here', 8: '"has.children" is called "has_children" here'}


def test_an_older_form_in_one_language_is_understood() -> None:
    made = imported(OLD, "Needs 2019.xlsx")
    assert (made.head.id, made.head.version, made.languages) == ("needs_2019", 1, ("en",))
    found = questions(made)
    assert {name: one.type for name, one in found.items()} == {
        "q1": ItemType.YES_NO,
        "q2": ItemType.SELECT_MANY,
        "q3": ItemType.TEXT,
        "q4": ItemType.SCALE,
        "q5": ItemType.TEXT,
    }
    assert [option.words["en"] for option in found["q2"].options] == ["Housing", "Food", "Don't know"]
    assert '{q1: {eq: "no"}}' in made.files().dialogue
    assert {("survey", 4, "relevant"), ("survey", 4, "readonly"), ("survey", 6, "type"), ("choices", 4, "label")} <= lost(made)
    assert (found["q4"].minimum, found["q4"].maximum) == (1, 10)


def test_what_a_conversation_has_nothing_like_is_left_out_and_said() -> None:
    made = imported(RICH)
    assert set(questions(made)) == {"prov", "city", "pain", "again", "note_to_us"}
    said = {one.place.row: one.message for one in made.left_out if one.place.sheet == "survey" and one.place.column == "type"}
    assert said[4] == "what repeats is left out: a conversation asks each question once"
    assert {5, 6} <= set(said)
    assert '"rank order"' in said[8]
    assert "select_one_from_file" in said[9]
    assert {("survey", 3, "choice_filter"), ("survey", 10, "media::image::English"), ("survey", 10, "parameters")} <= lost(made)
    assert {("survey", 11, "relevant"), ("survey", 11, "parameters"), ("survey", 11, "default")} <= lost(made)
    assert ("survey", 1, "label::Kurdish") in lost(made)  # two written languages: nobody can tell which
    assert made.languages == ("en", "so")
    assert made.head.version == 1
    assert ("settings", 2, "version") in lost(made)
    assert questions(made)["pain"].type is ItemType.TEXT
    thanks = made.parts[-1]
    assert isinstance(thanks, Message)
    assert thanks.words[0]["en"] == "Thank you, (name)."


@pytest.mark.parametrize("sheets", [HOUSEHOLD, OLD, RICH], ids=["household", "old", "rich"])
def test_what_a_form_has_become_is_a_sound_dialogue_with_its_instrument(sheets: dict[str, Table], tmp_path: Path) -> None:
    made = import_form(workbook(sheets), "form.xlsx", tag_of, (), {"city", "contact"})

    found = with_program(made, tmp_path)

    # D407: no form says why it asks; D305 and the like would be errors.
    assert {one.code for one in found} <= {"D407"}, "\n".join(map(str, found))


def test_a_text_that_the_service_fills_in_stays_one() -> None:
    sheets: dict[str, Table] = {
        "survey": [
            ["type", "name", "label", "calculation"],
            ["calculate", "agency_name", None, "'Here'"],
            ["text", "q", "What may ${agency_name} do?"],
        ]
    }
    made = imported(sheets)
    assert questions(made)["q"].words["en"] == "What may {agency_name} do?"
    assert made.left_out == ()


# --- what is wrong with a file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"%PDF-1.7", "Häuser".encode("utf-16"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x00" * 5000],
)
def test_what_is_no_workbook_is_told_in_one_line(content: bytes) -> None:
    with pytest.raises(FormErrors, match=r"form.xlsx: this is (not an XLSX workbook|an old workbook)") as caught:
        import_form(content, "form.xlsx", tag_of, ())
    assert "\n" not in str(caught.value)


def test_a_zip_of_something_else_is_no_workbook() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(FormErrors, match="not an XLSX workbook"):
        import_form(content.getvalue(), "form.xlsx", tag_of, ())


HEAD = ["type", "name", "label"]
YES_NO = [["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"]]


@pytest.mark.parametrize(
    ("sheets", "lines"),
    [
        ({"data": [["a"]]}, ['form.xlsx: there is no sheet "survey" (there is: data), so this is no XLSForm.']),
        ({"survey": [["name", "label"], ["q", "Q?"]]}, ['form.xlsx: sheet "survey", row 1: there is no column "type"']),
        ({"survey": [HEAD]}, ["form.xlsx: there is no question in it that a conversation can ask."]),
        ({"survey": [[*HEAD, "label"], ["text", "q", "Q?"]]}, ['sheet "survey", row 1, column "label": this heading stands twice']),
        (
            {"survey": [HEAD, ["text", "q", "A?"], ["text", "q", "B?"]]},
            ['row 3, column "name": the name "q" stands in row 2 already'],
        ),
        ({"survey": [HEAD, ["text", None, "A?"]]}, ['row 2, column "name": the question has no name']),
        ({"survey": [HEAD, [None, "q", "A?"]]}, ['row 2, column "type": the row has no type']),
        ({"survey": [HEAD, ["begin group", "g"], ["text", "q", "A?"]]}, ['row 2, column "type": "begin group" is never ended']),
        ({"survey": [HEAD, ["text", "q", "A?"], ["end group"]]}, ['row 3, column "type": "end group" ends nothing that was begun']),
        (
            {"survey": [HEAD, ["begin group", "g"], ["text", "q", "A?"], ["end repeat"]]},
            ['row 4, column "type": "end repeat" stands where "begin group" of row 2 should end'],
        ),
        (
            {"survey": [HEAD, ["select_one yn", "q", "A?"]]},
            ['row 2, column "type": the list of choices "yn" does not exist; there is no list of choices at all'],
        ),
        (
            {"survey": [HEAD, ["select_one yesno", "q", "A?"]], "choices": YES_NO},
            ['row 2, column "type": the list of choices "yesno" does not exist; there is: yn'],
        ),
        (
            {"survey": [HEAD, ["text", "q", "A?"]], "choices": [*YES_NO, ["yn", "yes", "Again"]]},
            ['sheet "choices", row 4, column "name": the choice "yes" of "yn" stands in row 2 already'],
        ),
        (
            {"survey": [[*HEAD, "relevant"], ["text", "a", "A?", "${b} != ''"], ["text", "b", "B?", "${a} != ''"]]},
            ['row 2, column "relevant": the conditions go in a circle: a → b → a'],
        ),
        (
            {"survey": [[*HEAD, "relevant"], ["begin group", "g", None, "${a} != ''"], ["text", "a", "A?"], ["end group"]]},
            ['row 3, column "relevant": the conditions go in a circle: a → a'],
        ),
        (
            {"survey": [["type", "name", "label::Français (fr)"], ["text", "a", "A ?"]]},
            ["there is no English: dialogues are written in it"],
        ),
        ({"survey": [HEAD, ["geopoint", "a", "A?"]]}, ["there is no question in it that a conversation can ask."]),
    ],
)
def test_what_is_wrong_with_a_form_is_said_with_its_cell(sheets: dict[str, Table], lines: list[str]) -> None:
    found = wrong(sheets)
    assert len(found) == len(lines)
    for line, expected in zip(found, lines, strict=True):
        assert expected in line


def test_a_name_may_stand_once_in_each_of_many_groups() -> None:
    survey: list[list[object]] = [[*HEAD]]
    for n in range(20):
        survey += [["begin group", f"g{n}"], ["text", "q", f"Question {n}?"], ["end group"]]
    assert len(questions(imported({"survey": survey}))) == 20


def test_everything_that_is_wrong_is_said_at_once() -> None:
    survey: list[list[object]] = [[*HEAD], ["select_one a", "q", "Q?"], ["text", None, "N?"], ["end group"], ["begin group", "g"]]
    assert len(wrong({"survey": survey})) == 4


def test_a_form_with_cells_gone_wrong_never_ends_in_a_traceback() -> None:
    chance = random.Random(7)  # the same forms each time
    odd = [
        "",
        "${",
        "${a",
        "select_one",
        "begin group",
        "end repeat",
        "range",
        "-8",
        "=1+1",
        "\x0b",
        "{x}",
        "((((",
        "yes",
        "99",
        "or_other",
    ]
    for _ in range(80):
        sheets: dict[str, list[list[object]]]
        sheets = {name: [list(row) for row in rows] for name, rows in copy.deepcopy(chance.choice([HOUSEHOLD, OLD, RICH])).items()}
        for _ in range(chance.randint(1, 6)):
            rows = sheets[chance.choice(sorted(sheets))]
            row = chance.choice(rows)
            if row and chance.random() < 0.8:
                row[chance.randrange(len(row))] = chance.choice([word for word in odd if word != "\x0b"])
            elif len(rows) > 1:
                rows.remove(row)
        try:
            made = imported(sheets)
        except FormErrors:
            continue
        compiled(made)


def test_bytes_gone_wrong_never_end_in_a_traceback() -> None:
    chance, content = random.Random(11), workbook(HOUSEHOLD)
    for _ in range(60):
        at = chance.randrange(len(content))
        broken = (
            content[:at]
            + bytes(chance.randrange(256) for _ in range(chance.randint(1, 20)))
            + content[at + chance.randint(0, 20) :]
        )
        with contextlib.suppress(FormErrors):
            import_form(broken, "form.xlsx", tag_of, ())


def test_a_long_form_is_read() -> None:
    rows: list[list[object]] = [
        ["select_one yn", f"q{n}", f"Question {n}?", f"${{q{n - 1}}} = 'yes'" if n else None] for n in range(1500)
    ]
    survey: list[list[object]] = [[*HEAD, "relevant"], *rows]
    made = imported({"survey": survey, "choices": YES_NO})
    assert len(questions(made)) == 1500


def test_the_columns_of_every_language_of_ours_are_known() -> None:
    known = {
        "English (en)": "en",
        "Farsi (fa)": "fa",
        "دری": "prs",
        "French": "fr",
        "Kurdî Kurmancî (kmr)": "kmr",
        "Klingon (tlh)": None,
    }
    assert {label: tag_of(label) for label in known} == known
    assert all(tag_of(form_label(entry)) == entry.tag for entry in LANGUAGES)
    book = load_workbook(io.BytesIO(workbook(HOUSEHOLD)))
    assert [tag_of(str(cell.value).split("::")[1]) for cell in book["survey"][1] if "label" in str(cell.value)] == [
        "en",
        "ar",
        "prs",
    ]
