"""Every instrument and dialogue as an XLSForm: pyxform takes it, and it asks whom the dialogue asks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from ccmm_bot.cli import app
from ccmm_bot.cli.authoring import Workbench, open_workbench
from ccmm_bot.dialogue.guards import holds
from ccmm_bot.dialogue.model import AnyOf, AtLeast, Compare, Dialogue, Guard, Item, ItemType, Not, Operator
from ccmm_bot.dialogue.values import SKIPPED, Answer
from ccmm_bot.dialogue.verify.solve import candidates
from ccmm_bot.dialogue.xlsform.build import Exported, NothingToExport, build, field_name
from ccmm_bot.dialogue.xlsform.conditions import ALWAYS, Conditions
from ccmm_bot.dialogue.xlsform.expressions import Asked, bounds, condition
from ccmm_bot.dialogue.xlsform.form import SKIPPED as CODE
from ccmm_bot.dialogue.xlsform.write import write_form
from ccmm_bot.i18n.forms import form_label
from ccmm_bot.i18n.languages import LANGUAGES

LABELS = {entry.tag: form_label(entry) for entry in LANGUAGES}
#: Dialogues that ask nothing and say nothing.
SILENT = {"quiet"}


@cache
def bench() -> Workbench:
    return open_workbench(None, None)


def exported(dialogue: Dialogue, *, items_only: bool, labels: Mapping[str, str] = LABELS) -> Exported:
    defined = bench().loaded.instruments.get(dialogue.instrument or "")
    return build(
        dialogue, bench().catalogues, labels, slots=bench().slots, offered={"en": "English", "ar": "العربية"}, defined=defined,
        items_only=items_only,
    )  # fmt: skip


DIALOGUES = sorted(set(bench().loaded.dialogues) - SILENT)
FORMS = [(name, False) for name in DIALOGUES] + [
    (name, True) for name, dialogue in sorted(bench().loaded.dialogues.items()) if dialogue.instrument is not None
]
NAMES = [f"{name}{', items' if items_only else ''}" for name, items_only in FORMS]


@pytest.mark.parametrize(("name", "items_only"), FORMS, ids=NAMES)
def test_pyxform_takes_it_without_a_warning(name: str, items_only: bool, tmp_path: Path) -> None:
    convert = pytest.importorskip("pyxform.xls2xform").convert
    made = exported(bench().loaded.dialogues[name], items_only=items_only)
    path = tmp_path / "form.xlsx"
    path.write_bytes(write_form(made.form, list(LABELS.values())))

    warnings: list[str] = []
    form = convert(str(path), warnings=warnings)

    assert warnings == []
    asked = {row["name"] for row in made.form.survey}
    assert all(f"<{each}/>" in form.xform for each in asked)


@pytest.mark.parametrize(("name", "items_only"), FORMS, ids=NAMES)
def test_every_question_and_every_choice_has_words_in_every_language(name: str, items_only: bool) -> None:
    form = exported(bench().loaded.dialogues[name], items_only=items_only).form

    for row in (*form.survey, *form.choices):
        if row.get("type") != "calculate":
            assert {f"label::{label}" for label in LABELS.values()} <= row.keys()


def test_a_dialogue_that_says_nothing_is_no_form() -> None:
    with pytest.raises(NothingToExport, match="asks nothing"):
        exported(bench().loaded.dialogues["quiet"], items_only=False)


def test_the_entry_survey_has_its_thirteen_items_with_codes_and_scoring() -> None:
    form = exported(bench().loaded.dialogues["entry_survey"], items_only=True).form
    rows = {row["name"]: row for row in form.survey}
    assert len(rows) == 13
    assert {row["required"] for row in rows.values()} == {"no"}
    assert rows["service_access"]["type"] == "select_one satisfaction"
    assert rows["ran_out_of_money_last_month"]["ccmm_better"] == "lower"
    assert rows["has_family_doctor"]["hint::English (en)"].startswith("We ask so that")
    scale = [row["name"] for row in form.choices if row["list_name"] == "satisfaction"]
    assert scale == ["1", "2", "3", "4", "5", CODE]
    skip = next(row for row in form.choices if row["name"] == CODE)
    assert (skip["label::English (en)"], skip["label::Français (fr)"]) == ("Skip", "Passer")
    assert form.settings == {
        "form_title": "Client survey at entry", "form_id": "entry_survey", "version": "1", "default_language": "English (en)",
    }  # fmt: skip


def test_bounds_gates_and_names_filled_in_are_in_the_form() -> None:
    household = {row["name"]: row for row in exported(bench().loaded.dialogues["household"], items_only=True).form.survey}
    assert household["household_size"]["constraint"] == ". >= 1 and . <= 30"
    assert household["household_size"]["constraint_message::English (en)"] == "Please write a number from 1 to 30."
    assert household["household_size"]["relevant"] == "${household_composition} != 'individual'"
    screening = exported(bench().loaded.dialogues["self_screening"], items_only=True).form
    rows = {row["name"]: row for row in screening.survey}
    assert rows["contact"]["required"] == "yes"  # a gate is answered
    assert rows["contact"]["label::English (en)"].startswith("May a worker at ${agency_name} call you")
    assert rows["agency_name"]["calculation"] == f"'{bench().slots['agency_name']}'"


def test_help_said_after_a_hard_answer_is_said_to_whom_it_concerns() -> None:
    rows = {row["name"]: row for row in exported(bench().loaded.dialogues["entry_survey"], items_only=False).form.survey}
    assert rows["say_say_mind_1"]["relevant"] == "${mental_health_affected_last_month} = 'yes'"
    assert "relevant" not in rows["recommends_case_management"]


# --- whom the form asks -------------------------------------------------------------------------------------------------


def asked_by_the_dialogue(dialogue: Dialogue, answers: Mapping[str, Answer]) -> set[str]:
    """The questions on the way of somebody who would answer so; one who was not asked has no answer."""
    given: dict[str, Answer] = {}
    state = dialogue.states[dialogue.initial]
    while True:
        if state.ask is not None:
            given[state.ask.item.name] = answers[state.ask.item.name]
        following = next((each.target for each in state.next if holds(each.when, given, {})), None)
        if following is None:
            return set(given)
        state = dialogue.states[following]


def asked_by_the_form(made: Exported, items: Mapping[str, Item], answers: Mapping[str, Answer]) -> set[str]:
    """The same, by the conditions as they are written in the form, read from top to bottom."""
    given: dict[str, Answer] = {}

    def resolve(name: str) -> Asked:
        item = items[name.removeprefix("_")]
        return Asked(item=item.name, type=item.type, choices={CODE: None} | {option.id: option.id for option in item.options})

    for row in made.form.survey:
        item = next((each for each in items.values() if field_name(each.name) == row["name"]), None)
        if item is None:
            continue
        guard = condition(row["relevant"], resolve) if "relevant" in row else True
        if guard is True or (not isinstance(guard, bool) and holds(guard, given, {})):
            given[item.name] = answers[item.name]
    return set(given)


def is_straight(dialogue: Dialogue) -> bool:
    """Nobody is led back, and no fact decides but two that are not known here."""
    facts = {"fact.adult", "fact.referral_to"}
    known = all(
        part.subject in facts or not part.subject.startswith("fact.")
        for state in dialogue.states.values()
        for each in state.next
        for part in _compared(each.when)
    )
    return known and not any(state.visits is not None or state.show is not None for state in dialogue.states.values())


def _compared(guard: Guard | None) -> list[Compare]:
    match guard:
        case None:
            return []
        case Compare():
            return [guard]
        case Not():
            return _compared(guard.part)
        case _:
            return [each for part in guard.parts for each in _compared(part)]


STRAIGHT = [name for name in DIALOGUES if is_straight(bench().loaded.dialogues[name])]


def test_there_are_dialogues_whose_conditions_can_be_compared() -> None:
    assert {"entry_survey", "exit_survey", "follow_up_3_month", "household", "referral_check", "self_screening"} <= set(STRAIGHT)


@pytest.mark.parametrize("name", STRAIGHT)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_form_asks_whom_the_dialogue_asks(name: str, data: st.DataObject) -> None:
    dialogue = bench().loaded.dialogues[name]
    asks = [state.ask for state in dialogue.states.values() if state.ask is not None]
    items = {ask.item.name: ask.item for ask in asks}
    skippable = {ask.item.name for ask in asks if ask.skip}
    answers: dict[str, Answer] = {}
    for item in items.values():
        possible = [each for each in candidates(item, item.name in skippable) if each != () and each != "own_language"]
        answers[item.name] = data.draw(st.sampled_from(possible or [SKIPPED]), label=item.name)
    made = exported(dialogue, items_only=False, labels={"en": LABELS["en"]})

    assert asked_by_the_form(made, items, answers) == asked_by_the_dialogue(dialogue, answers)


ATOMS = [Compare(subject=name, op=Operator.EQ, value=value) for name in ("a", "b", "c") for value in ("x", "y")]
GUARDS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.builds(lambda part: Not(part=part), inner),
        st.builds(lambda parts: AnyOf(parts=tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda parts, n: AtLeast(n=min(n, len(parts)), parts=tuple(parts)),
            st.lists(inner, min_size=1, max_size=3),
            st.integers(1, 3),
        ),
    ),
    max_leaves=8,
)


@given(GUARDS)
@settings(max_examples=150, deadline=None)
def test_a_condition_written_out_and_read_again_says_the_same(guard: Guard) -> None:
    conditions = Conditions()
    made = conditions.of(guard)
    shorter = conditions.simplified(made, lambda each: each.subject)
    written = conditions.written(shorter, lambda each, yes: f"${{{each.subject}}} {'=' if yes else '!='} '{each.value}'", 10_000)

    def resolve(name: str) -> Asked:
        return Asked(item=name, type=ItemType.SELECT_ONE, choices={"x": "x", "y": "y"})

    assert written is not None or shorter <= ALWAYS
    again = bool(shorter) if shorter <= ALWAYS or written is None else condition(written, resolve)
    for a in ("x", "y", SKIPPED):
        for b in ("x", "y", SKIPPED):
            for c in ("x", "y", SKIPPED):
                answers: dict[str, Answer] = {"a": a, "b": b, "c": c}
                said = again if isinstance(again, bool) else holds(again, answers, {})
                assert said is holds(guard, answers, {})


def test_bounds_are_read_as_they_are_written() -> None:
    assert bounds(". >= 0 and . <= 20") == (0, 20)
    assert bounds("(.>0) and (. < 100)") == (1, 99)
    assert bounds(". <= 5") == (None, 5)


# --- the command ---------------------------------------------------------------------------------------------------------


def test_the_command_writes_the_languages_that_are_wanted(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    done = CliRunner().invoke(app, ["dialogue", "xlsform", "export", "entry_survey", "-o", str(path), "--languages", "ar,ti"])
    assert done.exit_code == 0, done.output
    assert "13 rows and 9 choices in 3 languages" in done.output
    heads = [cell.value for cell in load_workbook(io.BytesIO(path.read_bytes()))["survey"][1]]
    assert [head for head in heads if str(head).startswith("label")] == [
        "label::English (en)", "label::العربية (ar)", "label::ትግርኛ (ti)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], 'There is no instrument and no dialogue "nobody".'),
        (["entry_survy"], 'Did you mean "entry_survey"?'),
        (["entry_survey", "--languages", "tlh"], '"tlh" is not one of our languages.'),
        (["quiet"], '"quiet" asks nothing and says nothing'),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    done = CliRunner().invoke(app, ["dialogue", "xlsform", "export", *arguments, "-o", str(path)])
    assert done.exit_code != 0
    assert message in f"{done.output}{done.exception}"
    assert not path.exists()
