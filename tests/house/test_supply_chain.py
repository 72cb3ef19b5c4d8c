"""What is installed is what the locks name, under licences we can live with; a list of it can be handed out."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chain() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply_chain", ROOT / "scripts" / "supply_chain.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_no_lock_names_is_told(chain: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = dict(chain.locked())
    structlog = pins.pop("structlog")
    monkeypatch.setattr(chain, "locked", lambda: {**pins, "babel": "0.0.1"})
    said = "\n".join(chain.strangers())
    assert f"structlog {structlog} is installed, but no lock names it" in said
    assert re.search(r"babel is \S+, the lock says 0\.0\.1", said)


@pytest.mark.parametrize(
    ("licence", "accepted"),
    [
        ("MIT", True),
        ("Apache-2.0 AND CNRI-Python", True),
        ("LGPL-3.0-only", True),
        ("MPL-2.0", True),
        ("GPL-2.0-only OR MIT", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_licences_that_bind_what_uses_them_are_told(
    chain: ModuleType, monkeypatch: pytest.MonkeyPatch, licence: str, accepted: bool
) -> None:
    monkeypatch.setattr(chain, "licences", lambda: {"something": licence})
    assert (chain.unwelcome() == []) is accepted


def test_a_tool_of_the_checks_may_have_such_a_licence_but_not_when_it_is_served(
    chain: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chain.licences()["translate-toolkit"].startswith("GPL")
    assert chain.unwelcome() == []
    monkeypatch.setattr(chain, "locked", lambda _lock=None: {"translate-toolkit": "1"})
    assert chain.unwelcome() == ["translate-toolkit: GPL-3.0-or-later"]


def test_the_list_names_every_locked_package_and_every_vendored_file(chain: ModuleType, tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "supply_chain.py"), "sbom", "-o", str(out)], check=True, capture_output=True
    )
    listed = json.loads(out.read_text(encoding="utf-8"))
    named = {chain.canonical(part["name"]): part for part in listed["components"]}
    assert listed["bomFormat"] == "CycloneDX"
    assert set(chain.locked()) <= set(named)
    assert named["fastapi"]["version"] == chain.locked()["fastapi"]
    assert named["fastapi"]["licenses"]
    assert named["htmx-min-js"]["hashes"][0]["alg"] == "SHA-256"
