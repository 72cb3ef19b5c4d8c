"""The options of a question in the forms a person may write them, worked out once per text and language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.normalise import squeezed, words
from ccmm_bot.i18n.vocabulary import chain, vocabulary

_PARTS = re.compile(r"[,،፣;؛/]|\s[–—-]\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """One option, folded: in the conversation's language, in English and in French."""

    whole: tuple[str, ...]
    tight: tuple[str, ...]  # without spaces
    parts: tuple[str, ...]  # "Learning, school" can be answered with "school"
    meaning: str | None  # "yes" | "no" where the label begins by saying so: "Yes, I agree"


class Labels:
    """Gives the forms of choices; remembers them, for a dialogue has few options and very many answers."""

    def __init__(self, catalogues: Catalogues) -> None:
        self._catalogues = catalogues
        self._forms: dict[tuple[str, str, str | None], Forms] = {}

    def forms(self, choice: Choice, language: str | None) -> Forms:
        """All the ways to write ``choice``."""
        text = choice.text
        key = (choice.label, "", language) if text is None else (text.key, text.source, language)
        found = self._forms.get(key)
        if found is None:
            found = self._forms[key] = self._work_out(choice.label, text, language)
        return found

    def _work_out(self, label: str, text: Text | None, language: str | None) -> Forms:
        written = [label] if text is None else self._written(text, language)
        whole = tuple(dict.fromkeys(folded for one in written if (folded := words(one, language))))
        parts = [folded for one in written for part in _PARTS.split(one) if (folded := words(part, language))]
        said = vocabulary(language).yes_no
        return Forms(
            whole=whole,
            tight=tuple(squeezed(one) for one in whole),
            parts=tuple(part for part in dict.fromkeys(parts) if part not in whole),
            meaning=next((said[first] for one in written if (first := words(_PARTS.split(one)[0], language)) in said), None),
        )

    def _written(self, text: Text, language: str | None) -> list[str]:
        found = [self._catalogues.text(text, tag) for tag in chain(language)]
        return [one for one in found if one is not None] or [text.source]
