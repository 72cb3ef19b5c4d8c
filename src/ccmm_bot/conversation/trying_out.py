"""Trying a sender out: one message to an address, by the way every other message takes."""

from __future__ import annotations

from ccmm_bot.clock import Clock
from ccmm_bot.conversation.accounts import Accounts
from ccmm_bot.conversation.beginning import begin_writes
from ccmm_bot.conversation.codes import new_code
from ccmm_bot.conversation.deciding import Receipt
from ccmm_bot.conversation.state import Account, Hashes, by_sender, newcomer, standing
from ccmm_bot.conversation.turn import Turn
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.messages import ChannelKind, Content
from ccmm_bot.store.hot import writes as rows
from ccmm_bot.store.hot.work import Apply, Rows, Runner, Work
from ccmm_bot.store.hot.writes import NewContact
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.tables import Actor, Purpose
from ccmm_bot.store.types import new_id


class TryOut:
    """Puts a test message into the outbox. Whoever has a sender sends it; the gate decides as for everything we start."""

    def __init__(self, runner: Runner, keys: KeyRing, machine: Machine, accounts: Accounts, clock: Clock) -> None:
        self._runner = runner
        self._keys = keys
        self._machine = machine
        self._accounts = accounts
        self._clock = clock

    async def write(self, channel: ChannelKind, account: str, address: str, content: Content) -> Receipt:
        """One message to ``address``, in a conversation made for it where there is none. ``rejected``: "opted_out".

        :raises UnknownAccountError: no agency has the sender
        """
        ours = await self._accounts.find(channel, account)
        return await self._runner.run(lambda: self._work(ours, address, content), agency_id=ours.agency_id)

    def _work(self, account: Account, address: str, content: Content) -> Work[Receipt]:
        found = Hashes(address=self._keys.lookup(b"address", address), user=None)
        answer: Rows = yield by_sender(account, "", found)
        row = answer[0]
        here = newcomer(self._keys, account, address, found, row[1:]) if row[1] is None else standing(self._keys, account, row[1:])
        if here.opted_out:
            return Receipt(conversation_id=str(here.conversation_id), rejected="opted_out")
        turn = Turn(self._machine, here.snapshot.session, self._clock.now())
        applied = begin_writes(self._keys, here, turn, {})
        if here.new:
            applied.writes.contact = NewContact(
                account_id=account.id,
                channel=account.channel.value,
                address=self._keys.of(here.contact_key).seal_text(b"contact_point.address", address),
                address_hash=found.address,
                external_user_hash=None,
                person_code=new_code(),
                contact_key=here.contact_key,
                person_key=here.person_key,
                known=here.known_point,
            )
            applied.writes.add(rows.LINK, new_id(), account.agency_id, here.person_id, here.contact_point_id, True)
        outbound = applied.send([content], purpose=Purpose.UNPROMPTED, to=address)
        applied.audit("channel.tried_out", "conversation", here.conversation_id, actor=Actor.SYSTEM)
        applied.close(turn)
        yield Apply(applied.writes)
        return Receipt(conversation_id=str(here.conversation_id), outbound=outbound)
