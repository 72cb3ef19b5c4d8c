"""Whatever is in a file, an author gets findings and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccmm_bot.dialogue.bundle import BundleError, load_bundle
from ccmm_bot.dialogue.findings import DialogueErrors, Finding
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.parse import try_parse
from ccmm_bot.dialogue.parse_instrument import parse_instrument
from ccmm_bot.dialogue.parse_program import parse_options, parse_program
from ccmm_bot.dialogue.parse_yaml import decode
from ccmm_bot.dialogue.verify import verify
from ccmm_bot.dialogue.verify.scope import Scope
from ccmm_bot.settings import Settings
from tests.dialogue.broken_cases import FOLDER

REAL = {path.name: path.read_bytes() for path in sorted(Settings().dialogues_dir.glob("*.yaml"))}
INSTRUMENTS = {
    f"instruments/{path.name}": path.read_bytes() for path in sorted((Settings().dialogues_dir / "instruments").glob("*.yaml"))
}
REAL |= INSTRUMENTS
FRAGMENTS = [
    b"\t", b"\x00", b"\xff", b"\xef\xbb\xbf", b"&a ", b"*a", b"<<: ", b"!!python/object ", b"{", b"}", b"[", b"]", b": ", b"- ",
    b"? ", b"|\n", b">\n", b'"', b"'", b"%YAML 1.1\n", b"---\n", b"...\n", b"null", b"~", b"yes", b"0x1F", b"1e999", b"2026-13-45",
    b"#", b"when: ", b"at_least: {n: 99, of: []}", b"\xe2\x80\xae", b"{{}}", b"\r", b"\xc2\x85", b"@", b"`",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A real file with a few bytes cut out, doubled, moved, or something odd put in."""
    name = draw(st.sampled_from(sorted(REAL)))
    content = REAL[name]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        until = min(len(content), at + draw(st.integers(0, 40)))
        middle = draw(st.one_of(st.sampled_from([*FRAGMENTS, b"", content[at:until] * 2]), st.binary(max_size=6)))
        content = content[:at] + middle + content[until:]
    return name, content


def read(name: str, content: bytes) -> tuple[Finding, ...]:
    text = decode(content, name)
    if isinstance(text, Finding):
        return (text,)
    if name == "program.yaml":
        return parse_program(text, name).findings
    if name in INSTRUMENTS:
        return parse_instrument(text, name, {}).findings
    if name == "options.yaml":
        return parse_options(text, name)[1]
    return try_parse(text, name).findings


@given(mutated())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_real_file_with_bytes_gone_wrong_gives_findings_or_a_dialogue(case: tuple[str, bytes]) -> None:
    for one in read(*case):
        assert one.mark.line >= 1
        assert one.mark.column >= 1
        assert "\n" not in str(one)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_at_all_give_findings(content: bytes) -> None:
    assert read("any.yaml", content)


@given(name=st.sampled_from(sorted(path.name for path in FOLDER.glob("D[23]*.yaml"))), cut=st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_the_proofs_stand_any_program_that_has_its_form(name: str, cut: int) -> None:
    loaded = load_program(FOLDER / "base")
    assert loaded.program is not None
    lines = (FOLDER / name).read_text().splitlines(keepends=True)
    text = "".join(line for place, line in enumerate(lines) if place != cut % len(lines))
    parsed = try_parse(text, "subject.yaml", shared=loaded.shared)
    dialogues = dict(loaded.dialogues)
    if parsed.dialogue is not None:
        dialogues[parsed.dialogue.ref.id] = parsed.dialogue
    verify(Scope(program=loaded.program, dialogues=dialogues, shared=loaded.shared, marks=loaded.marks))


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"{" * 100_000,
        b"a: " * 5_000,
        b"- " * 20_000,
        b"a: &x [*x]",
        b"a: &x {b: *x}\nc: *x",
        b"? " * 3_000,
        b'"' + b"\\u0000" * 1_000,
        b"a: " + b"9" * 5_000,
        b"%TAG ! tag:x,2000:\n---\n!y z",
        b"states: " + b"!" * 1000,
    ],
)
def test_what_is_built_to_exhaust_a_reader_is_refused_quickly(content: bytes) -> None:
    assert read("hostile.yaml", content)


@given(st.one_of(st.text(max_size=80), st.recursive(st.none() | st.integers() | st.text(max_size=8), st.lists).map(str)))
def test_what_is_no_bundle_is_refused_as_such(text: str) -> None:
    with pytest.raises((BundleError, DialogueErrors)):
        load_bundle(text)


def test_a_folder_in_the_place_of_a_file_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "menu.yaml").mkdir()

    assert "D001" in {one.code for one in load_program(tmp_path).findings}
