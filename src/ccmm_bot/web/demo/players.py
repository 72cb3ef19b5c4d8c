"""Invented people who have written before the demonstration opens. They go through the same door as everybody else.

A player answers the question that is open by its name, in the words of her own language, so that an edit of the dialogues moves
the story and does not break it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson
from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.persons import changing as people
from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.codec import load_session
from ccmm_bot.dialogue.model import Ask, ItemType, Text
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.i18n.languages import language
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Conversation
from ccmm_bot.web.demo.clock import MovableClock
from ccmm_bot.web.demo.state import ACCOUNTS

_MOST_TURNS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """One invented person: how she writes, and what she answers to which item. What is not listed she passes over."""

    channel: ChannelKind
    address: str
    name: str
    language: str
    greeting: str
    answers: Mapping[str, str | Sequence[str]]
    ago: timedelta
    pace: timedelta = timedelta(seconds=40)
    last_words: Sequence[str] = field(default=())


class Stage:
    """Plays people into a runtime. ``settle`` waits until what was to be sent is sent."""

    def __init__(self, runtime: Runtime, clock: MovableClock, reader: Reader, settle: Callable[[], Awaitable[None]]) -> None:
        self._runtime = runtime
        self._clock = clock
        self._reader = reader
        self.settle = settle

    async def play(self, player: Player, began: datetime) -> Conversation:
        """Write as the player until she has nothing more to say; the clock stands where she stopped."""
        self._clock.put(began)
        key = await self.write(player, player.greeting)
        await self.answer(player, key, player.answers)
        for words in player.last_words:
            await self.write(player, words)
        conversation = self._conversation(key)
        people.rename(self._runtime.store, self._reader, conversation.person_id, player.name, self._clock.now())
        return conversation

    async def answer(self, player: Player, key: UUID, answers: Mapping[str, str | Sequence[str]]) -> None:
        """Answer what is asked, as long as there is an answer to it."""
        pending = {item: [value] if isinstance(value, str) else list(value) for item, value in answers.items()}
        for _turn in range(_MOST_TURNS):
            open_ = self._open(self._session(key))
            if open_ is None:
                return
            values = pending.get(open_.item.name)
            if not values:
                return
            self._clock.put(self._clock.now() + player.pace)
            await self.write(player, self._words(open_, values.pop(0), player.language))

    async def write(self, player: Player, text: str) -> UUID:
        """One message from the player."""
        receipt = await self._runtime.receiver.receive(
            InboundMessage(
                channel=player.channel,
                account=ACCOUNTS[player.channel],
                provider_message_id=f"demo-{uuid4()}",
                sender=player.address,
                received_at=self._clock.now(),
                text=text,
            )
        )
        await self.settle()
        return UUID(receipt.conversation_id)

    def _conversation(self, key: UUID) -> Conversation:
        with self._runtime.store.reading(self._reader.agency_id) as session:
            return session.exec(select(Conversation).where(col(Conversation.id) == key)).one()

    def _session(self, key: UUID) -> Session:
        # The column opens the seal; see ccmm_bot.conversation.snapshot for what is inside.
        return load_session(orjson.loads(self._conversation(key).snapshot)["s"])

    def _open(self, session: Session) -> Ask | None:
        if session.status is not Status.WAITING or not session.frames:
            return None
        frame = session.frames[-1]
        return self._runtime.machine.dialogue(frame.dialogue).states[frame.state].ask

    def _words(self, ask: Ask, value: str, tag: str) -> str:
        """How somebody who reads this language would write the answer."""
        if ask.item.languages:
            return language(value).autonym
        if value == "skip":
            return self._said(system_texts.SKIP, tag)
        if ask.item.type is ItemType.YES_NO:
            return self._said(system_texts.YES if value == "yes" else system_texts.NO, tag)
        if ask.item.type is ItemType.SELECT_MANY:
            ids = [option.id for option in ask.item.options]
            return " ".join(str(ids.index(each) + 1) for each in value.split())
        option = next((option for option in ask.item.options if option.id == value), None)
        return self._said(option.text, tag) if option else value

    def _said(self, text: Text, tag: str) -> str:
        return self._runtime.catalogues.text(text, tag) or text.source
