"""Messages that reach us late: found in the provider's list after an outage, when others have been written since.

A message that is older than what the person wrote last is no answer to the question that is open now: that one was put later. It is
kept where staff see it, with a flag, and answers nothing. STOP and words of crisis are heard all the same. One that is older than
nothing is taken like any other; whether its answer still goes out at night is the gate's business (:mod:`.gate`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ccmm_bot.conversation.state import Standing
from ccmm_bot.messages import InboundMessage
from ccmm_bot.store.hot.work import Query, Rows, Work, as_time

#: Providers tell whole seconds, and their clock is not ours.
_SAME_TIME: Final = timedelta(seconds=2)


def overtaken(here: Standing, message: InboundMessage) -> Work[bool]:
    """Whether the person has written something newer, which came before."""
    if not message.fetched or here.new:
        return False
    rows: Rows = yield Query("SELECT last_inbound_at FROM conversation WHERE id = ?", (here.conversation_id,))
    last = rows[0][0] if rows else None
    return last is not None and as_time(last) - message.received_at > _SAME_TIME
