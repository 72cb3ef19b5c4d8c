"""The first rows of an installation: its first agency, and our senders that nobody has yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, ChannelAccount

#: PostgreSQL advisory lock: of several processes that start at once, one seeds and the others find it done.
_LOCK = 7_426_016_118


def seed(store: Store, *, agency_name: str, service_name: str, accounts: Iterable[tuple[ChannelKind, str]], now: datetime) -> UUID:
    """Make the first agency where there is none, and give it every sender no agency has. Returns the first agency's id."""
    with store.installation(write=True) as session:
        if store.engine.dialect.name == "postgresql":
            session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        first = session.exec(select(Agency).order_by(col(Agency.created_at), col(Agency.id))).first()
        if first is None:
            first = Agency(name=agency_name, service_name=service_name, created_at=now)
            session.add(first)
            session.flush()
        for channel, account in accounts:
            found = select(ChannelAccount).where(ChannelAccount.channel == channel, ChannelAccount.account == account)
            if session.exec(found).first() is None:
                session.add(ChannelAccount(agency_id=first.id, channel=channel, account=account))
        return first.id
