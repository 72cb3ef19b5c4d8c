"""Where the rows of a turn begin: with the change of the conversation itself."""

from __future__ import annotations

from ccmm_bot.conversation.apply import Applied
from ccmm_bot.conversation.state import Standing
from ccmm_bot.conversation.turn import Turn
from ccmm_bot.dialogue.model import Text
from ccmm_bot.store.hot.writes import Writes
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.types import stamp


def begin_writes(keys: KeyRing, standing: Standing, turn: Turn, wording: dict[Text, str]) -> Applied:
    """The change of the conversation itself, to which everything else is added."""
    session, now = turn.session, stamp(turn.at)
    writes = Writes(
        agency_id=standing.account.agency_id,
        conversation_id=standing.conversation_id,
        contact_point_id=standing.contact_point_id,
        person_id=standing.person_id,
        version=standing.version,
        snapshot=b"",
        status=session.status.value,
        language=session.language,
        last_seq=standing.last_seq,
        last_inbound_at=None,
        human_since=None if standing.human_since is None else stamp(standing.human_since),
        now=now,
    )
    return Applied(
        keys=keys.of(standing.person_key),
        standing=standing,
        writes=writes,
        at=now,
        runs=dict(standing.snapshot.runs),
        follow_ups=dict(standing.snapshot.follow_ups),
        wording=wording,
        pace=standing.snapshot.pace,
    )
