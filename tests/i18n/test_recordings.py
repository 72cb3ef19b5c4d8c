"""Recordings: what is read aloud, and that only what still says the text is sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccmm_bot.cli.dialogue import app
from ccmm_bot.dialogue.loader import Loaded, load_program
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n import recordings
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.recordings import Recordings, RecordingState, scripts, state_of
from tests.standins.ogg import tiny_ogg

PROGRAM = Path(__file__).parents[1] / "conversation" / "program"
NAMES = {"service_name": "Harbour", "agency_name": "Test agency"}
NONE = Catalogues({})


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load_program(PROGRAM)


def _scripts(loaded: Loaded) -> dict[str, recordings.Script]:
    return {one.key: one for one in scripts(loaded.dialogues, NONE, "en", NAMES)}


def _record(folder: Path, loaded: Loaded, key: str, *, said: bool = True) -> None:
    script = _scripts(loaded)[key]
    path = folder / script.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tiny_ogg())
    if said:
        recordings.confirm(folder, script)


def test_a_question_is_read_aloud_with_its_numbered_answers(loaded: Loaded) -> None:
    script = _scripts(loaded)["hello.colour.text"]
    assert script.text == "Red or blue?\n1. Red\n2. Blue"
    assert script.file == Path("en/hello.colour.text.ogg")


def test_names_that_are_the_same_for_everybody_are_read_aloud(loaded: Loaded) -> None:
    assert _scripts(loaded)["hello.permission.text"].text.startswith("May Harbour keep this?")


def test_answers_alone_and_lists_of_words_are_not_recorded(loaded: Loaded) -> None:
    keys = _scripts(loaded)
    assert not any(".options." in key or key.startswith("system.words.") for key in keys)
    assert "system.help" in keys


def test_what_names_a_person_is_not_recorded() -> None:
    own = load_program(Path(__file__).parents[2] / "dialogues")
    assert "opening.greeting.text" not in {one.key for one in scripts(own.dialogues, NONE, "en", NAMES)}


def test_a_recording_is_there_confirmed_or_outdated(tmp_path: Path, loaded: Loaded) -> None:
    script = _scripts(loaded)["hello.bye.say"]
    assert state_of(tmp_path, script) is RecordingState.MISSING
    _record(tmp_path, loaded, "hello.bye.say", said=False)
    assert state_of(tmp_path, script) is RecordingState.UNCONFIRMED
    assert recordings.confirm(tmp_path, script)
    assert state_of(tmp_path, script) is RecordingState.DONE
    (tmp_path / script.file).with_suffix(".txt").write_text("Farewell.\n", encoding="utf-8")
    assert state_of(tmp_path, script) is RecordingState.OUTDATED


def test_an_outdated_recording_is_confirmed_only_after_it_was_made_anew(tmp_path: Path, loaded: Loaded) -> None:
    script = _scripts(loaded)["hello.bye.say"]
    _record(tmp_path, loaded, "hello.bye.say")
    path = tmp_path / script.file
    said = path.with_suffix(".txt")
    said.write_text("Farewell.\n", encoding="utf-8")
    os.utime(path, (1, 1))
    assert not recordings.confirm(tmp_path, script)
    os.utime(path, (said.stat().st_mtime + 5,) * 2)
    assert recordings.confirm(tmp_path, script)


def test_only_confirmed_recordings_are_sent(tmp_path: Path, loaded: Loaded) -> None:
    _record(tmp_path, loaded, "hello.bye.say")
    _record(tmp_path, loaded, "hello.colour.text", said=False)
    found = Recordings.load(tmp_path, loaded.dialogues, NONE, NAMES)
    audio = found.of(Text(key="hello.bye.say", source="Goodbye."), "en", NAMES)
    assert audio is not None
    assert found.file(audio.name) == tmp_path / "en" / "hello.bye.say.ogg"
    assert found.of(Text(key="hello.colour.text", source="Red or blue?"), "en", NAMES) is None
    assert found.of(Text(key="hello.bye.say", source="Goodbye."), "fr", NAMES) is None


def test_a_recording_that_names_one_agency_is_not_sent_by_another(tmp_path: Path, loaded: Loaded) -> None:
    _record(tmp_path, loaded, "hello.permission.text")
    found = Recordings.load(tmp_path, loaded.dialogues, NONE, NAMES)
    text = Text(key="hello.permission.text", source="May {service_name} keep this?", slots=("service_name",))
    assert found.of(text, "en", NAMES) is not None
    assert found.of(text, "en", {**NAMES, "service_name": "Other"}) is None


@pytest.mark.parametrize("folder", [None, Path("/no/such/folder")])
def test_without_recordings_everything_works(folder: Path | None, loaded: Loaded) -> None:
    found = Recordings.load(folder, loaded.dialogues, NONE, NAMES)
    assert found.of(Text(key="hello.bye.say", source="Goodbye."), "en", NAMES) is None
    assert found.file("en/0.ogg") is None


def test_the_command_lists_what_a_speaker_has_to_read(tmp_path: Path, loaded: Loaded) -> None:
    audio = tmp_path / "audio"
    _record(audio, loaded, "hello.bye.say", said=False)
    command = ["recordings", "--language", "en", "--audio", str(audio), "--dialogues", str(PROGRAM), "--locales", str(tmp_path)]
    listed = CliRunner().invoke(app, command)
    assert listed.exit_code == 0
    assert f"{audio}/en/hello.colour.text.ogg: missing\nRed or blue?\n1. Red\n2. Blue\n" in listed.output
    assert "1 unconfirmed" in listed.output
    assert "1 done" in CliRunner().invoke(app, [*command, "--confirm"]).output
    assert "hello.bye.say" not in CliRunner().invoke(app, [*command, "--missing"]).output
