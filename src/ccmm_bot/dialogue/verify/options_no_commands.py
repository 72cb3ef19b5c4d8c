"""No option is a word that means something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D507",
    title="No option is a command, or a word the SMS provider keeps for itself",
    why="Who answers with it would stop all messages, or be sent somewhere else, instead of answering.",
    fix='Use more than the one word: "Yes, I agree" instead of "Yes".',
)

#: Whole messages that Twilio acts on itself before or beside us, as its documentation of SMS opt-out keywords lists them.
PROVIDER: Final = frozenset(
    {
        "STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL",
        "START", "UNSTOP", "YES", "HELP", "INFO",
    }
)  # fmt: skip


def check(scope: Scope) -> Iterator[Finding]:
    """Options that authors write, in every language; yes and no of ``yes_no`` are answered by number on SMS."""
    for dialogue, state, ask in scope.asks():
        for option in ask.item.options:
            if option.text.key.startswith("system."):
                continue
            mark = option.text.mark or ask.item.mark
            for language in scope.languages_of(dialogue):
                label = scope.word(option.text, language) or option.text.source
                if label.strip(" .!").upper() in PROVIDER:
                    yield finding(
                        RULE, mark, f'in {language}, the option "{label}" of "{state.name}" is a word of the SMS provider'
                    )
                elif scope.reader is not None and (command := scope.reader.command(label, language)) is not None:
                    yield finding(RULE, mark, f'in {language}, the option "{label}" of "{state.name}" means {command.value}')
