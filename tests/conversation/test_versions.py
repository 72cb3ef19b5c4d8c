"""An edited dialogue strands nobody: who is inside an older version stays in it, in her own language, to its end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ccmm_bot.store.tables import DialogueArchive, DialogueRun, Flag
from tests.conversation.support import PROGRAM, Phone, rows, service, settings


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    """A copy to edit."""
    return Path(shutil.copytree(PROGRAM, tmp_path / "dialogues"))


def edit(dialogues: Path) -> None:
    """Version 2 asks other questions, in other states."""
    (dialogues / "hello.yaml").write_text(
        "dialogue: hello\nversion: 2\ninitial: number\nstates:\n"
        '  number:\n    ask: {integer: number, min: 1, max: 9, text: "A number?"}\n    next: bye\n'
        '  bye: {say: "Goodbye.", end: completed}\n',
        encoding="utf-8",
    )


async def test_who_is_inside_an_older_version_stays_in_it(database_url: str, tmp_path: Path, dialogues: Path) -> None:
    chosen = settings(database_url, tmp_path, dialogues)
    async with service(chosen) as runtime:
        await Phone(runtime).say("hello")
    edit(dialogues)
    async with service(chosen) as runtime:
        old, new = Phone(runtime, count=10), Phone(runtime, "+16045550112")
        assert await old.say("2") == ["Tell us in your words.\n0 = skip"]
        assert (await new.say("hello"))[0].startswith("A number?")
        versions = [(archived.dialogue_id, archived.version) for archived in rows(runtime, DialogueArchive)]
        assert sorted(versions) == [("hello", 1), ("hello", 2)]
        assert [run.dialogue_version for run in rows(runtime, DialogueRun)] == [1, 2]


async def test_a_version_changed_without_a_new_number_is_told_by_its_content(
    database_url: str, tmp_path: Path, dialogues: Path
) -> None:
    chosen = settings(database_url, tmp_path, dialogues)
    async with service(chosen) as runtime:
        await Phone(runtime).say("hello")
    file = dialogues / "hello.yaml"
    file.write_text(file.read_text("utf-8").replace("Tell us in your words.", "Say more."), encoding="utf-8")
    async with service(chosen) as runtime:
        assert await Phone(runtime, count=10).say("1") == ["Tell us in your words.\n0 = skip"]
        assert len({archived.hash for archived in rows(runtime, DialogueArchive)}) == 1


async def test_a_version_nobody_kept_ends_with_a_fresh_start_and_not_in_silence(
    database_url: str, tmp_path: Path, dialogues: Path
) -> None:
    chosen = settings(database_url, tmp_path, dialogues)
    async with service(chosen) as runtime:
        await Phone(runtime).say("hello")
        with runtime.store.installation(write=True) as session:
            for archived in rows(runtime, DialogueArchive):
                session.delete(archived)
    edit(dialogues)
    async with service(chosen) as runtime:
        assert (await Phone(runtime, count=10).say("1"))[0].startswith("A number?")
        assert [flag.reason for flag in rows(runtime, Flag)] == ["version_lost"]
