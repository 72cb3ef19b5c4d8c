"""A dialogue as a picture: Mermaid text for a page, Graphviz DOT for everything else.

Everything an author wrote is escaped: a quote or an angle bracket in a text is drawn, never obeyed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue.describe import action_words, guard_words
from ccmm_bot.dialogue.model import Action, Dialogue, Gate, State, Transition

_WIDTH: Final = 36
_LINES: Final = 4
_GATES: Final = {Gate.CONSENT: "#8a3ffc", Gate.IDENTITY: "#0f62fe", Gate.SAFETY: "#da1e28"}


@dataclass(frozen=True, slots=True)
class _Edge:
    source: str
    target: str
    label: str
    style: str  # "solid", "dashed" (time-out), "dotted" (visits used up)


def mermaid(dialogue: Dialogue) -> str:
    """A Mermaid flowchart."""
    ids = {name: f"s{place}" for place, name in enumerate(dialogue.states)}
    lines = ["flowchart TD", f"  start(( )) --> {ids.get(dialogue.initial, 'start')}"]
    for name, state in dialogue.states.items():
        left, right = _BRACKETS[_kind(state)]
        label = "<br/>".join(_entities(line) for line in _label(state))
        lines.append(f'  {ids[name]}{left}"{label}"{right}')
        if state.ask is not None and state.ask.gate is not None:
            lines.append(f"  style {ids[name]} stroke:{_GATES[state.ask.gate]},stroke-width:3px")
    for edge in _edges(dialogue):
        arrow = {"solid": "-->", "dashed": "-.->", "dotted": "-.->"}[edge.style]
        words = "<br/>".join(_entities(line) for line in _wrapped(edge.label))
        label = f'|"{words}"|' if words else ""
        lines.append(f"  {ids[edge.source]} {arrow}{label} {ids[edge.target]}")
    return "\n".join(lines) + "\n"


def dot(dialogue: Dialogue) -> str:
    """A Graphviz digraph."""
    ids = {name: f"s{place}" for place, name in enumerate(dialogue.states)}
    lines = [
        f"digraph {_quoted([str(dialogue.ref.id)])} {{",
        f"  label={_quoted([f'{dialogue.ref.id}, version {dialogue.ref.version}'])}; labelloc=t; fontsize=18;",
        '  fontname="Helvetica"; node [fontname="Helvetica", fontsize=11, margin="0.15,0.08"];',
        '  edge [fontname="Helvetica", fontsize=10, color="#525252", fontcolor="#393939"];',
        '  start [shape=circle, style=filled, fillcolor=black, label="", width=0.18];',
        f"  start -> {ids.get(dialogue.initial, 'start')};",
    ]
    for name, state in dialogue.states.items():
        lines.append(f"  {ids[name]} [{_LOOKS[_kind(state)]}{_gate(state)}, label={_quoted(_label(state))}];")
    for edge in _edges(dialogue):
        label = f", label={_quoted(_wrapped(edge.label))}" if edge.label else ""
        lines.append(f"  {ids[edge.source]} -> {ids[edge.target]} [style={edge.style}{label}];")
    return "\n".join([*lines, "}"]) + "\n"


_BRACKETS: Final = {"ask": ("(", ")"), "say": ("[", "]"), "route": ("{{", "}}"), "call": ("[[", "]]"), "end": ("([", "])")}
_LOOKS: Final = {
    "ask": 'shape=box, style="rounded,filled", fillcolor="#edf5ff"',
    "say": 'shape=box, style=filled, fillcolor="#f4f4f4"',
    "route": 'shape=hexagon, style=filled, fillcolor="#ffffff"',
    "call": 'shape=box, peripheries=2, style=filled, fillcolor="#defbe6"',
    "end": 'shape=box, style="rounded,filled,bold", fillcolor="#e0e0e0"',
}


def _kind(state: State) -> str:
    if state.ask is not None:
        return "ask"
    if state.call is not None or state.goto is not None:
        return "call"
    if state.end is not None:
        return "end"
    return "say" if state.say or state.show is not None else "route"


def _gate(state: State) -> str:
    if state.ask is None or state.ask.gate is None:
        return ""
    return f', color="{_GATES[state.ask.gate]}", penwidth=2.5'


def _label(state: State) -> list[str]:
    """The state's name, what it does, what it says or asks, how it ends; long texts are cut."""
    lines = [state.name]
    lines += _effects(state.actions)
    texts = [text.source for text in state.say]
    if state.ask is not None:
        gate = f", {state.ask.gate.value} gate" if state.ask.gate is not None else ""
        lines.append(f"{state.ask.item.type.value} {state.ask.item.name}{gate}")
        texts.append(state.ask.text.source)
    for text in texts:
        lines += _wrapped(f"“{text}”")
    if state.show is not None:
        lines.append(f"shows {state.show.name}")
    if state.call is not None:
        lines.append(f"calls {state.call}")
    if state.goto is not None:
        lines.append(f"goes to {state.goto}")
    if state.end is not None:
        lines.append(f"end: {state.end.value}")
    if state.visits is not None:
        lines.append(f"at most {state.visits.at_most} visits")
    return lines


def _edges(dialogue: Dialogue) -> Iterator[_Edge]:
    for name, state in dialogue.states.items():
        for transition in state.next:
            yield _edge(name, transition, "else" if len(state.next) > 1 else "", "solid")
        if state.on_timeout is not None:
            yield _edge(name, state.on_timeout, "time-out", "dashed")
        if state.visits is not None:
            yield _Edge(name, state.visits.then, "visits used up", "dotted")


def _edge(name: str, transition: Transition, otherwise: str, style: str) -> _Edge:
    words = guard_words(transition.when) if transition.when is not None else otherwise
    return _Edge(name, transition.target, "\n".join([words, *_effects(transition.actions)]).strip(), style)


def _effects(actions: Iterable[Action]) -> list[str]:
    return [f"! {action_words(action)}" for action in actions]


def _wrapped(text: str) -> list[str]:
    lines = [line for part in text.split("\n") for line in textwrap.wrap(part, _WIDTH)]
    return lines if len(lines) <= _LINES else [*lines[: _LINES - 1], lines[_LINES - 1] + " …"]


def _quoted(lines: Iterable[str]) -> str:
    """A DOT string: backslashes and quotes escaped, lines joined by DOT's own line break."""
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'


def _entities(text: str) -> str:
    """Mermaid's entity codes for everything that could be taken for its syntax."""
    return "".join(letter if letter.isalnum() or letter in " .,!?'“”’…=≠≤≥-_" else f"#{ord(letter)};" for letter in text)
