"""What of each kind has passed its time, and removing it, a batch at a time. Looking and removing pick by the same condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Table,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from ccmm_bot.casework.keeping.kinds import busy
from ccmm_bot.messages import DeliveryStatus
from ccmm_bot.store.keys import Sealer
from ccmm_bot.store.tables import AttachmentState, DisposalReason
from ccmm_bot.store.whose import table_named

#: Why there is no file any more: see the words of the staff pages.
KEPT_LONG_ENOUGH: Final = "kept_long_enough"
#: Sealed, a text that was emptied is no longer than this, and an emptied message no longer than that.
_EMPTY_TEXT: Final = 45
_EMPTY_MESSAGE: Final = 60
_SETTLED: Final = (
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
    DeliveryStatus.FAILED,
    DeliveryStatus.SUPPRESSED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """What is looked for: of this agency, from before this moment, on this day."""

    agency: UUID
    before: datetime
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kind's rows in one table: which, and what becomes of them."""

    table: str
    which: Callable[[Table, Old], ColumnElement[bool]]
    remove: Callable[[Connection, Table, Sequence[Any], Sealer, datetime], None]

    def ids(self, old: Old) -> Select[Any]:
        """The ids of the rows that have passed their time."""
        table = table_named(self.table)
        return select(table.c.id).where(table.c.agency_id == old.agency, self.which(table, old))


def _at_rest(old: Old, person: ColumnElement[Any]) -> ColumnElement[bool]:
    return person.not_in(busy(old.agency, old.today))


def _conversations(old: Old) -> Select[Any]:
    talk = table_named("conversation")
    return select(talk.c.id).where(talk.c.agency_id == old.agency, _at_rest(old, talk.c.person_id))


def _size(table: Table, column: str) -> ColumnElement[int]:
    return func.length(type_coerce(table.c[column], LargeBinary))


def _raw(blob: bytes) -> Any:
    return type_coerce(literal(blob, LargeBinary), LargeBinary)


# --- messages, and what a machine made of them -----------------------------------------------------------------------------


def _old_inbound(table: Table, old: Old) -> ColumnElement[bool]:
    something = or_(_size(table, "text") > _EMPTY_TEXT, table.c.raw.is_not(None), table.c.media.is_not(None))
    return (table.c.received_at < old.before) & something & table.c.conversation_id.in_(_conversations(old))


def _empty_inbound(connection: Connection, table: Table, ids: Sequence[Any], keys: Sealer, now: datetime) -> None:
    translation = table_named("translation")
    connection.execute(delete(translation).where(translation.c.inbound_id.in_(ids)))
    nothing = {"text": _raw(keys.seal_text(b"inbound.text", "")), "raw": None, "media": None}
    connection.execute(update(table).where(table.c.id.in_(ids)).values(nothing))


def _old_outbox(table: Table, old: Old) -> ColumnElement[bool]:
    done = table.c.status.in_(_SETTLED) & (table.c.created_at < old.before)
    return done & (_size(table, "content") > _EMPTY_MESSAGE) & table.c.conversation_id.in_(_conversations(old))


def _empty_outbox(connection: Connection, table: Table, ids: Sequence[Any], keys: Sealer, now: datetime) -> None:
    nothing = _raw(keys.seal(b"outbox.content", b'{"text":""}'))
    connection.execute(update(table).where(table.c.id.in_(ids)).values({"content": nothing}))


# --- files -----------------------------------------------------------------------------------------------------------------


def _old_file(table: Table, old: Old) -> ColumnElement[bool]:
    inbound = table_named("inbound")
    theirs = select(inbound.c.id).where(inbound.c.agency_id == old.agency, inbound.c.conversation_id.in_(_conversations(old)))
    return (table.c.state == AttachmentState.KEPT) & (table.c.created_at < old.before) & table.c.inbound_id.in_(theirs)


def _empty_file(connection: Connection, table: Table, ids: Sequence[Any], keys: Sealer, now: datetime) -> None:
    nothing = {"state": AttachmentState.GONE, "reason": KEPT_LONG_ENOUGH, "data": None, "summary": None, "source": None}
    connection.execute(update(table).where(table.c.id.in_(ids)).values(nothing | {"settled_at": now}))


# --- uploaded lists ----------------------------------------------------------------------------------------------------------


def _old_upload(table: Table, old: Old) -> ColumnElement[bool]:
    waiting = (
        table.c.applied_at.is_(None)
        & table.c.wake_at.is_(None)  # nobody is at it
        & type_coerce(table.c.rows, LargeBinary).is_not(None)
        & (table.c.uploaded_at < old.before)
    )
    return waiting | (table.c.applied_at.is_not(None) & table.c.data_key.is_not(None))


def _empty_upload(connection: Connection, table: Table, ids: Sequence[Any], keys: Sealer, now: datetime) -> None:
    disposals = table_named("key_disposal")
    for row in connection.execute(
        select(table.c.data_key, table.c.agency_id).where(table.c.id.in_(ids), table.c.data_key.is_not(None))
    ):
        going = {"id": row.data_key, "agency_id": row.agency_id, "why": DisposalReason.ERASED, "due_at": now}
        connection.execute(insert(disposals).values(going))
    connection.execute(update(table).where(table.c.id.in_(ids)).values({"rows": None, "data_key": None}))


# --- signing in, deliveries, payloads ------------------------------------------------------------------------------------------


def _delete(connection: Connection, table: Table, ids: Sequence[Any], keys: Sealer, now: datetime) -> None:
    connection.execute(delete(table).where(table.c.id.in_(ids)))


def _forget_provider(connection: Connection, table: Table, ids: Sequence[Any], keys: Sealer, now: datetime) -> None:
    connection.execute(update(table).where(table.c.id.in_(ids)).values(provider_message_id=None))


def _forget_raw(connection: Connection, table: Table, ids: Sequence[Any], keys: Sealer, now: datetime) -> None:
    connection.execute(update(table).where(table.c.id.in_(ids)).values({"raw": None}))


STEPS: Final[Mapping[str, tuple[Step, ...]]] = MappingProxyType(
    {
        "payloads": (
            Step(table="inbound", which=lambda t, old: (t.c.received_at < old.before) & t.c.raw.is_not(None), remove=_forget_raw),
        ),
        "messages": (
            Step(table="inbound", which=_old_inbound, remove=_empty_inbound),
            Step(table="outbox", which=_old_outbox, remove=_empty_outbox),
        ),
        "files": (Step(table="attachment", which=_old_file, remove=_empty_file),),
        "uploads": (Step(table="caseload_import", which=_old_upload, remove=_empty_upload),),
        "sign_ins": (
            Step(
                table="staff_session",
                which=lambda t, old: or_(t.c.revoked_at < old.before, t.c.expires_at < old.before),
                remove=_delete,
            ),
            Step(table="staff_link", which=lambda t, old: t.c.expires_at < old.before, remove=_delete),
        ),
        "deliveries": (
            Step(table="delivery_receipt", which=lambda t, old: t.c.at < old.before, remove=_delete),
            Step(table="webhook_delivery", which=lambda t, old: t.c.settled_at < old.before, remove=_delete),
            Step(
                table="outbox",
                which=lambda t, old: (
                    t.c.status.in_(_SETTLED) & (t.c.created_at < old.before) & t.c.provider_message_id.is_not(None)
                ),
                remove=_forget_provider,
            ),
        ),
    }
)


def people(old: Old) -> Select[Any]:
    """The ids of people nothing is under way with, who have not written for so long, and whose cases ended so long ago."""
    person, talk, case = table_named("person"), table_named("conversation"), table_named("case")
    heard = select(talk.c.person_id).where(
        talk.c.agency_id == old.agency, or_(talk.c.last_inbound_at >= old.before, talk.c.updated_at >= old.before)
    )
    served = select(case.c.person_id).where(
        case.c.agency_id == old.agency, case.c.person_id.is_not(None), case.c.exit_date >= old.before.date()
    )
    homes = select(case.c.household_id).where(
        case.c.agency_id == old.agency, case.c.household_id.is_not(None), case.c.exit_date >= old.before.date()
    )
    return select(person.c.id).where(
        person.c.agency_id == old.agency,
        person.c.created_at < old.before,
        person.c.merged_into.is_(None),
        person.c.id.not_in(heard),
        person.c.id.not_in(served),
        or_(person.c.household_id.is_(None), person.c.household_id.not_in(homes)),
        _at_rest(old, person.c.id),
    )
