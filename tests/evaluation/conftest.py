"""A store for the evaluation, and the instruments of this repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation.instruments import Instrument, instruments

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def defined() -> tuple[Instrument, ...]:
    loaded = load_program(ROOT / "dialogues")
    return instruments(loaded.dialogues, loaded.instruments)
