"""What a conversation's sealed snapshot holds: the engine's session, and the ids of the runs it is inside.

With the ids beside the session, an answer is written without asking the database which run it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from ccmm_bot.conversation.pace import Pace, dump_pace, load_pace
from ccmm_bot.conversation.parts import Answered, dump_answered, load_answered
from ccmm_bot.dialogue.codec import dump_session, load_session
from ccmm_bot.dialogue.session import Session
from ccmm_bot.store.keys import Sealer

_FIELD: Final = b"conversation.snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A session, the row of each of its runs, the follow-up a run belongs to, and what came in last."""

    session: Session
    runs: Mapping[int, str] = field(default_factory=dict)
    follow_ups: Mapping[int, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    answered: Answered | None = None  # the free-text answer that was just given: more of it may be on its way


def seal(keys: Sealer, snapshot: Snapshot) -> bytes:
    """The snapshot as the ``conversation`` row keeps it. Runs that have ended are left out."""
    alive = {frame.run for frame in snapshot.session.frames}
    data: dict[str, object] = {"s": dump_session(snapshot.session)}
    if runs := {str(run): key for run, key in snapshot.runs.items() if run in alive}:
        data["r"] = runs
    if follow_ups := {str(run): key for run, key in snapshot.follow_ups.items() if run in alive}:
        data["f"] = follow_ups
    data["p"] = dump_pace(snapshot.pace)
    if snapshot.answered is not None:
        data["a"] = dump_answered(snapshot.answered)
    return keys.seal(_FIELD, orjson.dumps(data))


def open_snapshot(keys: Sealer, blob: bytes) -> Snapshot:
    """What :func:`seal` sealed."""
    data = orjson.loads(keys.open(_FIELD, blob))
    return Snapshot(
        session=load_session(data["s"]),
        runs={int(run): key for run, key in data.get("r", {}).items()},
        follow_ups={int(run): key for run, key in data.get("f", {}).items()},
        pace=load_pace(data.get("p")),
        answered=load_answered(data.get("a")),
    )
