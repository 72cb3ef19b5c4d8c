"""The map of imports is held by contracts, and each contract really stops what it is there to stop."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.conftest import ROOT

PACKAGE = ROOT / "src" / "ccmm_bot"

CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter", encoding="utf-8")


def listed(contract: str, key: str) -> set[str]:
    return set(CONTRACTS[f"importlinter:contract:{contract}"][key].split())


def rooms() -> set[str]:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    return folders | {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")}


def lint(package_parent: Path) -> subprocess.CompletedProcess[str]:
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=package_parent,
        env={"PYTHONPATH": str(package_parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_room_but_the_channels_is_kept_from_the_providers() -> None:
    assert listed("providers", "source_modules") == {f"ccmm_bot.{room}" for room in rooms() - {"channels"}}


def test_every_room_but_the_worker_is_kept_from_the_job_engine() -> None:
    assert listed("jobs", "source_modules") == {f"ccmm_bot.{room}" for room in rooms() - {"worker"}}


def test_every_pure_room_is_kept_from_frameworks() -> None:
    pure = {"dialogue", "followup"} & rooms()
    assert listed("pure", "source_modules") == {f"ccmm_bot.{room}" for room in pure}


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("dialogue/model.py", "import ccmm_bot.store", "layers"),
        ("attic.py", "", "layers"),  # a room that is not on the map
        ("dialogue/values.py", "import ccmm_bot.dialogue.model", "siblings"),
        ("dialogue/model.py", "import sqlalchemy", "pure"),
        ("dialogue/model.py", "import ccmm_bot.i18n", "pure"),
        ("dialogue/guards.py", "import ruamel.yaml", "engine"),
        ("web/__init__.py", "import twilio", "providers"),
        ("store/__init__.py", "import typer", "command-line"),
        ("conversation/__init__.py", "import dbos", "jobs"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, module: str, line: str, contract: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "ccmm_bot", ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    with (tmp_path / "ccmm_bot" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stderr
    assert f"{CONTRACTS[f'importlinter:contract:{contract}']['name']} BROKEN" in " ".join(result.stdout.split())
