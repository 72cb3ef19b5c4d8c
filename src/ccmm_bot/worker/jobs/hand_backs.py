"""Gives conversations back to the bot when their time has come. Twice would ask the open question twice: the row is taken first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.conversation.receive import Receiver
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Conversation, HandBack

_BATCH: Final = 50


class HandBacks:
    """Finds those that are due. Any number of processes may do so at the same time."""

    def __init__(self, store: Store, receiver: Receiver, now: Callable[[], datetime]) -> None:
        self._store = store
        self._receiver = receiver
        self._now = now

    async def sweep(self) -> int:
        """Hand back what is due; returns how many conversations."""
        due = await asyncio.to_thread(self._take) if await asyncio.to_thread(self._any) else []
        for conversation, staff in due:
            await self._receiver.resume(str(conversation), str(staff))
        return len(due)

    def _any(self) -> bool:
        with self._store.installation() as session:
            return session.exec(select(HandBack.id).where(HandBack.at <= self._now()).limit(1)).first() is not None

    def _take(self) -> list[tuple[UUID, UUID]]:
        with self._store.installation(write=True) as session:
            rows = session.exec(
                select(HandBack, Conversation.human_since)
                .join(Conversation, col(Conversation.id) == HandBack.conversation_id)
                .where(HandBack.at <= self._now())
                .limit(_BATCH)
                .with_for_update(of=HandBack, skip_locked=True)
            ).all()
            for row, _ in rows:
                session.delete(row)
            return [(row.conversation_id, row.staff_id) for row, since in rows if since is not None]
