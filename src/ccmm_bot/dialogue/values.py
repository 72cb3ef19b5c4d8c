"""What a person can have answered: the three-valued world of survey responses.

An item that was never asked has no entry at all (*unanswered*); one the person passed over holds :data:`SKIPPED`; one she
answered holds a value, and for ``select_many`` that value may be the empty tuple ("none of these", *empty*). The three are
never confused: a skipped answer satisfies no comparison.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal


class _Skip(Enum):
    SKIPPED = "skipped"


SKIPPED: Final = _Skip.SKIPPED
Skipped = Literal[_Skip.SKIPPED]

#: ``str`` for select_one, yes_no ("yes"/"no"), date (ISO 8601), text, phone (E.164) and place (its id); ``int`` for scale and
#: integer; a tuple of option ids, in the order of the options, for select_many.
Value = str | int | tuple[str, ...]

Answer = Value | Skipped

#: Something known about the conversation that no dialogue run owns: consent given, the channel, how the agency is called.
Fact = str | int | bool
