"""The ``template`` table, for whoever hands templates in and looks how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.messages import ChannelKind, TemplateText
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ApprovalStatus, ChannelAccount, MessageTemplate


class TemplateRows:
    """The templates of one sender of ours, whichever agency's it is."""

    def __init__(self, store: Store, channel: ChannelKind, account: str) -> None:
        self._store = store
        self._channel = channel
        self._account = account

    def all(self) -> Sequence[MessageTemplate]:
        """Every wording ever handed in, by name and language, the newest last."""
        with self._store.installation() as session:
            return session.exec(
                select(MessageTemplate)
                .join(ChannelAccount, col(ChannelAccount.id) == MessageTemplate.account_id)
                .where(ChannelAccount.channel == self._channel, ChannelAccount.account == self._account)
                .order_by(col(MessageTemplate.name), col(MessageTemplate.language), col(MessageTemplate.created_at))
            ).all()

    def add(self, text: TemplateText, *, hash_: str, sid: str, now: datetime) -> UUID:
        """One that was made at the provider and has not been handed in yet; the same wording is one row."""
        with self._store.installation(write=True) as session:
            account = session.exec(
                select(ChannelAccount).where(ChannelAccount.channel == self._channel, ChannelAccount.account == self._account)
            ).one()
            same = select(MessageTemplate).where(
                MessageTemplate.account_id == account.id,
                MessageTemplate.name == text.name,
                MessageTemplate.language == text.language,
                MessageTemplate.hash == hash_,
            )
            row = session.exec(same).first()
            if row is None:
                row = MessageTemplate(
                    agency_id=account.agency_id,
                    account_id=account.id,
                    name=text.name,
                    language=text.language,
                    locale=text.locale,
                    hash=hash_,
                    body=text.body,
                    slots=list(text.slots),
                    buttons=list(text.buttons),
                    content_sid=sid,
                    created_at=now,
                )
                session.add(row)
            return row.id

    def note(self, key: UUID, *, status: str, reason: str | None, now: datetime) -> ApprovalStatus:
        """What the provider says of one; a word that is new to us counts as "pending"."""
        known = ApprovalStatus(status) if status in set(ApprovalStatus) else ApprovalStatus.PENDING
        with self._store.installation(write=True) as session:
            row = session.exec(select(MessageTemplate).where(MessageTemplate.id == key)).one()
            row.status, row.reason, row.checked_at = known, reason[:500] if reason else None, now
            session.add(row)
        return known
