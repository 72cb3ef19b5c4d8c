"""The wheel is the whole service: installed away from the repository it finds its own dialogues, catalogues and pages."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.conftest import ROOT

pytestmark = pytest.mark.xdist_group("wheel")  # built once


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel in it; what it needs comes from the environment of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    install = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    run(sys.executable, *install, cwd=folder)
    return folder


def run(*command: str, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CCMM_")}
    environment["PYTHONPATH"] = str(path or "")
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=100)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def committed(folder: str, pattern: str) -> set[str]:
    return {path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob(pattern) if path.is_file()}


def packed(wheel: Path, prefix: str) -> set[str]:
    names = zipfile.ZipFile(wheel).namelist()
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def test_every_dialogue_is_packed(wheel: Path) -> None:
    dialogues = committed("dialogues", "*.yaml")
    assert "program.yaml" in dialogues
    assert packed(wheel, "ccmm_bot/_data/dialogues/") == dialogues


def test_every_catalogue_is_packed_compiled(wheel: Path) -> None:
    catalogues = committed("locales", "*.po")
    assert catalogues
    compiled = {name.removesuffix(".po") + ".mo" for name in catalogues}
    assert packed(wheel, "ccmm_bot/_data/locales/") == {*compiled, *committed("locales", "privacy.toml")}


@pytest.mark.parametrize("folder", ["web/templates", "web/static", "store/migrations"])
def test_what_is_not_python_is_packed_as_well(wheel: Path, folder: str) -> None:
    expected = {name for name in committed(f"src/ccmm_bot/{folder}", "*") if "__pycache__" not in name}
    assert expected
    assert packed(wheel, f"ccmm_bot/{folder}/") == expected


def test_nothing_of_one_installation_is_packed(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.endswith((".key", ".sqlite3", ".env", ".pem")) or "/data/" in f"/{name}"] == []


def test_the_installed_command_runs_from_anywhere(installed: Path, tmp_path: Path) -> None:
    where = run(sys.executable, "-c", "import ccmm_bot; print(ccmm_bot.__file__)", cwd=tmp_path, path=installed).stdout
    assert Path(where.strip()).is_relative_to(installed)
    assert "dialogue" in run(str(installed / "bin" / "ccmm-bot"), "--help", cwd=tmp_path, path=installed).stdout


def test_the_packed_dialogues_pass_their_own_check(installed: Path, tmp_path: Path) -> None:
    run(str(installed / "bin" / "ccmm-bot"), "dialogue", "check", cwd=tmp_path, path=installed)


def test_the_installed_service_speaks_its_languages(installed: Path, tmp_path: Path) -> None:
    asked = (
        "from ccmm_bot.settings import Settings; from ccmm_bot.i18n.catalogues import Catalogues; "
        "from ccmm_bot.dialogue.system_texts import YES; "
        "print(Catalogues.load(Settings().locales_dir).text(YES, 'ti') or '')"
    )
    said = run(sys.executable, "-X", "utf8", "-c", asked, cwd=tmp_path, path=installed).stdout.strip()
    assert any("\u1200" <= letter <= "\u137f" for letter in said), "no Ethiopic letter in the Tigrinya word for yes"
