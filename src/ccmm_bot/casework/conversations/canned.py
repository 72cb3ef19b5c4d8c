"""Answers that are ready in the person's language: texts of the catalogue, word for word, with whether a speaker has read them.

Nothing else is offered: no text a machine has translated, none that is not in the person's language as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Dialogue, Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import SOURCE, UnknownLanguage, language
from ccmm_bot.i18n.texts import of_all

#: Texts of the dialogues that stand on their own as an answer, by the end of their key.
_SHARED: Final = ("help_body", "help_mind", "all_right")
_SYSTEM: Final = (system_texts.STUCK, system_texts.KEPT_FOR_STAFF, system_texts.CRISIS_NEUTRAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """One ready answer. ``means`` is what it says, for the reader; ``read``: a speaker of the language has read it."""

    key: str
    text: str
    means: str
    language: str
    read: bool


class CannedReplies:
    """The ready answers of one program and its catalogues."""

    def __init__(self, dialogues: Mapping[str, Dialogue], catalogues: Catalogues) -> None:
        shared = {text.key: text for text in of_all(dialogues) if text.key.rpartition(".")[2] in _SHARED and not text.slots}
        self._texts: tuple[Text, ...] = (*_SYSTEM, *(shared[key] for key in sorted(shared)))
        self._catalogues = catalogues

    def of(self, tag: str | None, reads: str = SOURCE) -> tuple[Canned, ...]:
        """Those there are in the language; none for a language we do not know. ``reads``: the language of whoever chooses one."""
        return tuple(self._in(tag or SOURCE, self._texts, reads))

    def text(self, key: str, tag: str | None) -> Canned | None:
        """One of them, to be sent."""
        return next((each for each in self.of(tag) if each.key == key), None)

    def _in(self, tag: str, texts: Iterable[Text], reads: str) -> Iterable[Canned]:
        try:
            known = language(tag).tag
        except UnknownLanguage:
            return
        for text in texts:
            said = self._catalogues.text(text, known)
            if said is not None:
                read = known == SOURCE or self._catalogues.marked(text, known)
                means = self._catalogues.text(text, reads) or text.source
                yield Canned(key=text.key, text=said, means=means, language=known, read=read)
