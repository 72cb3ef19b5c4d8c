"""Numbers inside Arabic script, in the order they are dialled.

After an Arabic letter the groups of "8-1-1" or "310-6789" are laid out from right to left: a phone shows "1-1-8" (Unicode Standard
Annex #9, rules W2 and W4: a hyphen joins European numbers and does not join those that follow an Arabic letter). A left-to-right
mark in front of the number keeps it as it is written.
"""

from __future__ import annotations

import re
from typing import Final

from ccmm_bot.i18n.languages import Script, UnknownLanguage, language

LEFT_TO_RIGHT_MARK: Final = "\u200e"

#: Telephone numbers in groups ("8-1-1", "310-6789", "1-800-563-0808", "+1 604 555 0123") and dates ("2026-11-23").
_GROUPS: Final = re.compile(
    r"(?<![\w\u200e+-])(?:\+\d{1,3}[ -](?:\d{2,4}[ -])+\d{2,4}|\d-\d-\d|(?:1-)?(?:\d{3}[ -]){1,2}\d{4}|\d{4}-\d{2}-\d{2})(?![\w-])"
)


def dialled(text: str, tag: str) -> str:
    """``text`` with its numbers kept from being turned around, where the language is written in Arabic script."""
    try:
        arabic = language(tag).script is Script.ARABIC
    except UnknownLanguage:
        return text
    return _GROUPS.sub(lambda match: LEFT_TO_RIGHT_MARK + match[0], text) if arabic else text
