"""From an author's YAML to the dialogue the engine runs, or to everything that is wrong with its form.

Nothing here reads a file; see :mod:`ccmm_bot.dialogue.loader`. Whether a well-formed dialogue is a good one is proved by
:mod:`ccmm_bot.dialogue.verify`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from ruamel.yaml.nodes import MappingNode, Node

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import DialogueErrors, Finding, in_order
from ccmm_bot.dialogue.hashing import with_hash
from ccmm_bot.dialogue.model import Dialogue, DialogueRef, State
from ccmm_bot.dialogue.options import OptionSets, shared_texts
from ccmm_bot.dialogue.parse_actions import CONSENTS
from ccmm_bot.dialogue.parse_items import Defaults, Frame, read_defaults
from ccmm_bot.dialogue.parse_sheet import Sheet
from ccmm_bot.dialogue.parse_states import read_state
from ccmm_bot.dialogue.parse_text import read_text
from ccmm_bot.dialogue.parse_yaml import compose

_REQUIRED: Final = ("dialogue", "version", "initial", "states")
_OPTIONAL: Final = ("title", "instrument", "instrument_version", "requires", "unprompted", "progress", "defaults")
_NO_SETS: Final[OptionSets] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A dialogue, or what keeps it from being one."""

    dialogue: Dialogue | None
    findings: tuple[Finding, ...] = ()
    data: bool = False  # the file has no key of a dialogue: it is data that dialogues show


def parse_dialogue(source: str, file: str, *, shared: OptionSets = _NO_SETS) -> Dialogue:
    """Compile one dialogue. ``file`` names it in findings; ``shared`` are the sets of ``options.yaml``.

    Raises :class:`DialogueErrors` with every breach of form at once.
    """
    parsed = try_parse(source, file, shared=shared)
    if parsed.dialogue is None:
        raise DialogueErrors(parsed.findings)
    return parsed.dialogue


def try_parse(source: str, file: str, *, shared: OptionSets = _NO_SETS) -> Parsed:
    """As :func:`parse_dialogue`, but returns the findings."""
    root, findings = compose(source, file)
    if root is None:
        return Parsed(dialogue=None, findings=in_order(findings))
    if isinstance(root, MappingNode) and not {"dialogue", "states", "initial"} & {key.value for key, _ in root.value}:
        return Parsed(dialogue=None, findings=(_no_dialogue(root, file),), data=True)
    sheet = Sheet(file, shared_texts(shared))
    dialogue = _dialogue(sheet, root, shared)
    if sheet.findings or dialogue is None:
        return Parsed(dialogue=None, findings=in_order(sheet.findings))
    return Parsed(dialogue=with_hash(dialogue))


def _no_dialogue(root: Node, file: str) -> Finding:
    sheet = Sheet(file)
    sheet.report(rules.MISSING_KEY, root, 'a dialogue has no "dialogue"', 'Add "dialogue:" with the name of the file.')
    return sheet.findings[0]


def _dialogue(sheet: Sheet, root: Node, shared: OptionSets) -> Dialogue | None:
    fields = sheet.fields(root, "a dialogue", _REQUIRED, _OPTIONAL)
    if fields is None:
        return None
    name = sheet.name(fields["dialogue"], "the dialogue's id") if "dialogue" in fields else None
    if name is not None and name != PurePath(sheet.file).stem:
        sheet.report(rules.WRONG_FILE_NAME, fields["dialogue"], f'the dialogue is "{name}"', f"Name the file {name}.yaml.")
    version = sheet.integer(fields["version"], "version", least=1) if "version" in fields else None
    instrument = sheet.name(fields["instrument"], "instrument") if "instrument" in fields else None
    instrument_version = version if instrument is not None else None
    if "instrument_version" in fields:
        instrument_version = sheet.integer(fields["instrument_version"], "instrument_version", least=1)
        if "instrument" not in fields:
            sheet.report(rules.NOT_HERE, fields["instrument_version"], "there is no instrument", 'Add "instrument:".')
    requires: tuple[str, ...] = ()
    if "requires" in fields:
        requires = sheet.items(fields["requires"], "requires", lambda part: sheet.one_of(part, "a consent", CONSENTS))
    unprompted = bool(sheet.boolean(fields["unprompted"], "unprompted")) if "unprompted" in fields else False
    progress = bool(sheet.boolean(fields["progress"], "progress")) if "progress" in fields else False
    stem = name or PurePath(sheet.file).stem
    title = read_text(sheet, fields["title"], f"{stem}.title", "title") if "title" in fields else None
    frame = Frame(
        dialogue=stem,
        shared=shared,
        defaults=read_defaults(sheet, fields["defaults"], stem) if "defaults" in fields else Defaults(),
        instrument=instrument,
        instrument_version=instrument_version,
    )
    initial = sheet.name(fields["initial"], "initial") if "initial" in fields else None
    states = _states(sheet, fields["states"], frame) if "states" in fields else {}
    if name is None or version is None or initial is None or not states:
        return None
    return Dialogue(
        ref=DialogueRef(id=name, version=version, hash=""),
        initial=initial,
        states=MappingProxyType(states),
        instrument=instrument,
        instrument_version=instrument_version,
        requires=requires,
        unprompted=unprompted,
        title=title,
        progress=progress,
        mark=sheet.mark(fields["dialogue"]),
    )


def _states(sheet: Sheet, node: Node, frame: Frame) -> dict[str, State]:
    entries = sheet.entries(node, "states")
    if isinstance(node, MappingNode) and not entries:
        sheet.report(rules.MISSING_KEY, node, "there is no state", "Write at least one state.")
    states: dict[str, State] = {}
    for _, key, value in entries or ():
        name = sheet.name(key, "a state's name")
        state = read_state(sheet, name or "", key, value, frame)
        if name is not None and state is not None:
            states[name] = state
    return states
