"""The messages of one conversation in the order they were written, both ways, in their original words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.conversations.attachments import FileView, files_of
from ccmm_bot.casework.conversations.translations import MachineText, machine_texts
from ccmm_bot.messages import ContentKind, DeliveryStatus
from ccmm_bot.store.content import load_content
from ccmm_bot.store.tables import Inbound, Outbox

SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message. ``language`` is known of what we wrote; what a person types is left to speak for itself."""

    id: UUID
    theirs: bool
    at: datetime
    kind: ContentKind
    text: str
    language: str | None = None
    choices: tuple[str, ...] = ()
    by_staff: bool = False
    status: DeliveryStatus | None = None
    error_code: str | None = None
    files: tuple[FileView, ...] = ()
    machine: MachineText | None = None  # of what a person wrote, in the reader's language


def thread(session: Session, conversation_id: UUID, language: str = "en") -> tuple[tuple[Line, ...], bool]:
    """The latest messages, oldest first, and whether there are older ones. ``language`` is what the reader reads."""
    came = session.exec(
        select(Inbound)
        .where(Inbound.conversation_id == conversation_id)
        .order_by(col(Inbound.received_at).desc(), col(Inbound.id).desc())
        .limit(SHOWN + 1)
    ).all()
    went = session.exec(
        select(Outbox).where(Outbox.conversation_id == conversation_id).order_by(col(Outbox.seq).desc()).limit(SHOWN + 1)
    ).all()
    files = files_of(session, [row.id for row in came if row.media])
    machine = machine_texts(session, [row.id for row in came], language)
    lines = [*(_theirs(row, files.get(row.id, ()), machine.get(row.id)) for row in came), *(_ours(row) for row in went)]
    # A message and its answer may carry the same instant: what the person wrote comes first, our messages keep their order.
    place = {row.id: -number for number, row in enumerate(went)} | {row.id: -number for number, row in enumerate(came)}
    lines.sort(key=lambda line: (line.at, not line.theirs, place[line.id]))
    return tuple(lines[-SHOWN:]), len(lines) > SHOWN


def _theirs(row: Inbound, files: tuple[FileView, ...], machine: MachineText | None) -> Line:
    return Line(id=row.id, theirs=True, at=row.received_at, kind=row.kind, text=row.text, files=files, machine=machine)


def _ours(row: Outbox) -> Line:
    content = load_content(row.content)
    return Line(
        id=row.id,
        theirs=False,
        at=row.created_at,
        kind=ContentKind.TEXT,
        text=content.text,
        language=content.language,
        choices=tuple(button.label for button in content.buttons),
        by_staff=row.written_by is not None,
        status=row.status,
        error_code=row.error_code,
    )
