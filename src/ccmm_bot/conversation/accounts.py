"""Our own senders and whose they are, in memory; a new one is found in the store the first time somebody writes to it."""

from __future__ import annotations

from ccmm_bot.conversation.state import Account
from ccmm_bot.errors import CcmmError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_id


class UnknownAccountError(CcmmError):
    """A message names a sender of ours that no agency has."""


class Accounts:
    """A cache over ``channel_account``. Rows are added and never change hands, so that it needs no invalidation."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._by_name: dict[tuple[ChannelKind, str], Account] = {}
        self._by_id: dict[str, Account] = {}

    async def load(self) -> None:
        """Read them all (again)."""
        for account in await self._runner.across(self._read):
            self._by_name[account.channel, account.account] = account
            self._by_id[account.id] = account

    def known(self, channel: ChannelKind, account: str) -> Account | None:
        """One that is in memory."""
        return self._by_name.get((channel, account))

    async def find(self, channel: ChannelKind, account: str) -> Account:
        """By what the provider calls it. Raises :class:`UnknownAccountError`."""
        found = self.known(channel, account)
        if found is None:
            await self.load()
            found = self.known(channel, account)
        if found is None:
            raise UnknownAccountError(f"No agency here has this {channel.value} sender.")
        return found

    def by_id(self, key: str) -> Account:
        """One that is in memory, by the id of its row. Raises :class:`UnknownAccountError`."""
        try:
            return self._by_id[key]
        except KeyError:
            raise UnknownAccountError("No agency here has this sender.") from None

    def _read(self) -> Work[list[Account]]:
        rows: Rows = yield Query(
            "SELECT a.id, a.agency_id, a.channel, a.account, g.name, g.service_name, g.timezone "
            "FROM channel_account a JOIN agency g ON g.id = a.agency_id"
        )
        return [
            Account(
                id=as_id(row[0]),
                agency_id=as_id(row[1]),
                channel=ChannelKind(row[2]),
                account=row[3],
                agency_name=row[4],
                service_name=row[5],
                timezone=row[6],
            )
            for row in rows
        ]
