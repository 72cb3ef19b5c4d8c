"""Who has read what: marks that end with the wording they are of, and languages that wait for a reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccmm_bot.cli.locale import app
from ccmm_bot.dialogue.loader import Loaded, load_program
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.i18n import maintenance, marks, pofiles, review
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import language
from ccmm_bot.i18n.review import Care

TODAY = date(2026, 11, 20)
PROGRAM = Path(__file__).parents[1] / "conversation" / "program"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load_program(PROGRAM)


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A French catalogue with a translation of everything."""
    maintenance.init(maintenance.Folders(dialogues=PROGRAM, locales=tmp_path), "fr")
    for domain in pofiles.DOMAINS:
        _edit(tmp_path, lambda english: f"FR {english}", domain)
    return tmp_path


def _edit(locales: Path, translate: Callable[[str], str], domain: str = "dialogues", key: str | None = None) -> None:
    path = pofiles.path_of(locales, language("fr"), domain)
    catalogue = pofiles.read(path, language("fr"))
    for message in pofiles.entries(catalogue):
        if key in (None, message.context):
            message.string = translate(str(message.id))
    path.write_bytes(pofiles.dump(catalogue))


def _unreviewed(locales: Path, loaded: Loaded, *names: str) -> frozenset[str]:
    return review.not_live(Catalogues.load(locales), loaded.require(), loaded.dialogues, names)


def test_a_mark_ends_when_the_translation_changes(locales: Path) -> None:
    review.mark_reviewed(locales, "fr", "A. Reader", TODAY)
    path = pofiles.path_of(locales, language("fr"), "dialogues")
    read = review.marked_by(pofiles.read(path, language("fr")))
    assert read["consent.permission.text"] == marks.Reviewed(on="2026-11-20", by="A. Reader")
    _edit(locales, lambda english: "autre", key="consent.permission.text")
    assert "consent.permission.text" not in review.marked_by(pofiles.read(path, language("fr")))


def test_marks_and_reviewer_stay_through_an_update(locales: Path) -> None:
    review.mark_reviewed(locales, "fr", "A. Reader", TODAY)
    folders = maintenance.Folders(dialogues=PROGRAM, locales=locales)
    maintenance.update(folders, write=True)
    assert maintenance.update(folders, write=False) == []
    catalogue = pofiles.read(pofiles.path_of(locales, language("fr"), "dialogues"), language("fr"))
    assert (catalogue.review_status, catalogue.reviewer, catalogue.reviewed_on) == ("reviewed", "A. Reader", "2026-11-20")
    assert "consent.permission.text" in review.marked_by(catalogue)


def test_a_compiled_catalogue_knows_what_was_read(locales: Path, loaded: Loaded) -> None:
    review.mark_reviewed(locales, "fr", "A. Reader", TODAY, ["consent.permission.text"])
    maintenance.compile_all(locales)
    for path in locales.rglob("*.po"):
        path.unlink()
    catalogues = Catalogues.load(locales)
    ask = loaded.dialogues["consent"].states["permission"].ask
    assert ask is not None
    assert catalogues.marked(ask.text, "fr")
    assert catalogues.review_status("fr", "dialogues") == "machine-draft"


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "A (B)", "a\x00b"])
def test_a_reviewer_has_a_name_that_fits_a_line(locales: Path, name: str) -> None:
    with pytest.raises(marks.BadReviewer):
        review.mark_reviewed(locales, "fr", name, TODAY)


def test_consent_needs_a_mark_of_its_own_and_other_texts_the_catalogues(locales: Path, loaded: Loaded) -> None:
    review.mark_reviewed(locales, "fr", "A. Reader", TODAY)
    _edit(locales, lambda english: "autre")  # every mark ends; the catalogue still says reviewed
    assert "fr" in _unreviewed(locales, loaded, "consent")
    assert "fr" not in _unreviewed(locales, loaded, "menu")


def test_a_language_goes_live_when_what_is_required_is_reviewed(locales: Path, loaded: Loaded) -> None:
    assert _unreviewed(locales, loaded) == frozenset()
    assert "fr" in _unreviewed(locales, loaded, "consent")
    review.mark_reviewed(locales, "fr", "A. Reader", TODAY)
    assert "fr" not in _unreviewed(locales, loaded, "consent")
    assert "en" not in _unreviewed(locales, loaded, "consent")
    assert "ti" in _unreviewed(locales, loaded, "consent")


def test_a_required_dialogue_that_does_not_exist_is_said(locales: Path, loaded: Loaded) -> None:
    with pytest.raises(ConfigurationError, match="CCMM_REQUIRE_REVIEWED names no dialogue of ours: consnet"):
        _unreviewed(locales, loaded, "consnet")


def test_the_table_counts_careful_texts_by_kind(locales: Path, loaded: Loaded) -> None:
    review.mark_reviewed(locales, "fr", "A. Reader", TODAY, ["consent.permission.text"])
    rows = review.table(Catalogues.load(locales), loaded.require(), loaded.dialogues, ["consent"])
    french = next(row for row in rows if row.tag == "fr")
    assert french.translated == french.texts
    assert french.status == "machine-draft"
    assert french.careful[Care.CONSENT].reviewed == 1
    assert french.careful[Care.CONSENT].texts > 1
    assert french.not_live == ("consent",)
    assert next(row for row in rows if row.tag == "ti").status == ""


def test_our_own_consent_safety_and_rights_texts_are_careful() -> None:
    loaded = load_program(Path(__file__).parents[2] / "dialogues")
    kinds = review.careful(loaded.require(), loaded.dialogues)
    assert kinds["consent.ask.text"] is Care.CONSENT
    assert {key.split(".")[0] for key, kind in kinds.items() if kind is Care.RIGHTS} >= {"stop", "handoff"}
    assert set(kinds.values()) == set(Care)
    assert not any(key.startswith(("system.", "menu.")) for key in kinds)


def test_the_commands_mark_and_show(locales: Path) -> None:
    folders = ["--locales", str(locales), "--dialogues", str(PROGRAM)]
    marked = CliRunner().invoke(app, ["review", "--language", "fr", "--by", "A. Reader", "--on", "2026-11-20", *folders[:2]])
    assert marked.exit_code == 0
    shown = CliRunner().invoke(app, ["status", *folders]).output
    line = next(line for line in shown.splitlines() if line.startswith("fr ") and "A. Reader" in line)
    assert "2026-11-20" in line
    assert "reviewed" in line


def test_one_text_can_be_marked_by_its_key(locales: Path) -> None:
    command = ["review", "--language", "fr", "--by", "A. Reader", "--key", "consent.permission.text", "--locales", str(locales)]
    assert "1 texts" in CliRunner().invoke(app, command).output
    assert CliRunner().invoke(app, [*command[:-4], "--key", "no.such", "--locales", str(locales)]).exit_code == 1
