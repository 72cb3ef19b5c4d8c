"""Whole conversations, one readable file each, played to the real service. See README.md beside this file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts import scripts
from tests.transcripts.matrix import dialogues, matrix, scripts_of
from tests.transcripts.stage import ON_OFFER, open_stage

FILES = sorted(scripts.FOLDER.glob("*/*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.stem}" for path in FILES])
async def test_the_conversation_goes_as_it_is_written(path: Path, tmp_path: Path, sqlite_url: str) -> None:
    script = scripts.read(path)
    async with open_stage(tmp_path, sqlite_url, script) as stage:
        said = await stage.play()
        kept = stage.kept()
    for move, lines in zip(script.moves, said, strict=True):
        assert lines == move.expected, f"{path}:{move.number}: after {move.line or 'the beginning'!r}"
    for number, check in script.checks:
        denied = check.startswith("no ")
        name = check.removeprefix("no ")
        holds = any(one == name or (denied and one.startswith(name)) for one in kept)
        assert holds is not denied, f"{path}:{number}: {check!r} does not hold; kept: {sorted(kept)}"


def test_every_language_that_has_transcripts_has_at_least_three_and_the_five_of_the_menu_six() -> None:
    counts = {folder.name: len(list(folder.glob("*.txt"))) for folder in scripts.FOLDER.iterdir() if folder.is_dir()}
    counts.pop("__pycache__", None)
    assert set(ON_OFFER) <= counts.keys()
    assert min(counts.values()) >= 3
    assert min(counts[tag] for tag in ON_OFFER) >= 6


def test_every_dialogue_is_heard_in_at_least_four_scripts() -> None:
    found = matrix()
    assert len(found) == len(dialogues())
    assert {name: scripts_of(by_language) for name, by_language in found.items() if len(scripts_of(by_language)) < 4} == {}
