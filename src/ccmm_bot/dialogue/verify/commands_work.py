"""What a person can say at any moment does what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Action, CallHuman, Command, Dialogue, FallSilent, OptIn, OptOut, SetLanguage
from ccmm_bot.dialogue.verify.graph import actions, edges, reach
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D411",
    title="The dialogues of stop, start, human, language and quiet do so, at once",
    why="Stop and a human are within reach at every moment only if the dialogues behind the words keep them.",
    fix="Put the effect into the first state, before any question.",
)

_EFFECT: Final[dict[Command, tuple[str, Callable[[Action], bool]]]] = {
    Command.STOP: ("opt_out", lambda action: isinstance(action, OptOut)),
    Command.START: ("opt_in", lambda action: isinstance(action, OptIn)),
    Command.QUIET: ("quiet", lambda action: isinstance(action, FallSilent)),
    Command.HUMAN: ("human", lambda action: isinstance(action, CallHuman)),
}


def check(scope: Scope) -> Iterator[Finding]:
    """Stop, start, human and quiet have their effect on every path before anything is asked, called or ended; language has it on
    some. Quiet says nothing at all.
    """
    for command, name in scope.program.commands.items():
        dialogue = scope.dialogues.get(name)
        if dialogue is None or dialogue not in scope.examined:
            continue
        if dialogue.requires:
            message = f'"{name}" is called by {command.value} but requires consent'
            yield finding(RULE, dialogue.mark, message, "Remove requires: nobody needs to agree to anything to be heard.")
        if command is Command.QUIET:
            for one in dialogue.states.values():
                if one.say or one.show is not None or one.report is not None or one.ask is not None:
                    message = f'"{name}" is called by quiet but says something in "{one.name}"'
                    yield finding(RULE, one.mark, message, "Say nothing: somebody else may be holding the phone.")
        if command in _EFFECT:
            word, does = _EFFECT[command]
            for state in _without(dialogue, does)[:1]:
                message = f'"{name}" is called by {command.value} but comes to "{state}" without {word}'
                yield finding(RULE, dialogue.states[state].mark, message)
        elif command is Command.LANGUAGE and not any(
            isinstance(action, SetLanguage) for state in dialogue.states.values() for action in actions(state)
        ):
            yield finding(RULE, dialogue.mark, f'"{name}" is called by language but never sets it', "Add language: {from: item}.")


def _without(dialogue: Dialogue, does: Callable[[Action], bool]) -> list[str]:
    """States that wait, call, or end and can be reached without the effect, in the order of the file."""
    graph = {
        name: () if any(does(action) for action in dialogue.states[name].actions) else following
        for name, following in edges(dialogue).items()
    }
    reached = reach(graph, [dialogue.initial])
    return [
        name
        for name, state in dialogue.states.items()
        if name in reached
        and not any(does(action) for action in state.actions)
        and (state.ask is not None or state.call is not None or state.goto is not None or state.end is not None)
    ]
