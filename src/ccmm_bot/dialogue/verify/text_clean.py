"""A text is written cleanly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.graph import texts
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D501",
    title="Texts have no stray spaces and no invisible characters",
    why="They break the match between text and translation, cost SMS segments, and turn right-to-left lines around.",
    fix='Remove them. A block text needs ">-" or "|-", which drop the last line break.',
)

_SPACES: Final = re.compile(r"^\s|\s$|[ \t]{2,}|[ \t]\n|\n[ \t]|\n{3,}|\t")
_INVISIBLE: Final = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def check(scope: Scope) -> Iterator[Finding]:
    """The English sources; translations are the business of the catalogue's own check."""
    for _, state in scope.states():
        for text in texts(state):
            if _SPACES.search(text.source):
                yield finding(RULE, text.mark, f'"{text.key}" has a stray space or line break')
            elif match := _INVISIBLE.search(text.source):
                yield finding(RULE, text.mark, f'"{text.key}" has the invisible character U+{ord(match[0]):04X}')
            elif unicodedata.normalize("NFC", text.source) != text.source:
                yield finding(RULE, text.mark, f'"{text.key}" is not in composed form (NFC)', "Type the letters anew.")
