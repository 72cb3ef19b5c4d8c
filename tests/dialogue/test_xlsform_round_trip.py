"""What goes out as an XLSForm comes back as the same: items, options, bounds, scoring, and the words of every language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ccmm_bot.cli import app
from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue.instrument import Better
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.parse import parse_dialogue
from ccmm_bot.dialogue.parse_instrument import parse_instrument
from ccmm_bot.dialogue.xlsform.build import build
from ccmm_bot.dialogue.xlsform.choices import Choice
from ccmm_bot.dialogue.xlsform.emit import Head, emit
from ccmm_bot.dialogue.xlsform.imports import import_form
from ccmm_bot.dialogue.xlsform.parts import Question
from ccmm_bot.dialogue.xlsform.write import write_form
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.forms import form_label, tag_of
from ccmm_bot.i18n.languages import LANGUAGES, language
from ccmm_bot.settings import Settings

TAGS = ("en", "ar", "ti", "kmr")
#: Letters of four scripts, marks and signs that mean something to a spreadsheet, to YAML or to a form.
LETTERS = st.sampled_from([*"abzAZ019 .,:;?!'\"=+-@#%&*()[]|/\\~`^$<", *"اهلسش؟،", *"ሰላምኣ።", *"êşçîû", "\u200c", "é", "🙂"])
TEXTS = (
    st.text(LETTERS, min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(
        lambda text: (
            text.strip("\u200c ") != "" and "${" not in text and not text.startswith(("<",)) and "<" not in text and "&" not in text
        )
    )
)
IDS = st.from_regex(r"[a-z][a-z0-9_]{0,12}[a-z0-9]", fullmatch=True).filter(
    lambda name: name not in ("all", "any", "not", "at_least", "languages")
)
WORDS = st.fixed_dictionaries(dict.fromkeys(TAGS, TEXTS))
CHOICES = st.builds(
    lambda id, words, exclusive, missing: Choice(id=id, form_name=id, words=words, exclusive=exclusive, missing=missing),
    IDS, WORDS, st.booleans(), st.booleans(),
)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> Question:
    kind = draw(st.sampled_from(list(ItemType)))
    low = high = None
    options: tuple[Choice, ...] = ()
    match kind:
        case ItemType.SELECT_ONE | ItemType.SELECT_MANY:
            options = tuple(draw(st.lists(CHOICES, min_size=2, max_size=6, unique_by=lambda each: each.id)))
            if kind is ItemType.SELECT_ONE:
                options = tuple(replace(each, exclusive=False) for each in options)
        case ItemType.SCALE:
            low = draw(st.integers(0, 2))
            high = low + draw(st.integers(2, 9))
            points = draw(st.lists(st.integers(low, high), unique=True, max_size=4).map(sorted))
            options = tuple(Choice(id=str(each), form_name=str(each), words=draw(WORDS)) for each in points)
            options = tuple(each for each in options if set(each.words.values()) != {each.id})
        case ItemType.INTEGER:
            low = draw(st.none() | st.integers(-5, 50))
            high = draw(st.none() | st.integers(51, 90))
        case _:
            pass
    return Question(
        name=draw(IDS),
        type=kind,
        words=draw(WORDS),
        why=draw(st.just({}) | WORDS),
        when=True,
        row=0,
        options=options,
        minimum=low,
        maximum=high,
        better=draw(st.sampled_from(Better)),
        construct=draw(st.none() | IDS),
    )


def plain(question: Question) -> object:
    """Everything but the row, and the words of yes and no, which are the service's own."""
    options = () if question.type is ItemType.YES_NO else question.options
    said = [(each.id, dict(each.words), each.exclusive, each.missing) for each in options]
    return replace(question, row=0, options=(), words=dict(question.words), why=dict(question.why)), said


@given(st.lists(questions(), min_size=1, max_size=5, unique_by=lambda each: each.name))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_items_options_and_words_come_back_as_they_went_out(asked: list[Question]) -> None:
    files = emit(Head(id="made", version=3, title="Made", source="here", section="all"), asked, {})
    dialogue = parse_dialogue(files.dialogue, "made.yaml")
    defined = parse_instrument(files.instrument, "made.yaml", {})
    assert defined.instrument is not None, defined.findings
    own = Catalogues.load(Settings().locales_dir)
    tables = {
        tag: {(each.key, each.source): each.translations[tag] for each in files.entries if tag in each.translations}
        for tag in TAGS if tag != "en"
    }  # fmt: skip
    catalogues = own.with_archived(tables)
    labels = {tag: form_label(language(tag)) for tag in TAGS}

    made = build(dialogue, catalogues, labels, slots={}, offered={}, defined=defined.instrument, items_only=True)
    again = import_form(write_form(made.form, list(labels.values())), "made.xlsx", tag_of, ())

    assert [plain(part) for part in again.parts if isinstance(part, Question)] == [plain(one) for one in asked]
    assert (again.head.id, again.head.version) == ("made", 3)
    assert again.left_out == again.renamed == ()


@pytest.mark.parametrize("name", sorted(open_workbench(None, None).loaded.instruments))
def test_every_instrument_of_the_service_comes_back_as_it_went_out(name: str) -> None:
    workbench = open_workbench(None, None)
    (dialogue,) = [each for each in workbench.loaded.dialogues.values() if each.instrument == name]
    labels = {entry.tag: form_label(entry) for entry in LANGUAGES}
    defined = workbench.loaded.instruments[name]
    made = build(dialogue, workbench.catalogues, labels, slots=workbench.slots, offered={}, defined=defined, items_only=True)

    again = import_form(write_form(made.form, list(labels.values())), "form.xlsx", tag_of, workbench.slots)
    asked = {part.name: part for part in again.parts if isinstance(part, Question)}

    assert list(asked) == [row["name"] for row in made.form.survey if row["type"] != "calculate"]
    for item in defined.items.values():
        part = asked[item.name]
        assert (part.type, part.minimum, part.maximum, part.better, part.construct) == (
            item.type, item.minimum, item.maximum, item.better, item.construct,
        )  # fmt: skip
        assert item.type is ItemType.YES_NO or tuple(each.id for each in part.options) == item.options
        assert tuple(each.id for each in part.options if each.missing) == item.missing
        assert set(part.words) == set(labels)
    assert {one.place.column for one in again.left_out} <= {"required"}  # a gate has to be answered; no imported question has


def test_the_commands_take_a_form_out_and_in_again(tmp_path: Path) -> None:
    run = CliRunner()
    form, folder = tmp_path / "form.xlsx", tmp_path / "new"
    assert run.invoke(app, ["dialogue", "xlsform", "export", "household", "-o", str(form), "--languages", "ar,so"]).exit_code == 0

    done = run.invoke(app, ["dialogue", "xlsform", "import", str(form), "-o", str(folder)])
    assert done.exit_code == 0, done.output
    assert (folder / "dialogues" / "household.yaml").is_file()
    assert (folder / "dialogues" / "instruments" / "household.yaml").is_file()
    somali = (folder / "locales" / "so" / "LC_MESSAGES" / "dialogues.po").read_text(encoding="utf-8")
    assert '"X-Review-Status: published\\n"' in somali
    assert '"X-Wording-Source: form.xlsx, form household, version 1\\n"' in somali
    assert somali.count("# source: form.xlsx, form household, version 1") > 10

    again = run.invoke(app, ["dialogue", "xlsform", "import", str(form), "-o", str(folder)])
    assert again.exit_code != 0
    assert "is there already. Add --replace" in f"{again.output}{again.exception}"
