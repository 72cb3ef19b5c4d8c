"""Two machines answering each other, and somebody who writes faster than anybody can: told by their pace, and met with silence.

An automatic answer ("I am driving", "Your ticket 4711 was received") comes back seconds after each of our messages, and says the
same every time; a service like ours says something else each time, faster than anybody types. Nobody can know that from one
message, and a person may well say "yes" ten times in a row: so what counts is that the same words come again quickly, or whole
sentences at once, *and* that they were no answer to the question. The fourth such message gets none. Staff see a flag; what comes
is kept; other words at a person's pace, a tap or a command, and the conversation goes on.

A sender of hundreds of messages a second is a program as well. Beyond a hundred within ten seconds they are kept and nothing more,
so that neither our answers nor the work for them keep anybody else waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import regex
from rapidfuzz import fuzz

from ccmm_bot.store.types import stamp, stamp_back

#: From this repetition on (the first message counts as one) nothing is answered.
SILENT_FROM: Final = 4
#: Repetitions further apart than this are a person's.
QUICK: Final = timedelta(seconds=60)
#: Nobody types a sentence of so many letters in so short a time.
AT_ONCE: Final = timedelta(seconds=4)
SENTENCE: Final = 25
#: More messages than this within :data:`FLOOD_WINDOW` are a program's.
FLOOD_FROM: Final = 100
FLOOD_WINDOW: Final = timedelta(seconds=10)

_ALIKE: Final = 88.0  # rapidfuzz ratio
_LONG_ENOUGH: Final = 12  # letters; shorter texts are alike only when they are equal
_KEPT: Final = 120
_REMEMBERED: Final = 3  # an automatic answer may alternate between a few texts
_CHANGING: Final = regex.compile(r"[\p{N}\s]+")


class Heard(Enum):
    """How a message is met."""

    NORMAL = "normal"
    ECHO = "possible_auto_responder"  # the values are the flags staff see
    FLOOD = "too_many_messages"
    LATE = "late_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is remembered of the latest messages: their gist, how often it came, and how many came of late."""

    recent: tuple[str, ...] = ()
    same: int = 0
    at: datetime | None = None
    since: datetime | None = None
    heard: int = 0


def gist(text: str) -> str:
    """A text without what changes from one automatic answer to the next: digits, spaces, capitals. Short texts stay as they are."""
    said = _CHANGING.sub(" ", text.casefold()).strip()
    return (said if len(said) >= _LONG_ENOUGH else text)[:_KEPT]


def listen(pace: Pace, text: str | None, now: datetime) -> tuple[Pace, Heard]:
    """Take one more message in. ``text`` is ``None`` for what no automatic answer is: a tap, a command."""
    inside = pace.since is not None and now - pace.since < FLOOD_WINDOW
    since, heard = (pace.since, pace.heard + 1) if inside else (now, 1)
    flooded = Heard.FLOOD if heard > FLOOD_FROM else Heard.NORMAL
    if text is None:
        return Pace(at=now, since=since, heard=heard), flooded
    said = gist(text)
    gap = None if pace.at is None else now - pace.at
    quick = gap is not None and gap <= QUICK
    at_once = gap is not None and gap <= AT_ONCE and len(said) >= SENTENCE and pace.same > 0
    # Once it is told for an automatic answer, it stays one however slowly it comes: it answers our reminders.
    alike = any(_alike(said, before) for before in pace.recent)
    again = at_once or (alike and (quick or pace.same >= SILENT_FROM))
    recent = pace.recent if alike else (*pace.recent, said)[-_REMEMBERED:]
    same = pace.same + 1 if again else 1
    return Pace(recent=recent, same=same, at=now, since=since, heard=heard), Heard.ECHO if same >= SILENT_FROM else flooded


def calm(pace: Pace) -> Pace:
    """After something only a person does: an answer to the question, a tap, a command."""
    return Pace(at=pace.at, since=pace.since, heard=pace.heard)


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    return min(len(one), len(other)) >= _LONG_ENOUGH and fuzz.ratio(one, other) >= _ALIKE


def dump_pace(pace: Pace) -> list[Any]:
    """JSON values."""
    times = [None if each is None else stamp(each) for each in (pace.at, pace.since)]
    return [list(pace.recent), pace.same, *times, pace.heard]


def load_pace(data: Sequence[Any] | None) -> Pace:
    """What :func:`dump_pace` wrote."""
    if data is None:
        return Pace()
    recent, same, at, since, heard = data
    return Pace(
        recent=tuple(recent),
        same=same,
        at=None if at is None else stamp_back(at),
        since=None if since is None else stamp_back(since),
        heard=heard,
    )
