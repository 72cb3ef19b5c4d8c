"""The agreed words: one file, one column per language, several translators at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccmm_bot.cli.locale import app
from ccmm_bot.i18n import glossary
from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.settings import Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    terms = tuple(glossary.Term(term=term, note="a, b", agreed={}) for term in ("case", "plan"))
    file = tmp_path / glossary.FILE
    file.write_text(glossary.dump(terms), encoding="utf-8")
    return file


def test_our_glossary_has_a_column_for_every_language_and_every_term_once() -> None:
    assert ("term", "note", *(tag for tag in TAGS if tag != "en")) == glossary.COLUMNS
    assert glossary.load(Settings().locales_dir / glossary.FILE)


def test_our_glossary_is_written_as_the_command_writes_it() -> None:
    path = Settings().locales_dir / glossary.FILE
    assert path.read_text(encoding="utf-8") == glossary.dump(glossary.load(path))


def test_filling_in_one_column_leaves_the_others_alone(path: Path) -> None:
    assert glossary.agree(path, "fr", {"case": "dossier"}) == 1
    assert glossary.agree(path, "ti", {"case": "ጉዳይ|ኬዝ"}) == 1
    term = glossary.load(path)[0]
    assert (term.agreed["fr"], term.note, term.ways("ti")) == ("dossier", "a, b", ("ጉዳይ", "ኬዝ"))


def test_several_translators_at_once_lose_nothing(path: Path) -> None:
    tags = glossary.COLUMNS[2:]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda tag: glossary.agree(path, tag, {"case": tag, "plan": tag}), tags))
    assert all(term.agreed == {tag: tag for tag in tags} for term in glossary.load(path))


@pytest.mark.parametrize(("tag", "translations"), [("fr", {"house": "maison"}), ("en", {"case": "case"})])
def test_an_unknown_term_or_english_is_refused_and_nothing_is_written(path: Path, tag: str, translations: dict[str, str]) -> None:
    before = path.read_bytes()
    with pytest.raises(glossary.BrokenGlossary):
        glossary.agree(path, tag, translations)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["term,note\n", ",".join(glossary.COLUMNS) + "\ncase,x\n"])
def test_a_glossary_of_another_shape_is_refused(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(glossary.BrokenGlossary):
        glossary.load(path)


def test_the_command_prints_a_column_and_takes_it_back_filled_in(path: Path, tmp_path: Path) -> None:
    folder = ["--locales", str(tmp_path)]
    printed = CliRunner().invoke(app, ["glossary", "--language", "so", *folder]).stdout
    assert printed.splitlines()[:2] == ["term,note,so", 'case,"a, b",']
    (tmp_path / "so.csv").write_text(printed.replace('case,"a, b",', 'case,"a, b",kiis'), encoding="utf-8")
    result = CliRunner().invoke(app, ["glossary", "--language", "so", "--from", str(tmp_path / "so.csv"), *folder])
    assert result.exit_code == 0
    assert glossary.load(path)[0].agreed["so"] == "kiis"
