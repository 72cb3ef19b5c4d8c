"""A store for the evaluation, and the instruments of this repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation.instruments import Instrument, instruments
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store, open_engine

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def defined() -> tuple[Instrument, ...]:
    loaded = load_program(ROOT / "dialogues")
    return instruments(loaded.dialogues, loaded.instruments)


@pytest.fixture
def store(database_url: str, keys: KeyRing) -> Iterator[Store]:
    opened = Store(open_engine(database_url, keys), keys)
    yield opened
    opened.close()
