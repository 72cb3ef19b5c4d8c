"""Files people sent, as staff see them: listed with their message, and opened one by one, which is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.channels.media import EXTENSIONS, SHOWN
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Attachment, AttachmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One file of a message, without its content. ``summary`` is what a contact card says."""

    id: UUID
    state: AttachmentState
    content_type: str | None
    size: int | None
    summary: str | None
    reason: str | None

    @property
    def shown(self) -> bool:
        """Whether it is a picture the page may show."""
        return self.state is AttachmentState.KEPT and self.content_type in SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A file with its content."""

    data: bytes
    content_type: str
    name: str


def files_of(session: Session, inbound: Sequence[UUID]) -> dict[UUID, tuple[FileView, ...]]:
    """The files of some messages, by message. One query, which leaves the files themselves where they are."""
    if not inbound:
        return {}
    rows = session.execute(
        select_columns(
            col(Attachment.inbound_id),
            col(Attachment.id),
            col(Attachment.state),
            col(Attachment.content_type),
            col(Attachment.size),
            col(Attachment.summary),
            col(Attachment.reason),
        )
        .where(col(Attachment.inbound_id).in_(inbound))
        .order_by(col(Attachment.inbound_id), col(Attachment.no))
    ).all()
    found: dict[UUID, tuple[FileView, ...]] = {}
    for message, key, state, kind, size, summary, reason in rows:
        view = FileView(id=key, state=state, content_type=kind, size=size, summary=summary, reason=reason)
        found[message] = (*found.get(message, ()), view)
    return found


def open_file(store: Store, reader: Reader, attachment_id: UUID, now: datetime, *, only_shown: bool = False) -> OpenFile:
    """A file that was kept; the audit says who opened it. ``only_shown``: nothing but pictures a page may show.

    Raises :class:`NotFound` for one that is missing, not kept, or another agency's.
    """
    require(reader, Permission.READ_CASES)
    with store.writing(reader) as session:
        row = session.exec(select(Attachment).where(Attachment.id == attachment_id)).first()
        if row is None or row.data is None or row.content_type is None:
            raise NotFound("There is no such file.")
        if only_shown and row.content_type not in SHOWN:
            raise NotFound("There is no such file.")
        session.add(done_by(reader, "attachment.opened", "attachment", row.id, now, {"type": row.content_type}))
        extension = EXTENSIONS.get(row.content_type, "bin")
        return OpenFile(data=row.data, content_type=row.content_type, name=f"{row.kind.value}-{str(row.id)[-8:]}.{extension}")
