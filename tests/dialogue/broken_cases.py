"""The broken dialogues of ``tests/dialogue/broken``: each says in its first comment which rule it breaks, and where.

``# D201 9:9`` is the code, line and column; ``as stop.yaml`` puts the file in the place of another of the sound program in
``base`` (without it, of ``subject.yaml``); ``language fr`` asks for that language as ``--language`` does.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue.findings import Finding
from ccmm_bot.dialogue.verify import verify

FOLDER = Path(__file__).parent / "broken"
_HEADER = re.compile(r"# (?P<code>D\d{3}) (?P<place>\S+)(?: as (?P<file>\S+))?(?: language (?P<language>\S+))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    path: Path
    code: str
    place: str
    file: str
    language: str | None


def read_case(path: Path) -> Case:
    first = path.read_bytes().split(b"\n", 1)[0].decode()
    match = _HEADER.match(first)
    assert match, f"{path.name} does not begin with the comment that says what it breaks"
    return Case(
        path=path, code=match["code"], place=match["place"], file=match["file"] or "subject.yaml", language=match["language"]
    )


CASES = [read_case(path) for path in sorted(FOLDER.glob("D*.yaml"))]


def findings_of(case: Case, folder: Path) -> tuple[Finding, ...]:
    """Everything found in the sound program with this one file in it."""
    shutil.copytree(FOLDER / "base", folder / "dialogues")
    shutil.copyfile(case.path, folder / "dialogues" / case.file)
    return check_folder(folder / "dialogues", case.language)


def check_folder(dialogues: Path, language: str | None = None) -> tuple[Finding, ...]:
    """Form and meaning of every file, with the real reader and the real channels."""
    workbench = open_workbench(dialogues, FOLDER / "locales")
    if workbench.loaded.program is None:
        return workbench.loaded.findings
    return (*workbench.loaded.findings, *verify(workbench.scope((language,) if language else ())))
