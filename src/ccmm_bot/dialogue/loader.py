"""Reads a folder of dialogues: the one module of the dialogue language that opens files.

``python -m ccmm_bot.dialogue.loader FOLDER`` lists what is wrong with the form of the files in it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import DialogueErrors, Finding, Level, finding, in_order
from ccmm_bot.dialogue.instrument import FOLDER, Instrument, Instruments
from ccmm_bot.dialogue.model import Dialogue, Mark, Program
from ccmm_bot.dialogue.options import OptionSets
from ccmm_bot.dialogue.parse import try_parse
from ccmm_bot.dialogue.parse_instrument import parse_instrument
from ccmm_bot.dialogue.parse_program import parse_options, parse_program
from ccmm_bot.dialogue.parse_yaml import decode

PROGRAM: Final = "program.yaml"
OPTIONS: Final = "options.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A folder of dialogues, compiled as far as its form allows."""

    folder: Path
    program: Program | None
    dialogues: Mapping[str, Dialogue]
    findings: tuple[Finding, ...]  # breaches of form; of meaning, see dialogue.verify
    shared: OptionSets
    sources: Mapping[str, str]  # the YAML of every dialogue, by id
    named: frozenset[str]  # ids of all dialogue files, also of those that did not compile
    directories: frozenset[str]  # names of the data files a state can show
    marks: Mapping[str, Mark]  # where the names of program.yaml stand
    instruments: Instruments = field(default_factory=lambda: MappingProxyType({}))
    instrument_files: frozenset[str] = frozenset()  # names of all instrument files, also of those that did not compile

    def require(self) -> Program:
        """The program, when every file has its form; raises :class:`DialogueErrors` otherwise."""
        errors = [one for one in self.findings if one.severity is Level.ERROR]
        if errors or self.program is None:
            raise DialogueErrors(errors)
        return self.program


def load_program(folder: Path) -> Loaded:
    """Read ``program.yaml``, ``options.yaml`` and every dialogue of ``folder``. Never raises: see ``findings``.

    Files are named in findings as ``folder/file``, so that an editor finds them from where the command was run.
    """
    found: list[Finding] = []
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        found.append(finding(rules.UNREADABLE, Mark(str(folder), 1, 1), "there is no folder with .yaml files here"))
    texts = {path.name: text for path in paths if (text := _read(path, found)) is not None}
    program, marks = _program(folder, texts, found)
    shared: OptionSets = {}
    if OPTIONS in texts:
        shared, wrong = parse_options(texts[OPTIONS], str(folder / OPTIONS))
        found.extend(wrong)
    dialogues: dict[str, Dialogue] = {}
    sources: dict[str, str] = {}
    named = {path.stem for path in paths if path.name not in texts and path.name not in (PROGRAM, OPTIONS)}
    directories: set[str] = set()
    for name, text in texts.items():
        if name in (PROGRAM, OPTIONS):
            continue
        parsed = try_parse(text, str(folder / name), shared=shared)
        stem = name.removesuffix(".yaml")
        if parsed.data:
            directories.add(stem)
            continue
        found.extend(parsed.findings)
        named.add(stem)
        if parsed.dialogue is not None:
            dialogues[parsed.dialogue.ref.id] = parsed.dialogue
            sources[parsed.dialogue.ref.id] = text
    instruments, instrument_files = _instruments(folder / FOLDER, shared, found)
    return Loaded(
        folder=folder,
        program=program,
        dialogues=MappingProxyType(dialogues),
        findings=in_order(found),
        shared=shared,
        sources=MappingProxyType(sources),
        named=frozenset(named),
        directories=frozenset(directories),
        marks=marks,
        instruments=instruments,
        instrument_files=instrument_files,
    )


def _instruments(folder: Path, shared: OptionSets, found: list[Finding]) -> tuple[Instruments, frozenset[str]]:
    """Every instrument of the folder, which need not be there, and the names of all of its files."""
    read: dict[str, Instrument] = {}
    paths = sorted(folder.glob("*.yaml"))
    for path in paths:
        text = _read(path, found)
        if text is None:
            continue
        parsed = parse_instrument(text, str(path), shared)
        found.extend(parsed.findings)
        if parsed.instrument is not None:
            read[parsed.instrument.name] = parsed.instrument
    return MappingProxyType(read), frozenset(path.stem for path in paths)


def _program(folder: Path, texts: Mapping[str, str], found: list[Finding]) -> tuple[Program | None, Mapping[str, Mark]]:
    file = str(folder / PROGRAM)
    if PROGRAM not in texts:
        if texts:
            found.append(finding(rules.UNREADABLE, Mark(file, 1, 1), "there is no program.yaml", "Write one beside the dialogues."))
        return None, {}
    parsed = parse_program(texts[PROGRAM], file)
    found.extend(parsed.findings)
    return parsed.program, parsed.marks


def _read(path: Path, found: list[Finding]) -> str | None:
    try:
        raw = path.read_bytes()
    except OSError as error:
        found.append(finding(rules.UNREADABLE, Mark(str(path), 1, 1), f"the file cannot be read ({error.strerror})"))
        return None
    text = decode(raw, str(path))
    if isinstance(text, Finding):
        found.append(text)
        return None
    return text


def main(arguments: list[str]) -> int:
    """List the breaches of form in the folder named first; 1 when there are any."""
    loaded = load_program(Path(arguments[0] if arguments else "dialogues"))
    for one in loaded.findings:
        sys.stdout.write(f"{one}\n")
    sys.stdout.write(f"{len(loaded.dialogues)} dialogues read, {len(loaded.findings)} findings\n")
    return 1 if loaded.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
