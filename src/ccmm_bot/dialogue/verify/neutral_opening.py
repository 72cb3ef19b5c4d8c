"""The first words of a conversation we begin give nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Gate
from ccmm_bot.dialogue.verify.gates import NEUTRAL_SLOTS, before_passing
from ccmm_bot.dialogue.verify.graph import texts
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D406",
    title="Before its identity gate an unprompted dialogue names no person but by initials, and no topic",
    why="Whoever reads along would learn that somebody here is a client, and of what.",
    fix="Say only that {service_name} has a message for {initials}; everything else after the gate.",
)

#: Beginnings of words that say what this is about. The English source is looked at; translators are told the same.
TOPICS: Final = (
    "abuse", "agency", "asylum", "benefit", "case", "client", "consent", "counsel", "crisis", "debt", "depress", "doctor",
    "eligib", "food bank", "health", "housing", "immigra", "income", "interview", "lawyer", "legal", "mental", "money",
    "needs", "newcomer", "police", "programme", "questionnaire", "refugee", "safety", "settlement", "shelter", "social work",
    "suicid", "survey", "therap", "trauma", "violen", "visa", "welfare",
)  # fmt: skip
_TOPIC: Final = re.compile(r"\b(?:" + "|".join(map(re.escape, TOPICS)) + r")\w*", re.IGNORECASE)
_SLOTS: Final = re.compile(r"\{\w+\}")


def check(scope: Scope) -> Iterator[Finding]:
    """Texts, options, shorter wordings and reasons of every state that is reached without passing the gate.

    Those who said they are somebody else are past the question, but what they are told is looked at all the same.
    """
    for dialogue in scope.examined:
        if not dialogue.unprompted:
            continue
        for name in sorted(before_passing(dialogue, Gate.IDENTITY)):
            for text in texts(dialogue.states[name]):
                for slot in text.slots:
                    if slot not in NEUTRAL_SLOTS:
                        yield finding(RULE, text.mark, f'"{name}" says {{{slot}}} before anybody said who she is')
                if topic := _TOPIC.search(_SLOTS.sub("", text.source)):
                    yield finding(RULE, text.mark, f'"{name}" says "{topic[0]}" before anybody said who she is')
