"""The one door through which anything happens to a conversation: receive, fire, begin, status, and what staff do.

Every call is one transaction. When it returns, what happened is on the disk, and the messages it made have been handed to
:attr:`Receiver.on_commit`, which must not block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from uuid import UUID

from ccmm_bot.clock import Clock
from ccmm_bot.conversation.accounts import Accounts, UnknownAccountError
from ccmm_bot.conversation.invitations import carries_code
from ccmm_bot.conversation.lanes import Lanes
from ccmm_bot.conversation.receipts import keep_unreadable, take_status
from ccmm_bot.conversation.speaking import Voice
from ccmm_bot.conversation.state import Account, hashes
from ccmm_bot.conversation.works import Receipt, UnknownConversationError, Works
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.messages import ChannelKind, InboundMessage, StatusUpdate
from ccmm_bot.store.hot.work import Runner, Work
from ccmm_bot.store.keys import KeyRing

__all__ = ["OnCommit", "Receipt", "Receiver", "UnknownAccountError", "UnknownConversationError"]

#: Takes what is to be sent now; called after the commit, from the event loop, only where there is something to send.
OnCommit = Callable[[Receipt], None]


class Sends(Protocol):
    """Whoever sends for this process."""

    def on_commit(self, receipt: Receipt, /) -> None:
        """See :data:`OnCommit`."""


def _nowhere(_receipt: Receipt) -> None:
    """Nobody sends: the messages stay pending in the outbox."""


class Receiver:
    """The conversations of one installation. Use it from one event loop; any number of processes may have one."""

    def __init__(
        self, runner: Runner, keys: KeyRing, voice: Voice, accounts: Accounts, clock: Clock, on_commit: OnCommit = _nowhere
    ) -> None:
        self.on_commit = on_commit
        self._runner = runner
        self._keys = keys
        self._accounts = accounts
        self._clock = clock
        self._voice = voice
        self._works = Works(keys=keys, voice=voice, now=clock.now)
        self._lanes = Lanes()

    async def receive(self, message: InboundMessage, /) -> Receipt:
        """A person wrote. The same message (sender of ours, provider's id) has one effect however often it comes.

        :raises UnknownAccountError: no agency has the sender it was written to
        """
        account = self._accounts.known(message.channel, message.account) or await self._accounts.find(
            message.channel, message.account
        )
        found = hashes(self._keys, message)
        # A code is looked up and used up in one transaction; any other message needs none around its read and its write.
        plain = carries_code(message) is None
        async with self._lanes.turn((account.id, found.user or found.address)):
            return await self._run(lambda: self._works.receive(account, message, found), account, optimistic=plain)

    async def fire(self, timer_id: str, /) -> Receipt:
        """A timer is due. Firing one twice, or one whose question is closed, does nothing."""
        key = _key(timer_id)
        return await self._run(lambda: self._works.fire(key, self._accounts.by_id))

    async def begin(
        self,
        conversation_id: str,
        dialogue: str,
        facts: Mapping[str, Fact] | None = None,
        *,
        follow_up_id: str | None = None,
        staff_id: str | None = None,
    ) -> Receipt:
        """We start ``dialogue``. ``rejected`` says why not: "busy", "opted_out", "human", "silent",
        "unknown_dialogue", "not_unprompted" (a topic the program's opening does not know).

        :raises UnknownConversationError: there is none with this id
        """
        key = _key(conversation_id)
        follow_up = None if follow_up_id is None else _key(follow_up_id)
        by = None if staff_id is None else _key(staff_id)
        return await self._run(lambda: self._works.begin(key, dialogue, facts or {}, self._accounts.by_id, follow_up, by))

    async def status(self, update: StatusUpdate, /) -> bool:
        """A provider's receipt for a message of ours; ``False`` when none of ours is meant."""
        return await self._runner.across(lambda: take_status(update, self._clock.now()))

    async def quarantine(self, channel: ChannelKind, account: str, raw: bytes, reason: str, /) -> None:
        """Keep, sealed, what came through a door and could not be read as a message. ``reason`` holds nothing personal."""
        await self._runner.across(lambda: keep_unreadable(self._keys, channel, account, raw, reason, self._clock.now))

    async def take_over(self, conversation_id: str, staff_id: str) -> Receipt:
        """A human talks from here on: the bot is silent, but for STOP and START."""
        key, by = _key(conversation_id), _key(staff_id)
        return await self._run(lambda: self._works.say_as_human(key, None, by, self._accounts.by_id))

    async def reply_as_human(self, conversation_id: str, text: str, staff_id: str) -> Receipt:
        """A human writes to the person, and has taken over by that. Rejected with "opted_out" where the person wants none."""
        key, by = _key(conversation_id), _key(staff_id)
        return await self._run(lambda: self._works.say_as_human(key, text, by, self._accounts.by_id))

    async def resume(self, conversation_id: str, staff_id: str) -> Receipt:
        """The human is done: the bot asks its open question again."""
        key, by = _key(conversation_id), _key(staff_id)
        return await self._run(lambda: self._works.resume(key, by, self._accounts.by_id))

    async def safe_again(self, conversation_id: str, how: str, staff_id: str) -> Receipt:
        """Undo that a phone is not safe; ``how`` somebody at the agency knows: "in_person", "by_phone", …. Only staff can.

        Rejected with "not_silent" where nobody had said so.
        """
        key, by = _key(conversation_id), _key(staff_id)
        return await self._run(lambda: self._works.safe_again(key, how, by, self._accounts.by_id))

    async def consent_again(self, conversation_id: str, how: str, staff_id: str) -> Receipt:
        """The person has told somebody at the agency that she wants our messages again; ``how``: "in_person", "by_phone", ….

        Rejected with "not_opted_out" where she had not stopped them.
        """
        key, by = _key(conversation_id), _key(staff_id)
        return await self._run(lambda: self._works.consent_again(key, how, by, self._accounts.by_id))

    def sent_by(self, sender: Sends) -> None:
        """From here on ``sender`` sends what is committed."""
        self.on_commit = sender.on_commit

    async def _run(self, make: Callable[[], Work[Receipt]], account: Account | None = None, *, optimistic: bool = True) -> Receipt:
        try:
            receipt = await self._commit(make, account, optimistic)
        except UnknownAccountError:
            # A conversation with a sender that another process has added since.
            await self._accounts.load()
            receipt = await self._commit(make, account, optimistic)
        if receipt.refs:
            self._voice.archive.kept(receipt.refs)
        if receipt.outbound:
            self.on_commit(receipt)
        return receipt

    async def _commit(self, make: Callable[[], Work[Receipt]], account: Account | None, optimistic: bool) -> Receipt:
        if account is None:
            return await self._runner.across(make, optimistic=optimistic)
        return await self._runner.run(make, agency_id=account.agency_id, optimistic=optimistic)


def _key(text: str) -> str:
    """An id as the rows hold it; raises ``ValueError`` for what is none."""
    return UUID(text).hex
