"""The rule the walk keeps: what the proofs promise, the engine does, in every language."""

from __future__ import annotations

from ccmm_bot.dialogue.findings import Rule

RULE = Rule(
    code="D601",
    title="Every transition and every pair of transitions can be walked, by number, by word and by tap, in every offered language",
    why="The proofs speak of the dialogue; a person meets the engine, the reader and the catalogue together.",
    fix="Word the options so that they can be told apart in this language.",
)
