"""Every broken dialogue is rejected for exactly its reason, and every rule has one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.parse_yaml import MAX_BYTES
from ccmm_bot.dialogue.verify.registry import RULES
from tests.dialogue.broken_cases import CASES, FOLDER, Case, check_folder, findings_of

#: Rules whose breach is no file one could keep here; each has a test of its own, below, in test_walk.py or in test_instruments.py.
ELSEWHERE = {"D001", "D003", "D310", "D601"}


@pytest.mark.parametrize("case", CASES, ids=[case.path.stem for case in CASES])
def test_a_broken_dialogue_is_rejected_for_exactly_its_reason(case: Case, tmp_path: Path) -> None:
    found = findings_of(case, tmp_path)

    assert [one.code for one in found] == [case.code], "\n".join(map(str, found))
    assert f"{found[0].mark.line}:{found[0].mark.column}" == case.place
    assert Path(found[0].mark.file).name == case.file


@pytest.mark.parametrize("case", CASES, ids=[case.path.stem for case in CASES])
def test_every_finding_says_where_what_and_what_to_do(case: Case, tmp_path: Path) -> None:
    text = str(findings_of(case, tmp_path)[0])

    place, _, rest = text.partition(": ")
    assert place.endswith(f"{case.file}:{case.place}")
    assert rest.startswith(f"{case.code} ")
    assert rest.count(". ") >= 1
    assert rest.rstrip("”").endswith((".", "?", "…", ")"))


def test_every_rule_has_a_dialogue_that_breaks_it() -> None:
    assert {case.code for case in CASES} | ELSEWHERE == set(RULES)


def test_the_program_they_are_put_into_is_sound(tmp_path: Path) -> None:
    assert check_folder(FOLDER / "base") == ()


def test_a_file_of_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"# " + b"x" * 10_000_000)

    found = [one for one in load_program(tmp_path).findings if one.mark.file.endswith("big.yaml")]

    assert [one.code for one in found] == ["D003"]
    assert f"{MAX_BYTES:,}" in found[0].message


def test_a_folder_without_dialogues_is_one_finding(tmp_path: Path) -> None:
    assert [one.code for one in load_program(tmp_path).findings] == ["D001"]
    assert [one.code for one in load_program(tmp_path / "nowhere").findings] == ["D001"]


def test_dialogues_without_a_program_are_one_finding(tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text('dialogue: hello\nversion: 1\ninitial: a\nstates: {a: {say: "Hello.", end: completed}}\n')

    assert [(one.code, Path(one.mark.file).name) for one in load_program(tmp_path).findings] == [("D001", "program.yaml")]


def test_a_goto_back_to_the_caller_is_a_call_that_never_returns(tmp_path: Path) -> None:
    folder = tmp_path / "dialogues"
    shutil.copytree(FOLDER / "base", folder)
    (folder / "subject.yaml").write_text("dialogue: subject\nversion: 1\ninitial: a\nstates: {a: {goto: menu}}\n")

    found = check_folder(folder)

    assert [(one.code, Path(one.mark.file).name) for one in found] == [("D213", "menu.yaml")]


def test_all_that_is_wrong_with_the_form_of_a_file_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(
        "dialogue: many\n"
        "version: one\n"
        "initial: a\n"
        "states:\n"
        "  a: {sya: 1, end: complete}\n"
        "  b: {ask: {select_one: x, options: nowhere, text: ''}, next: c}\n"
    )

    found = [one for one in load_program(tmp_path).findings if one.mark.file.endswith("many.yaml")]

    assert [(one.mark.line, one.code) for one in found] == [(2, "D103"), (5, "D101"), (5, "D105"), (6, "D108"), (6, "D109")]
