"""Where to write to a person first: her own contact points only, and only where something may be said there.

Asked before a dialogue begins, so that all of it happens in one conversation. Somebody else's phone is never the next best choice:
a contact point that is shared, or that another person uses as well, does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_time, as_uuid
from ccmm_bot.store.templates import approved, knock

_POINTS: Final = """
SELECT c.id, a.id, a.channel, a.account, c.last_inbound_at, c.language, r.language, r.second_language,
 (SELECT k.given FROM consent k WHERE k.person_id = r.id AND k.kind = 'contact' ORDER BY k.at DESC LIMIT 1)
FROM person_contact_point l
JOIN contact_point p ON p.id = l.contact_point_id
JOIN conversation c ON c.contact_point_id = p.id AND c.person_id = l.person_id
JOIN channel_account a ON a.id = p.account_id
JOIN person r ON r.id = l.person_id
WHERE l.person_id = ? AND l.current AND NOT p.shared AND p.opted_out_at IS NULL AND p.safety <> 'never' AND a.active
 AND NOT EXISTS (SELECT 1 FROM person_contact_point o WHERE o.contact_point_id = p.id AND o.person_id <> l.person_id AND o.current)
ORDER BY c.last_inbound_at DESC
"""


@dataclass(frozen=True, slots=True)
class Reachable:
    """Begin in this conversation."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """There is nowhere to write: ``no_contact_point``, ``no_consent`` or ``no_template``."""

    reason: str


class Reach:
    """Chooses. ``on`` says whether one of our senders (channel, account) is switched on."""

    def __init__(self, runner: Runner, on: Callable[[ChannelKind, str], bool], window: timedelta) -> None:
        self._runner = runner
        self._on = on
        self._window = window

    async def best(self, person_id: UUID, now: datetime) -> Reachable | Unreachable:
        """Where the person wrote last, if something may be said there; else her next contact point, if she agreed to be contacted.

        On WhatsApp that is within 24 hours of her last message, or where a template is approved in a language for her.
        """
        return await self._runner.run(lambda: self._best(person_id, now))

    def _best(self, person_id: UUID, now: datetime) -> Work[Reachable | Unreachable]:
        rows: Rows = yield Query(_POINTS, (person_id,))
        reason = "no_contact_point"
        for place, row in enumerate(rows):
            conversation, account, channel, name, last, spoken, first, second, consent = row
            if consent is not None and not consent:
                return Unreachable("no_consent")
            if place and not consent:
                reason = "no_consent" if reason == "no_contact_point" else reason
                break  # another channel than the one she used last is only taken with her consent
            if not self._on(ChannelKind(channel), name):
                continue
            if ChannelKind(channel) is ChannelKind.WHATSAPP and (last is None or now - as_time(last) >= self._window):
                templates = yield from approved(as_uuid(account))
                if knock((spoken or first, second), {}, templates) is None:
                    reason = "no_template"
                    continue
            return Reachable(str(as_uuid(conversation)))
        return Unreachable(reason)
