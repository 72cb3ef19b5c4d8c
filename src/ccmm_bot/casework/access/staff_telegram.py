"""Staff's own Telegram: a single-use code ties it to the account, and from then on urgent notices come there as well as by mail.

The code comes back to the agency's bot in "/start staff-<code>" (Telegram, "Deep Linking"). Whoever sends it is staff, not a person
the service is for: the message makes no conversation and is not kept. What is kept is the chat, sealed, together with the bot
that may write there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.access.sessions import entry
from ccmm_bot.casework.access.staff_links import digest_of, new_link
from ccmm_bot.i18n.interface import speaking
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ChannelAccount, Staff, StaffLink, StaffLinkKind

#: So a staff code begins, by which it is told from an invitation's. 49 of Telegram's 64 signs with the code.
PREFIX: Final = "staff-"
_START: Final = "/start"
_ENGLISH: Final = "en"


def offer(store: Store, reader: Reader, now: datetime) -> str:
    """What stands behind ``?start=`` in the reader's own link to the bot; her earlier ones are worth nothing any more."""
    with store.writing(reader) as session:
        staff = session.exec(select(Staff).where(Staff.id == reader.staff_id)).one()
        _withdraw(session, staff.id, now)
        row, token = new_link(
            StaffLinkKind.TELEGRAM, reader, now, email=staff.email, name=staff.name, role=staff.role, staff_id=staff.id
        )
        session.add(row)
        session.add(entry(reader.agency_id, reader.staff_id, "staff.telegram_offered", now))
    return f"{PREFIX}{token}"


def is_linked(store: Store, reader: Reader) -> bool:
    """Whether the reader's urgent notices come by Telegram."""
    with store.reading(reader) as session:
        return session.exec(select(Staff).where(Staff.id == reader.staff_id)).one().telegram_chat is not None


def unlink(store: Store, reader: Reader, now: datetime) -> None:
    """Forget the reader's chat, and codes nobody has used yet."""
    with store.writing(reader) as session:
        staff = session.exec(select(Staff).where(Staff.id == reader.staff_id)).one()
        _withdraw(session, staff.id, now)
        staff.telegram_chat = None
        session.add(staff)
        session.add(entry(reader.agency_id, reader.staff_id, "staff.telegram_unlinked", now))


def link(store: Store, bot: str, token: str, chat: str, now: datetime) -> str | None:
    """Tie a chat with one of our bots to the account the code is for; returns the language of its pages.

    ``None`` where the code never was, is used up, withdrawn or too old, or is another agency's: they look alike. Telegram repeats
    an update it got no answer for, so the chat that has used a code already may send it again.
    """
    where = f"{bot}/{chat}"
    with store.installation(write=True) as session:
        agency = session.exec(
            select(ChannelAccount.agency_id).where(ChannelAccount.channel == ChannelKind.TELEGRAM, ChannelAccount.account == bot)
        ).first()
        row = session.exec(
            select(StaffLink)
            .where(
                StaffLink.token_hash == digest_of(token),
                StaffLink.kind == StaffLinkKind.TELEGRAM,
                StaffLink.agency_id == agency,
                col(StaffLink.withdrawn_at).is_(None),
                col(StaffLink.expires_at) > now,
            )
            .with_for_update()
        ).first()
        staff = None if row is None else session.exec(select(Staff).where(Staff.id == row.staff_id, col(Staff.active))).first()
        if row is None or staff is None:
            return None
        if row.used_at is None:
            row.used_at, staff.telegram_chat = now, where
            session.add_all([row, staff, entry(staff.agency_id, staff.id, "staff.telegram_linked", now)])
        return staff.interface_language if staff.telegram_chat == where else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDoor:
    """Hears the codes of staff among a bot's messages; everything else is none of its business."""

    store: Store
    now: Callable[[], datetime]
    locales_dir: Path

    async def __call__(self, message: InboundMessage) -> str | None:
        """One neutral line to answer with; ``None`` for a message that is no code of staff's."""
        words = message.text.split() if message.kind is ContentKind.TEXT and message.payload is None else []
        if len(words) != 2 or words[0] != _START or not words[1].startswith(PREFIX):
            return None
        token = words[1].removeprefix(PREFIX)
        tag = await asyncio.to_thread(link, self.store, message.account, token, message.sender, self.now())
        _ = speaking(self.locales_dir, tag or _ENGLISH).gettext
        if tag is None:
            return _("This link does not work any more. Your account page makes a new one.")
        return _("Linked. Urgent notices come here from now on.")


def _withdraw(session: Session, staff_id: UUID, now: datetime) -> None:
    open_ = select(StaffLink).where(
        StaffLink.staff_id == staff_id, StaffLink.kind == StaffLinkKind.TELEGRAM, col(StaffLink.withdrawn_at).is_(None)
    )
    for row in session.exec(open_):
        row.withdrawn_at = now
        session.add(row)
