"""Files that are still at their providers, for whoever fetches them.

Claiming one moves the time of its next attempt on, in the same transaction: two workers never fetch the same file at the same time,
and what a crash left behind comes up again by itself.
"""

# ruff: noqa: S608 - statements are put together from constants of this module and parameter marks, never from data

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from ccmm_bot.clock import Clock
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_id, as_uuid, marks
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.tables import AttachmentState

#: How long fetching one file may take before another worker tries.
LEASE: Final = timedelta(minutes=3)
#: After so many attempts a file counts as gone: with the delays below that is about two days.
MAX_ATTEMPTS: Final = 12
_FIRST_DELAY: Final = timedelta(seconds=30)
_LONGEST_DELAY: Final = timedelta(hours=8)

_WHOSE: Final = (
    "SELECT p.data_key FROM attachment t JOIN inbound i ON i.id = t.inbound_id JOIN conversation c ON c.id = i.conversation_id "
    "JOIN person p ON p.id = c.person_id WHERE t.id = ? AND t.state = 'pending'"
)
_KEEP: Final = (
    "UPDATE attachment SET state = 'kept', data = ?, content_type = ?, size = ?, summary = ?, source = NULL, settled_at = ? "
    "WHERE id = ? AND state = 'pending'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file to fetch: from whom, and where it is."""

    id: str
    channel: ChannelKind
    account: str
    source: str
    claimed_type: str
    attempts: int  # this one included


class Attachments:
    """The worker's view of files."""

    def __init__(self, runner: Runner, keys: KeyRing, clock: Clock) -> None:
        self._runner = runner
        self._keys = keys
        self._clock = clock

    async def claim(self, limit: int = 10) -> list[Wanted]:
        """Files whose turn it is, taken for :data:`LEASE`. Costs microseconds when there is none."""
        return await self._runner.across(lambda: self._claim(limit))

    async def keep(self, key: str, data: bytes, content_type: str, summary: str) -> None:
        """Keep a file, sealed, and forget where it was."""
        file, now = UUID(key), self._clock.now()

        def work() -> Work[None]:
            rows: Rows = yield Query(_WHOSE, (file,))
            for row in rows:
                keys = self._keys.of(None if row[0] is None else as_id(row[0]))
                sealed = keys.seal(b"attachment.data", data)
                said = keys.seal_text(b"attachment.summary", summary) if summary else None
                yield Query(_KEEP, (sealed, content_type, len(data), said, now, file))

        await self._runner.across(work)

    async def give_up(self, key: str, state: AttachmentState, reason: str) -> None:
        """Write down that there will be no file, and why (one of our codes)."""
        await self._run(
            "UPDATE attachment SET state = ?, reason = ?, source = NULL, settled_at = ? WHERE id = ? AND state = 'pending'",
            (state.value, reason[:64], self._clock.now(), UUID(key)),
        )

    async def later(self, wanted: Wanted) -> None:
        """Try again, after longer each time; after :data:`MAX_ATTEMPTS` the file counts as gone."""
        if wanted.attempts >= MAX_ATTEMPTS:
            await self.give_up(wanted.id, AttachmentState.GONE, "not_reached")
            return
        delay = min(_FIRST_DELAY * 2 ** (wanted.attempts - 1), _LONGEST_DELAY)
        await self._run("UPDATE attachment SET next_at = ? WHERE id = ?", (self._clock.now() + delay, UUID(wanted.id)))

    async def _run(self, sql: str, params: tuple[object, ...]) -> None:
        def work() -> Work[None]:
            yield Query(sql, params)

        await self._runner.across(work)

    def _claim(self, limit: int) -> Work[list[Wanted]]:
        now: datetime = self._clock.now()
        rows: Rows = yield Query(
            "SELECT t.id, a.channel, a.account, t.source, t.claimed_type, t.attempts FROM attachment t "
            "JOIN channel_account a ON a.id = t.account_id WHERE t.state = 'pending' AND t.next_at <= ? ORDER BY t.next_at LIMIT ?",
            (now, limit),
            lock="t",
        )
        if rows:
            yield Query(
                f"UPDATE attachment SET attempts = attempts + 1, next_at = ? WHERE id IN ({marks(len(rows))})",
                (now + LEASE, *(as_uuid(row[0]) for row in rows)),
            )
        return [
            Wanted(
                id=str(as_uuid(key)),
                channel=ChannelKind(channel),
                account=account,
                source=self._keys.open_text(b"attachment.source", bytes(source)),
                claimed_type=claimed,
                attempts=attempts + 1,
            )
            for key, channel, account, source, claimed, attempts in rows
        ]
