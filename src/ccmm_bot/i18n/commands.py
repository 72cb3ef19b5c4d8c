"""The words that are commands: at any moment, as a whole message."""

from __future__ import annotations

import re

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Command
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE
from ccmm_bot.i18n.normalise import fold, words
from ccmm_bot.i18n.vocabulary import chain

#: What providers and Canadian law treat as a command whatever the conversation's language is (Twilio's default keywords; CWTA
#: short code rules: STOP/ARRET, HELP/AIDE).
ALWAYS: dict[str, Command] = {
    **dict.fromkeys(
        ("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout", "opt out", "cancel", "arret", "arrêt"),
        Command.STOP,
    ),
    **dict.fromkeys(("please stop", "stop please", "stop it"), Command.STOP),
    **dict.fromkeys(("start", "unstop"), Command.START),
    **dict.fromkeys(("help", "info", "aide"), Command.HELP),
}
_QUESTION_MARKS = re.compile(r"[?؟፧¿\s]+")
_LIST = re.compile(r"[,،፣、]")
_LONGEST = 60


class Commands:
    """Knows the command words of every catalogue."""

    def __init__(self, catalogues: Catalogues) -> None:
        self._catalogues = catalogues
        self._tables: dict[str | None, dict[str, Command]] = {}

    def read(self, text: str, language: str | None, *, numeric: bool) -> Command | None:
        """The command ``text`` is. ``numeric``: digits are answers here, so 0 does not mean "skip"."""
        if len(text) > _LONGEST:
            return None
        table = self._tables.get(language)
        if table is None:
            table = self._tables[language] = self._table(language)
        written = words(text, language)
        found = table.get(written)
        if found is not None:
            return found
        if not written:
            return Command.HELP if text.strip() and _QUESTION_MARKS.fullmatch(fold(text, language)) else None
        if written == "0":
            return None if numeric else Command.SKIP
        first, _, rest = written.partition(" ")
        return table.get(first) if rest and set(rest.split()) == {first} else None  # "STOP STOP STOP"

    def starting_language(self, text: str) -> str | None:
        """The one language, other than English, in which ``text`` as a whole says START."""
        if len(text) > _LONGEST:
            return None
        start = system_texts.WORDS[Command.START]
        english = {words(word, None) for word in _LIST.split(start.source)} | set(ALWAYS)
        found = {
            entry.tag
            for entry in LANGUAGES
            if entry.tag != SOURCE
            and (written := words(text, entry.tag)) not in english
            and written in self._words_of(Command.START, entry.tag)
        }
        return found.pop() if len(found) == 1 else None

    def _words_of(self, command: Command, tag: str) -> set[str]:
        translated = self._catalogues.text(system_texts.WORDS[command], tag) or ""
        # What a button says is also typed: the screen shows it, whatever words the catalogue lists.
        label = self._catalogues.text(system_texts.SKIP, tag) if command is Command.SKIP else None
        return {folded for word in [*_LIST.split(translated), label or ""] if (folded := words(word, tag))}

    def _table(self, language: str | None) -> dict[str, Command]:
        table = {words(word, language): command for word, command in ALWAYS.items()}
        for tag in chain(language):
            for command in Command:
                for word in self._words_of(command, tag):
                    table.setdefault(word, command)
        return table
