"""Everything one event can change in the database, as plain rows, and the fixed SQL for it on both databases.

A row is a tuple in the order of its section's columns, of values that both drivers take as they are: ids as 32 hexadecimal
digits, instants as :func:`ccmm_bot.store.types.stamp` writes them, JSON as text, sealed values as ``bytes``. No row of a table is
touched twice by the rows of all sections together: PostgreSQL writes all of them in one statement, in which no part sees what
another wrote.
"""

# ruff: noqa: S608 - statements are put together from constants of this module, never from data

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of statement. ``sqlite`` takes one row; ``postgres`` is a CTE with ``{values}`` for any number of them.

    The CTE ``head`` is the change of the conversation itself: where it found no row, no section writes anything.
    """

    name: str
    columns: tuple[tuple[str, str], ...]  # name, PostgreSQL type
    sqlite: str
    postgres: str
    row_marks: str  # "%s::uuid, %s::text"


def _split(columns: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for name, kind in (part.strip().split(" ") for part in columns.split(",")))


def _insert(name: str, table: str, columns: str, conflict: str = "") -> Section:
    parts = _split(columns)
    names = ", ".join(column for column, _ in parts)
    return Section(
        name=name,
        columns=parts,
        sqlite=f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(parts))}) {conflict}".strip(),
        postgres=f"{name} AS (INSERT INTO {table} ({names}) SELECT v.* FROM (VALUES {{values}}) AS v({names}), head {conflict})",
        row_marks=", ".join(f"%s::{kind}" for _, kind in parts),
    )


def _update(name: str, table: str, sets: str, where: str, extra: str = "") -> Section:
    """``UPDATE table SET sets WHERE where``; the columns of ``sets`` come first in a row, then those of ``where``."""
    changed, found = _split(sets), _split(where)
    condition = f" AND {extra}" if extra else ""
    assign = ", ".join(f"{column} = ?" for column, _ in changed)
    match = " AND ".join(f"{column} = ?" for column, _ in found)
    pg_assign = ", ".join(f"{column} = v.set_{column}" for column, _ in changed)
    pg_match = " AND ".join(f"{table}.{column} = v.by_{column}" for column, _ in found)
    names = ", ".join([f"set_{column}" for column, _ in changed] + [f"by_{column}" for column, _ in found])
    pg_condition = f" AND {table}.{extra}" if extra else ""
    return Section(
        name=name,
        columns=(*changed, *found),
        sqlite=f"UPDATE {table} SET {assign} WHERE {match}{condition}",
        postgres=(
            f"{name} AS (UPDATE {table} SET {pg_assign} FROM (VALUES {{values}}) AS v({names}), head "
            f"WHERE {pg_match}{pg_condition})"
        ),
        row_marks=", ".join(f"%s::{kind}" for _, kind in (*changed, *found)),
    )


ARCHIVE: Final = _insert(
    "archived",
    "dialogue_archive",
    "dialogue_id text, version int, hash text, source text, texts jsonb, archived_at timestamptz",
    "ON CONFLICT (dialogue_id, version, hash) DO NOTHING",
)
LINK: Final = _insert(
    "link", "person_contact_point", "id uuid, agency_id uuid, person_id uuid, contact_point_id uuid, current bool"
)
INBOUND: Final = _insert(
    "inbound_row",
    "inbound",
    "id uuid, agency_id uuid, account_id uuid, provider_message_id text, conversation_id uuid, kind text, text bytea, length int, "
    "payload text, media bytea, raw bytea, received_at timestamptz",
)
ATTACHMENT: Final = _insert(
    "attachment_row",
    "attachment",
    "id uuid, agency_id uuid, inbound_id uuid, account_id uuid, no int, kind text, source bytea, claimed_type text, state text, "
    "attempts int, next_at timestamptz, created_at timestamptz",
)
RUN: Final = _insert(
    "run_row",
    "dialogue_run",
    "id uuid, agency_id uuid, conversation_id uuid, person_id uuid, run int, dialogue_id text, dialogue_version int, "
    "dialogue_hash text, instrument text, instrument_version int, parent int, follow_up_id uuid, language text, channel text, "
    "started_at timestamptz, ended_at timestamptz, outcome text",
)
RUN_END: Final = _update("run_end", "dialogue_run", "ended_at timestamptz, outcome text", "id uuid")
RESPONSE_HISTORY: Final = Section(
    name="response_before",
    columns=_split("id uuid, run_id uuid, item text"),
    sqlite=(
        "INSERT INTO response_history (id, agency_id, run_id, item, value, value_sealed, skipped, raw, answered_at, revision) "
        "SELECT ?, agency_id, run_id, item, value, value_sealed, skipped, raw, answered_at, revision FROM response "
        "WHERE run_id = ? AND item = ?"
    ),
    postgres=(
        "response_before AS (INSERT INTO response_history "
        "(id, agency_id, run_id, item, value, value_sealed, skipped, raw, answered_at, revision) "
        "SELECT v.id, r.agency_id, r.run_id, r.item, r.value, r.value_sealed, r.skipped, r.raw, r.answered_at, r.revision "
        "FROM (VALUES {values}) AS v(id, run_id, item) JOIN response r ON r.run_id = v.run_id AND r.item = v.item, head)"
    ),
    row_marks="%s::uuid, %s::uuid, %s::text",
)
RESPONSE: Final = _insert(
    "response_row",
    "response",
    "id uuid, agency_id uuid, run_id uuid, item text, type text, value jsonb, value_sealed bytea, skipped bool, raw bytea, "
    "language text, channel text, instrument text, instrument_version int, wording_key text, wording_hash text, "
    "asked_at timestamptz, answered_at timestamptz, revision int",
    "ON CONFLICT (run_id, item) DO UPDATE SET type = excluded.type, value = excluded.value, value_sealed = excluded.value_sealed, "
    "skipped = excluded.skipped, raw = excluded.raw, language = excluded.language, channel = excluded.channel, "
    "wording_key = excluded.wording_key, wording_hash = excluded.wording_hash, asked_at = excluded.asked_at, "
    "answered_at = excluded.answered_at, revision = response.revision + 1",
)
RESPONSE_LONGER: Final = Section(
    name="response_longer",
    columns=_split("value_sealed bytea, raw bytea, answered_at timestamptz, run_id uuid, item text"),
    sqlite=(
        "UPDATE response SET value_sealed = ?, raw = ?, answered_at = ?, revision = revision + 1 WHERE run_id = ? AND item = ?"
    ),
    postgres=(
        "response_longer AS (UPDATE response SET value_sealed = v.value_sealed, raw = v.raw, answered_at = v.answered_at, "
        "revision = response.revision + 1 FROM (VALUES {values}) AS v(value_sealed, raw, answered_at, run_id, item), head "
        "WHERE response.run_id = v.run_id AND response.item = v.item)"
    ),
    row_marks="%s::bytea, %s::bytea, %s::timestamptz, %s::uuid, %s::text",
)
_SEVERITIES: Final = "CASE {0}.severity WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 ELSE 1 END"
#: A flag that gets worse has no deadline until it is triaged again.
_WORSE: Final = f"{_SEVERITIES.format('excluded')} > {_SEVERITIES.format('flag')}"
FLAG: Final = _insert(
    "flag_row",
    "flag",
    "id uuid, agency_id uuid, person_id uuid, conversation_id uuid, run_id uuid, reason text, severity text, items jsonb, "
    "status text, occurrences int, first_at timestamptz, last_at timestamptz",
    "ON CONFLICT (person_id, reason) WHERE status = 'open' DO UPDATE SET occurrences = flag.occurrences + excluded.occurrences, "
    "last_at = excluded.last_at, items = excluded.items, run_id = COALESCE(excluded.run_id, flag.run_id), severity = CASE WHEN "
    f"{_WORSE} THEN excluded.severity ELSE flag.severity END, due_at = CASE WHEN {_WORSE} THEN NULL ELSE flag.due_at END",
)
CONSENT: Final = _insert(
    "consent_row",
    "consent",
    "id uuid, agency_id uuid, person_id uuid, conversation_id uuid, kind text, given bool, wording text, wording_key text, "
    "language text, channel text, dialogue_id text, dialogue_version int, dialogue_hash text, at timestamptz, recorded_by uuid",
)
TIMER_FIRED: Final = _update("timer_fired", "timer", "status int", "id uuid")
TIMER_CLEAR: Final = _update("timer_clear", "timer", "status int", "conversation_id uuid, wait int", "status = 0")
TIMER: Final = _insert(
    "timer_row",
    "timer",
    "id uuid, agency_id uuid, conversation_id uuid, wait int, kind text, n int, due_at timestamptz, status int",
    "ON CONFLICT (conversation_id, wait, kind, n) DO UPDATE SET due_at = excluded.due_at, status = excluded.status",
)
#: One that was cancelled meanwhile stays so.
FOLLOW_UP: Final = _update(
    "follow_up_row", "follow_up", "status text, updated_at timestamptz, wake_at timestamptz", "id uuid", "status <> 'cancelled'"
)
#: The run has ended, and its dialogue has not said what that means.
FOLLOW_UP_END: Final = _update(
    "follow_up_end",
    "follow_up",
    "status text, updated_at timestamptz, wake_at timestamptz",
    "id uuid",
    "status IN ('sent', 'in_progress')",
)
CONTACT_USER: Final = _update("contact_user", "contact_point", "external_user_hash bytea", "id uuid")
CONTACT_ADDRESS: Final = _update("contact_address", "contact_point", "address bytea, address_hash bytea", "id uuid")
#: Where a message of then is looked for that is delivered again.
FORMER_ADDRESS: Final = _insert(
    "former_address_row",
    "former_address",
    "id uuid, agency_id uuid, account_id uuid, address_hash bytea, contact_point_id uuid",
    "ON CONFLICT (account_id, address_hash, contact_point_id) DO NOTHING",
)
CONTACT_SAFETY: Final = _update("contact_safety", "contact_point", "safety text", "id uuid")
CONTACT_SHARED: Final = _update("contact_shared", "contact_point", "shared bool", "id uuid")
OUTBOX_HUSH: Final = _update(
    "outbox_hush", "outbox", "status text, error_code text", "conversation_id uuid", "status IN ('pending', 'held')"
)
OPT_OUT: Final = _update("opt_out", "contact_point", "opted_out_at timestamptz", "id uuid")
OPT_OUT_ENTRY: Final = _insert(
    "opt_out_entry_row",
    "opt_out_entry",
    "id uuid, agency_id uuid, contact_point_id uuid, at timestamptz, opted_out bool, source text, code text, language text, "
    "inbound_id uuid, staff_id uuid",
)
PERSON_LANGUAGE: Final = _update("person_language", "person", "language text", "id uuid")
OUTBOX: Final = _insert(
    "outbox_row",
    "outbox",
    "id uuid, agency_id uuid, conversation_id uuid, account_id uuid, seq int, purpose text, in_reply_to uuid, written_by uuid, "
    "content bytea, language text, status text, attempts int, not_before timestamptz, created_at timestamptz",
)
AUDIT: Final = _insert(
    "audit_row",
    "audit",
    "id uuid, agency_id uuid, at timestamptz, actor_kind text, actor_id uuid, action text, subject_kind text, subject_id uuid, "
    "detail jsonb",
)

#: In the order SQLite runs them.
SECTIONS: Final = (
    ARCHIVE,
    LINK,
    INBOUND,
    ATTACHMENT,
    RUN,
    RUN_END,
    RESPONSE_HISTORY,
    RESPONSE,
    RESPONSE_LONGER,
    FLAG,
    CONSENT,
    TIMER_FIRED,
    TIMER_CLEAR,
    TIMER,
    FOLLOW_UP,
    FOLLOW_UP_END,
    CONTACT_USER,
    CONTACT_ADDRESS,
    FORMER_ADDRESS,
    CONTACT_SAFETY,
    CONTACT_SHARED,
    OUTBOX_HUSH,
    OPT_OUT,
    OPT_OUT_ENTRY,
    PERSON_LANGUAGE,
    OUTBOX,
    AUDIT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """Somebody who writes for the first time."""

    account_id: str
    channel: str
    address: bytes  # sealed
    address_hash: bytes
    external_user_hash: bytes | None
    safety: str = "unknown"
    person_code: str | None  # None: the person is there already, by invitation
    contact_key: str | None = None  # whose keys seal them
    person_key: str | None = None
    known: bool = False  # the contact point is there: nothing but the hash was left of it, and whether it was stopped
    opts: bool = False  # of a known one: ``Writes.opted_out_at`` counts


@dataclass(slots=True, kw_only=True)
class Writes:
    """One event's changes. ``version`` is the conversation's before; a new conversation has 0 and ``contact``."""

    agency_id: str
    conversation_id: str
    contact_point_id: str
    person_id: str
    version: int
    snapshot: bytes  # sealed
    status: str
    language: str | None
    last_seq: int
    last_inbound_at: str | None
    human_since: str | None
    now: str
    contact: NewContact | None = None
    opted_out_at: str | None = None  # of a new contact: who writes STOP as the very first message
    sections: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, section: Section, *values: Any) -> None:
        """One more row."""
        self.sections.setdefault(section.name, []).append(values)
