"""The measurements do their job: everybody's conversation is kept, rows say what they compare, and locks name no address."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module", autouse=True)
def beside_each_other() -> Iterator[None]:
    """The measurements import one another by their plain names, as ``make bench`` runs them."""
    sys.path.insert(0, str(BENCH))
    yield
    sys.path.remove(str(BENCH))


def part(name: str) -> ModuleType:
    return import_module(name)


def test_a_row_compares_rounds_with_each_other_and_says_whether_the_target_is_met() -> None:
    table = part("_table")
    row = table.Row(name="ours", unit="µs", values=[10.0, 40.0, 30.0], floors=[10.0, 20.0, 30.0], target=table.at_most(1.2))
    assert row.ratios == [1.0, 2.0, 1.0]
    assert row.cells()[1:5] == ("30.0 (10.0–40.0) µs", "20.0 (10.0–30.0)", "1 (1–2)", "≤ 1.2 ✓")
    assert table.Row(name="x", unit="", said="not run: no compiler").cells()[1] == "not run: no compiler"


def test_every_measurement_is_in_the_table() -> None:
    modules = {path.stem for path in BENCH.glob("*.py") if not path.stem.startswith("_") and path.stem != "run"}
    assert set(part("run").measurements()) == modules


@pytest.mark.parametrize(("contender", "channel"), [("FLOOR", "TWILIO"), ("FLOOR", "TELEGRAM"), ("SENDING", "TELEGRAM")])
def test_the_floor_and_the_service_keep_everything_they_answer(contender: str, channel: str) -> None:
    servers, by = part("_servers"), part("_job").Channel[channel]
    measured = servers.measure(
        getattr(servers, contender), 2, "test", channel=by, connections=2
    )  # raises where something is missing
    assert len(measured.latencies) == 2 * len(part("_job").SCRIPT)


def test_a_peer_does_the_whole_job() -> None:
    peers, servers = part("_peers"), part("_servers")
    peer = peers.PREPARED["python-telegram-bot"]("python-telegram-bot")
    servers.measure(peer, 2, "test", channel=part("_job").Channel.TELEGRAM, connections=2)


def test_a_store_is_filled_with_copies_of_a_conversation_that_took_place(tmp_path: Path) -> None:
    growth, seeding = part("growth"), part("_seeding")
    path = tmp_path / "ours.sqlite3"
    model = growth._model(tmp_path, path)
    seeding.grow(path, model, 500)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        counts = {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in seeding.TABLES}
    people = counts["person"]
    assert counts["inbound"] == 17 * people >= 500
    assert counts["response"] == 13 * people
    assert counts["follow_up"] == counts["case"] == people - 1


def test_the_locks_of_the_peers_hold_versions_and_digests_and_no_address() -> None:
    for lock in BENCH.glob("peers/*/requirements.txt"):
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert len(re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE | re.IGNORECASE)) > 10
        assert "--hash=sha256:" in text
    packages = json.loads((BENCH / "peers" / "grammy" / "package-lock.json").read_text("utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package, name
