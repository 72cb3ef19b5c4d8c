"""The author's guide tells the truth: its examples are sound, and it lists every finding."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue.findings import Finding, Level
from ccmm_bot.dialogue.instrument import Instrument
from ccmm_bot.dialogue.options import OptionSets
from ccmm_bot.dialogue.parse import try_parse
from ccmm_bot.dialogue.parse_actions import ACTIONS, CONSENTS, FOLLOW_UP
from ccmm_bot.dialogue.parse_guards import JOINERS
from ccmm_bot.dialogue.parse_instrument import parse_instrument
from ccmm_bot.dialogue.parse_items import TYPES
from ccmm_bot.dialogue.parse_program import parse_options, parse_program
from ccmm_bot.dialogue.verify import verify
from ccmm_bot.dialogue.verify.graph import targets
from ccmm_bot.dialogue.verify.registry import RULES

GUIDE = (Path(__file__).parents[2] / "docs" / "dialogues.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
DIALOGUES = [block for block in BLOCKS if block.startswith("dialogue:")]
INSTRUMENTS = [block for block in BLOCKS if block.startswith("instrument:")]
FRAGMENTS = [block for block in BLOCKS if not block.startswith(("dialogue:", "program:", "sets:", "instrument:"))]


def as_dialogue(fragment: str) -> str:
    """A few states as a whole dialogue; the states they lead to and do not show just end."""
    states = YAML(typ="safe", pure=True).load(fragment)
    body = "".join(f"  {line}\n" for line in fragment.splitlines())
    head = "dialogue: example\nversion: 1\ntitle: Example\nrequires: [service]\n"
    head += f"initial: {next(iter(states))}\ndefaults: {{timeout: P7D}}\nstates:\n"
    parsed = try_parse(head + body, "example.yaml", shared=open_workbench(None, None).loaded.shared)
    assert parsed.dialogue is not None, "\n".join(map(str, parsed.findings))
    named = dict.fromkeys(target for state in parsed.dialogue.states.values() for target in targets(state))
    return head + body + "".join(f"  {name}: {{end: completed}}\n" for name in named if name not in states)


def findings_about(source: str) -> list[Finding]:
    """Everything found about one dialogue beside the real ones, but that nothing starts it."""
    workbench = open_workbench(None, None)
    name = source.split("\n", 1)[0].split("#")[0].removeprefix("dialogue:").strip()
    parsed = try_parse(source, f"{name}.yaml", shared=workbench.loaded.shared)
    if parsed.dialogue is None:
        return list(parsed.findings)
    scope = workbench.scope(())
    instruments = {**scope.instruments, **_instruments(workbench.loaded.shared)}
    scope = dataclasses.replace(
        scope,
        dialogues={**scope.dialogues, name: parsed.dialogue},
        named=scope.named | {name},
        instruments=instruments,
        instrument_files=frozenset(instruments),
    )
    return [one for one in verify(scope) if one.mark.file == f"{name}.yaml" and one.code != "D413"]


def _instruments(shared: OptionSets) -> dict[str, Instrument]:
    """The instruments of the guide, each sound."""
    parsed = [parse_instrument(source, f"{source.split(None, 2)[1]}.yaml", shared) for source in INSTRUMENTS]
    assert [one for each in parsed for one in each.findings] == []
    return {each.instrument.name: each.instrument for each in parsed if each.instrument is not None}


def test_the_guide_has_examples_of_every_kind_of_file() -> None:
    assert len(DIALOGUES) >= 2
    assert len(FRAGMENTS) >= 8
    assert len(BLOCKS) == len(DIALOGUES) + len(FRAGMENTS) + len(INSTRUMENTS) + 2
    assert INSTRUMENTS


@pytest.mark.parametrize("source", DIALOGUES, ids=[block.split("\n", 1)[0][:40] for block in DIALOGUES])
def test_every_dialogue_in_the_guide_is_sound(source: str) -> None:
    found = findings_about(source)

    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=[block.split(":", 1)[0] for block in FRAGMENTS])
def test_every_state_in_the_guide_is_sound(fragment: str) -> None:
    found = findings_about(as_dialogue(fragment))

    assert not found, "\n".join(map(str, found))


def test_the_program_and_the_options_in_the_guide_have_their_form() -> None:
    (program,) = [block for block in BLOCKS if block.startswith("program:")]
    (options,) = [block for block in BLOCKS if block.startswith("sets:")]

    assert parse_program(program, "program.yaml").findings == ()
    assert parse_options(options, "options.yaml")[1] == ()


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_finding_is_listed_with_its_meaning_and_its_fix(code: str) -> None:
    rule = RULES[code]
    mark = " (warning)" if rule.level is Level.WARNING else ""
    row = " | ".join(part.replace("|", "\\|") for part in (f"{code}{mark}", rule.title, rule.why, rule.fix))

    assert f"| {row} |" in GUIDE


def test_no_code_in_the_guide_is_unknown() -> None:
    assert set(re.findall(r"\bD\d{3}\b", GUIDE)) == set(RULES)


@pytest.mark.parametrize("word", [*TYPES, *ACTIONS, *CONSENTS, *FOLLOW_UP, *JOINERS])
def test_every_word_of_the_language_is_in_the_guide(word: str) -> None:
    assert re.search(rf"\b{word}\b", GUIDE)
