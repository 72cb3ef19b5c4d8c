"""No list asks the database once for each of its rows: with eight times as many cases every page takes as many statements."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path

import pytest

from tests.web.serving import Served, Site, open_service

#: What may differ: a page of another length is cut, or one more thing there is is shown, with a statement or two of its own.
SLACK = 3
FEW, MANY = 3, 24


def statements(folder: Path, monkeypatch: pytest.MonkeyPatch, cases: int) -> dict[str, int]:
    """How many statements each page takes, by its path without ids."""
    staff_pages = importlib.import_module("staff_pages")
    folder.mkdir()
    monkeypatch.setattr(staff_pages, "CASES", cases)
    monkeypatch.setattr(staff_pages, "MESSAGES", 10 * cases)
    taken = {}
    with Served(partial(open_service, folder)) as served:
        site = Site(served)
        ids = staff_pages.fill(site)
        pages = [*staff_pages.paths(ids), ("/staff/admin/agencies", "operator"), ("/staff/admin/activity", "administrator")]
        for path, role in pages:
            with site.signed_in(role) as client:
                staff_pages.ask(client, path)  # what is kept after the first call is not counted
                with staff_pages.counting(site) as found:
                    staff_pages.ask(client, path)
            for name, key in ids.items():
                path = path.replace(str(key), name)
            taken[path] = len(found)
    return taken


def test_every_list_takes_as_many_statements_however_long_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "bench"))
    few = statements(tmp_path / "few", monkeypatch, FEW)
    many = statements(tmp_path / "many", monkeypatch, MANY)
    assert set(few) == set(many)
    grown = {path: (few[path], many[path]) for path in few if many[path] > few[path] + SLACK}
    assert grown == {}
    assert max(many.values()) < 120
