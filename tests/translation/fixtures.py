"""The toy models, installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.translation.packages import install
from tests.translation.toy import FOLDER, PACKAGES


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both toy packages: Spanish to English, English to French."""
    folder = tmp_path_factory.mktemp("models")
    for name in PACKAGES:
        install(folder, FOLDER / f"{name}.argosmodel")
    return folder
