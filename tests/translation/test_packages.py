"""Installing what an operator brings: whole or not at all, and nothing outside its folder."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from ccmm_bot.translation.packages import NotAModel, install, installed, remove
from tests.translation.toy import FOLDER

GOOD = FOLDER / "toy_es_en.argosmodel"


def packed(tmp_path: Path, files: dict[str, bytes]) -> Path:
    path = tmp_path / "made.argosmodel"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_package_is_installed_listed_replaced_and_removed(tmp_path: Path) -> None:
    assert installed(tmp_path) == ()
    install(tmp_path, GOOD)
    install(tmp_path, GOOD)
    assert [each.label for each in installed(tmp_path)] == ["es-en 1.0"]
    assert remove(tmp_path, "es", "en")
    assert not remove(tmp_path, "es", "en")
    assert installed(tmp_path) == ()


def test_a_stray_folder_does_not_break_the_list(tmp_path: Path) -> None:
    install(tmp_path, GOOD)
    (tmp_path / "stray").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "metadata.json").write_text("{")
    assert len(installed(tmp_path)) == 1


METADATA = b'{"from_code": "es", "to_code": "en"}'
WHOLE = {"a/metadata.json": METADATA, "a/model/model.bin": b"x", "a/sentencepiece.model": b"x"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a/metadata.json": METADATA},
        {**WHOLE, "../outside": b"x"},
        {**WHOLE, "/etc/outside": b"x"},
        {**WHOLE, "b/more": b"x"},
        {**WHOLE, "a/metadata.json": b"not json"},
        {**WHOLE, "a/metadata.json": b'{"from_code": "../x", "to_code": "en"}'},
    ],
)
def test_what_is_no_model_is_refused_and_leaves_nothing_behind(tmp_path: Path, files: dict[str, bytes]) -> None:
    folder = tmp_path / "models"
    with pytest.raises(NotAModel):
        install(folder, packed(tmp_path, files))
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "outside").exists()


def test_a_link_in_it_is_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in WHOLE.items():
            archive.writestr(name, data)
        link = zipfile.ZipInfo("a/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    path = tmp_path / "linked.argosmodel"
    path.write_bytes(made.getvalue())
    with pytest.raises(NotAModel, match="links"):
        install(tmp_path / "models", path)


@pytest.mark.parametrize("data", [b"", b"not a zip"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.argosmodel"
    path.write_bytes(data)
    with pytest.raises(NotAModel):
        install(tmp_path / "models", path)
