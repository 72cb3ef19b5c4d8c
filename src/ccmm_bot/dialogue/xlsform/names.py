"""Names of a form as names of the dialogue language: small letters, digits and underscores, each once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from ccmm_bot.dialogue.model import LANGUAGES
from ccmm_bot.dialogue.parse_guards import JOINERS
from ccmm_bot.dialogue.xlsform.form import TYPE
from ccmm_bot.dialogue.xlsform.read import Line, Remark

MOST: Final = 40  # of 48: what is put behind a name has room
_NO_NAME: Final = re.compile(r"[^a-z0-9_]+")
_RESERVED: Final = frozenset({*JOINERS, LANGUAGES})


def as_name(text: str, otherwise: str) -> str:
    """A name like ``need_domain``; ``otherwise`` where nothing of the text is left."""
    made = _NO_NAME.sub("_", text.casefold()).strip("_")[:MOST].rstrip("_")
    made = made or otherwise
    return f"{made}_q" if made in _RESERVED else made


@dataclass(slots=True)
class Names:
    """Gives each row a name that no other has, and remembers which had to be changed."""

    form: str = ""
    elsewhere: frozenset[str] = frozenset()  # names of items that other dialogues ask: a published item is another one
    changed: list[Remark] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def of(self, line: Line, name: str) -> str:
        """The name of a row."""
        wanted = as_name(name, f"q{line.row}")
        if wanted in self.elsewhere and not line.get(TYPE):
            wanted = as_name(f"{self.form}_{wanted}", wanted)
        made = self.free(wanted)
        if made != name and made != name.strip("_"):
            self.changed.append(Remark(line.at("name"), f'"{name}" is called "{made}" here'))
        return made

    def free(self, name: str) -> str:
        """The name, or with a number behind it."""
        made, number = name, 2
        while made in self._taken:
            made, number = f"{name}_{number}", number + 1
        self._taken.add(made)
        return made
