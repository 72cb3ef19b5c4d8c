"""Which channels the installation's senders use: what a privacy notice has to name."""

from __future__ import annotations

from sqlmodel import col, select

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ChannelAccount


def carriers(store: Store) -> frozenset[ChannelKind]:
    """The channels of all senders that are in use, of any agency."""
    with store.installation() as session:
        used = session.exec(select(ChannelAccount.channel).where(col(ChannelAccount.active)).distinct()).all()
    return frozenset(ChannelKind(channel) for channel in used)
