"""``ccmm-bot dialogue``, as an author uses it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccmm_bot.cli.dialogue import app
from ccmm_bot.store.tables import DialogueRun
from tests.conversation.support import PROGRAM, Phone, rows, service, settings
from tests.dialogue.broken_cases import FOLDER

HERE = ["--locales", str(FOLDER / "nowhere")]


def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
    """(exit code, standard output, standard error); what is no plain ending fails the test."""
    result = CliRunner().invoke(app, list(arguments), input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER / "base", tmp_path / "dialogues")
    return tmp_path / "dialogues"


def test_check_of_sound_dialogues_prints_what_was_walked_and_ends_with_0() -> None:
    code, out, _ = run("check")

    assert code == 0
    assert "every dialogue is offered in: en, " in out
    assert "walked " in out
    assert ": 0 errors" in out


def test_check_of_a_broken_dialogue_prints_file_line_code_and_fix_and_ends_with_1(folder: Path) -> None:
    shutil.copyfile(FOLDER / "D201_target.yaml", folder / "subject.yaml")

    code, out, _ = run("check", "--dialogues", str(folder), *HERE)

    assert code == 1
    assert out.splitlines()[0].endswith('subject.yaml:10:9: D201 "hello" leads to "goood", which is no state. Did you mean "good"?')
    assert "not walked" in out


def test_warnings_alone_are_printed_and_end_with_0(folder: Path) -> None:
    shutil.copyfile(FOLDER / "D306_asked_for_nothing.yaml", folder / "subject.yaml")

    code, out, _ = run("check", "--dialogues", str(folder), *HERE)

    assert code == 0
    assert "D306 warning: " in out
    assert "0 errors, 1 warning," in out


def test_check_where_there_is_nothing_to_check_ends_with_2(tmp_path: Path) -> None:
    code, _, err = run("check", "--dialogues", str(tmp_path), *HERE)

    assert code == 2
    assert "D001" in err


def test_check_of_one_language_names_what_it_lacks() -> None:
    code, out, _ = run("check", "--language", "so", *HERE)

    assert code == 1
    assert "is not translated into so" in out


def test_findings_are_named_from_where_the_command_was_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copyfile(FOLDER / "D201_target.yaml", folder / "subject.yaml")
    monkeypatch.chdir(folder.parent)

    _, out, _ = run("check", "--dialogues", "dialogues", *HERE)

    assert out.startswith("dialogues/subject.yaml:10:9: D201 ")


@pytest.mark.parametrize(("form", "beginning"), [("mermaid", "flowchart TD"), ("dot", 'digraph "menu"')])
def test_graph_prints_the_picture(form: str, beginning: str) -> None:
    code, out, _ = run("graph", "menu", "--format", form)

    assert code == 0
    assert out.startswith(beginning)


@pytest.mark.graphviz
def test_graph_writes_an_svg_file(tmp_path: Path) -> None:
    code, out, err = run("graph", "menu", "--output", str(tmp_path / "menu.svg"))

    assert (code, out) == (0, "")
    assert "written" in err
    assert "<svg" in (tmp_path / "menu.svg").read_text()


def test_graph_without_graphviz_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))

    code, _, err = run("graph", "menu")

    assert code == 2
    assert "Install Graphviz" in err


def test_a_dialogue_that_is_not_there_is_answered_with_the_one_that_is_meant() -> None:
    code, _, err = run("graph", "menue")

    assert code == 2
    assert err == 'ccmm-bot: there is no dialogue "menue". Did you mean "menu"?\n'


@pytest.mark.parametrize("of", ["dialogue", "program", "options"])
def test_schema_prints_json(of: str) -> None:
    code, out, _ = run("schema", of)

    assert code == 0
    assert json.loads(out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_file_of_answers_makes_a_transcript(folder: Path) -> None:
    code, out, _ = run("walk", "consent", "--dialogues", str(folder), *HERE, typed="perhaps\n1\n")

    assert code == 0
    assert out.splitlines() == [
        "< May we keep your answers?",
        "< 1. Yes, I agree",
        "< 2. No",
        "> perhaps",
        "< I did not understand. Please write the number of your answer.",
        "< May we keep your answers?",
        "< 1. Yes, I agree",
        "< 2. No",
        "> 1",
        "< Thank you. Write MENU to see what you can do here.",
        "  (service consent: given)",
        "  (run 1 ended: completed)",
        "(the conversation is idle)",
    ]


def test_walking_shows_the_dialogue_in_the_language_and_channel_asked_for() -> None:
    code, out, _ = run("walk", "consent", "--language", "ar", "--channel", "whatsapp", typed=":quit\n")

    assert code == 0
    assert "[نعم، أوافق]" in out


def test_an_author_can_let_time_pass_and_look_where_things_stand(folder: Path) -> None:
    code, out, _ = run("walk", "consent", "--dialogues", str(folder), *HERE, typed=":state\n:remind\n:voice\n:wat\n:timeout\n")

    assert code == 0
    assert "(consent / ask: nothing answered)" in out
    assert "We are still here." in out
    assert "(run 1 ended: partial)" in out


def test_facts_known_beforehand_are_given_by_name(folder: Path) -> None:
    code, out, _ = run("walk", "menu", "--fact", "stage=after", "--dialogues", str(folder), *HERE)

    assert code == 0
    assert "Goodbye" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("walk", "menu", "--language", "xx"),
        ("walk", "menu", "--fact", "stage"),
        ("walk", "nowhere"),
        ("check", "--language", "xx"),
        ("graph", "menu", "--output", "/nowhere/at/all.svg", "--format", "dot"),
        ("schema", "menu"),
        ("graph", "menu", "--format", "png"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_ends_with_2(arguments: tuple[str, ...]) -> None:
    code, _, err = run(*arguments)

    assert code == 2
    assert "Traceback" not in err
    assert err


async def test_check_against_the_store_counts_the_conversations_each_edit_touches(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = tmp_path / "edited"
    shutil.copytree(PROGRAM, edited)
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        for number in range(3):
            await Phone(runtime, address=f"+1604555010{number}").say("hello")
        (open_run,) = {run.dialogue_id for run in rows(runtime, DialogueRun) if run.ended_at is None}
    monkeypatch.setenv("CCMM_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))

    _, before, _ = run("check", "--against-store", "--dialogues", str(edited), *HERE)
    file = edited / f"{open_run}.yaml"
    file.write_text("# only a comment\n" + file.read_text())
    _, commented, _ = run("check", "--against-store", "--dialogues", str(edited), *HERE)
    file.write_text(file.read_text().replace("version: 1", "version: 2"))
    _, after, _ = run("check", "--against-store", "--dialogues", str(edited), *HERE)

    assert before.splitlines()[-1] == "every running conversation is in the version of the files"
    assert commented.splitlines()[-1] == before.splitlines()[-1]
    assert after.splitlines()[-1].startswith(f"{open_run}: 3 running conversations go on in version 1 (")
    assert ", now version 2 (" in after.splitlines()[-1]


def test_check_against_a_store_nobody_made_yet_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCMM_DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite3")
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "none.key"))

    code, out, _ = run("check", "--against-store")

    assert code == 0
    assert out.splitlines()[-1] == "every running conversation is in the version of the files"
    assert list(tmp_path.iterdir()) == []
