"""The path of a message on PostgreSQL: one trip to read, one statement to write.

The write is a single statement whose first part changes the conversation where its version is still the one that was read; every
other part hangs off that row. Two deliveries at once, from any number of processes, therefore have one effect: the second finds
another version, reads again, and finds its message there already. The agency is told to the database in the same trip.

What needs no transaction around its reads and its write goes along with whatever else waits (:mod:`ccmm_bot.store.hot.pipes`);
everything else has a transaction of its own.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from ccmm_bot.store.hot.pipe import Pipe
from ccmm_bot.store.hot.pipes import ATTEMPTS, RETRIED, ContentionError, Pipes
from ccmm_bot.store.hot.work import Apply, Query, Rows, Work
from ccmm_bot.store.hot.writes import SECTIONS, Writes
from ccmm_bot.store.scope import TELL, told
from ccmm_bot.store.types import dashed

T = TypeVar("T")

#: Connections on which messages go along with each other. The fewer, the more share a trip and a commit; two, so that one that
#: waits for somebody's row keeps not everybody waiting.
PIPES: Final = 2
#: The pool tries to connect in vain for so long, and then leaves it to whoever asks for a connection next. With more it waits twice
#: as long each time, and sleeps for seconds when the database is back.
_RECONNECT_S: Final = 0.5

_HEAD_UPDATE: Final = """
WITH head AS (
 UPDATE conversation SET snapshot = %s, version = version + 1, last_seq = %s, language = %s, status = %s,
  last_inbound_at = COALESCE(%s, last_inbound_at), human_since = %s, updated_at = %s
 WHERE id = %s AND version = %s RETURNING id
)"""

_CONTACT_INSERT: Final = """
WITH contact AS (
 INSERT INTO contact_point (id, agency_id, account_id, channel, address, address_hash, external_user_hash, shared, safety,
  created_at, opted_out_at, data_key)
 VALUES (%s, %s, %s, %s, %s, %s, %s, false, %s, %s, %s, %s) ON CONFLICT (account_id, address_hash) DO NOTHING RETURNING id
)"""
_CONTACT_KNOWN: Final = """
WITH contact AS (
 UPDATE contact_point SET address = %s, external_user_hash = %s, data_key = %s,
  safety = CASE WHEN %s::text = 'unknown' THEN safety ELSE %s::text END,
  opted_out_at = CASE WHEN %s::bool THEN %s::timestamptz ELSE opted_out_at END
 WHERE id = %s AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.contact_point_id = contact_point.id) RETURNING id
)"""
_REST_INSERT: Final = """, person_row AS (
 INSERT INTO person (id, agency_id, code, language, created_at, data_key)
 SELECT v.* FROM (VALUES (%s::uuid, %s::uuid, %s::text, %s::text, %s::timestamptz, %s::uuid)) AS v(a, b, c, d, e, f), contact
 WHERE v.c IS NOT NULL
), head AS (
 INSERT INTO conversation (id, agency_id, contact_point_id, person_id, snapshot, version, last_seq, language, status,
  last_inbound_at, human_since, created_at, updated_at)
 SELECT v.* FROM (VALUES (%s::uuid, %s::uuid, %s::uuid, %s::uuid, %s::bytea, 1, %s::int, %s::text, %s::text, %s::timestamptz,
  %s::timestamptz, %s::timestamptz, %s::timestamptz)) AS v(a, b, c, d, e, f, g, h, i, j, k, l, m), contact
 RETURNING id
)"""

_HEAD_INSERT: Final = _CONTACT_INSERT + _REST_INSERT
_HEAD_KNOWN: Final = _CONTACT_KNOWN + _REST_INSERT


class _Conflict(Exception):
    """Somebody else changed the conversation first."""


@lru_cache(maxsize=512)
def _statement(head: str, shape: tuple[int, ...]) -> str:
    parts = [head]
    for section, count in zip(SECTIONS, shape, strict=True):
        if count:
            parts.append(section.postgres.format(values=", ".join([f"({section.row_marks})"] * count)))
    return ",\n".join(parts) + "\nSELECT count(*) FROM head"


@lru_cache(maxsize=256)
def _translated(sql: str, lock: str | None) -> str:
    return sql.replace("?", "%s") + (f" FOR UPDATE OF {lock}" if lock else "")


class PostgresRunner:
    """The PostgreSQL side of :class:`ccmm_bot.store.hot.work.Runner`."""

    epoch = "extract(epoch FROM clock_timestamp())::double precision"

    def __init__(self, conninfo: str, *, connections: int = 8) -> None:
        # Instants are written as text in UTC (see ccmm_bot.store.types.stamp): the session has to read them as such.
        settings: dict[str, Any] = {"autocommit": True, "prepare_threshold": 2, "options": "-c TimeZone=UTC"}
        self._pool = AsyncConnectionPool(
            conninfo, min_size=1, max_size=connections, open=False, kwargs=settings, reconnect_timeout=_RECONNECT_S
        )

        async def connect() -> Pipe:
            return Pipe(await AsyncConnection.connect(conninfo, **settings))

        self._pipes = Pipes(connect, PIPES, statement)

    async def open(self) -> None:
        """Connect."""
        await self._pool.open(wait=True)
        self._pipes.open()

    async def aclose(self) -> None:
        """Wait for what is running, then disconnect."""
        await self._pipes.aclose()
        await self._pool.close()

    async def run(self, make: Callable[[], Work[T]], *, agency_id: str, optimistic: bool = False) -> T:
        """Run one unit of work, again from its start where somebody else was faster."""
        return await self._run(make, told(dashed(agency_id)), optimistic=optimistic)

    async def across(self, make: Callable[[], Work[T]], *, optimistic: bool = False) -> T:
        """The same, over the rows of every agency."""
        return await self._run(make, told(None), optimistic=optimistic)

    async def _run(self, make: Callable[[], Work[T]], scope: tuple[str, str], *, optimistic: bool) -> T:
        if optimistic:
            return await self._pipes.run(make, scope)
        for attempt in range(ATTEMPTS):
            try:
                async with self._pool.connection() as connection, connection.transaction():
                    return await _drive(connection, make(), scope)
            except (_Conflict, *RETRIED):
                if attempt:
                    await asyncio.sleep(random.uniform(0, 0.002 * attempt))  # noqa: S311 - spreads out, guards nothing
        raise ContentionError


async def _drive(connection: AsyncConnection[Any], work: Work[T], scope: tuple[str, str]) -> T:
    answer: Rows | None = None
    await connection.execute(TELL, scope)
    try:
        while True:
            step = work.send(answer)
            cursor = await connection.execute(*statement(step))
            answer = await cursor.fetchall() if cursor.description is not None else []
            if isinstance(step, Apply):
                if answer != [(1,)]:
                    raise _Conflict
                answer = None
    except StopIteration as stop:
        return cast("T", stop.value)


def statement(step: Query | Apply) -> tuple[str, Sequence[Any]]:
    """The statement with ``%s``, and its parameters. That of an :class:`Apply` answers 1 where it was done, else 0."""
    if isinstance(step, Apply):
        return _write(step.writes)
    return _translated(step.sql, step.lock), step.params


def _write(w: Writes) -> tuple[str, list[Any]]:
    params: list[Any]
    if w.contact is not None:
        c, head = w.contact, _HEAD_INSERT
        if c.known:
            head = _HEAD_KNOWN
            params = [
                c.address,
                c.external_user_hash,
                c.contact_key,
                c.safety,
                c.safety,
                c.opts,
                w.opted_out_at,
                w.contact_point_id,
            ]
        else:
            params = [w.contact_point_id, w.agency_id, c.account_id, c.channel, c.address, c.address_hash, c.external_user_hash]
            params += [c.safety, w.now, w.opted_out_at, c.contact_key]
        params += [w.person_id, w.agency_id, c.person_code, w.language, w.now, c.person_key]
        params += [w.conversation_id, w.agency_id, w.contact_point_id, w.person_id, w.snapshot, w.last_seq, w.language, w.status]
        params += [w.last_inbound_at, w.human_since, w.now, w.now]
    else:
        head = _HEAD_UPDATE
        params = [w.snapshot, w.last_seq, w.language, w.status, w.last_inbound_at, w.human_since, w.now]
        params += [w.conversation_id, w.version]
    shape: list[int] = []
    for section in SECTIONS:
        rows = w.sections.get(section.name, ())
        shape.append(len(rows))
        for row in rows:
            params.extend(row)
    return _statement(head, tuple(shape)), params
