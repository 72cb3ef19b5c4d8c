"""What a state or a transition does: each action as the effects it amounts to and what the session keeps of it."""

from __future__ import annotations

from ccmm_bot.dialogue.bench import Bench
from ccmm_bot.dialogue.effects import (
    Consent,
    FactSet,
    Flag,
    FollowUpChanged,
    HumanCalled,
    LanguageChosen,
    OptedIn,
    OptedOut,
    Silenced,
)
from ccmm_bot.dialogue.model import (
    Action,
    CallHuman,
    FallSilent,
    OptIn,
    OptOut,
    RaiseFlag,
    SetConsent,
    SetFact,
    SetFollowUp,
    SetLanguage,
    Text,
)


def perform(bench: Bench, action: Action, wording: Text | None) -> None:
    """Do ``action`` in the top frame. ``wording`` is the question whose answer is being acted on."""
    run = bench.top.run
    match action:
        case RaiseFlag():
            bench.effects.append(Flag(run=run, reason=action.reason, severity=action.severity, items=action.items))
        case SetConsent():
            bench.facts[f"{action.kind}_consent"] = action.given
            bench.effects.append(
                Consent(
                    run=run,
                    kind=action.kind,
                    given=action.given,
                    wording=wording,
                    dialogue=bench.top.dialogue,
                    language=bench.language,
                )
            )
        case SetLanguage():
            tag = bench.top.answers.get(action.item)
            if isinstance(tag, str) and bench.machine.offers(tag):
                _choose_language(bench, tag)
        case SetFact():
            bench.facts[action.name] = action.value
            bench.effects.append(FactSet(name=action.name, value=action.value))
        case OptOut():
            bench.stopped = True
            bench.effects.append(OptedOut())
        case OptIn():
            bench.stopped = False
            bench.effects.append(OptedIn())
        case CallHuman():
            bench.effects.append(HumanCalled(run=run, reason=action.reason))
        case FallSilent():
            bench.silent = True
            bench.effects.append(Silenced())
        case SetFollowUp():
            bench.effects.append(FollowUpChanged(run=run, status=action.status))


def _choose_language(bench: Bench, tag: str) -> None:
    """Go on in another language."""
    bench.language = tag
    bench.facts["language_known"] = True
    bench.effects.append(LanguageChosen(language=tag))
