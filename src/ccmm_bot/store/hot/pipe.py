"""One connection to PostgreSQL that takes many statements in one trip, as one transaction (libpq's pipeline mode).

Drivers spend more on a statement than the database does on finding its rows: a cursor, a wait for the socket, a plan for the types.
On the path of a message that is done once for everything that goes along: statements are sent one behind the other, the connection
says "now" at the end (a Sync: everything since the one before is one transaction), and the answers come back in their order.
Parameters and rows are converted by psycopg, as for any other statement; the types of the parameters are told by the statement.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from psycopg import AsyncConnection, errors, pq
from psycopg.adapt import PyFormat, Transformer

from ccmm_bot.store.hot.work import Rows
from ccmm_bot.store.scope import TELL

#: So many statements are kept prepared; further ones are planned every time.
PREPARED: Final = 400

#: (agency, door) as :func:`ccmm_bot.store.scope.told` says it, the statement with ``%s``, its parameters.
Statement = tuple[tuple[str, str], str, Sequence[Any]]


@lru_cache(maxsize=2048)
def _numbered(sql: str) -> bytes:
    parts = sql.split("%s")
    numbered = (f"{part}${number}" for number, part in enumerate(parts[:-1], start=1))
    return ("".join(numbered) + parts[-1]).encode()


class Pipe:
    """The connection. One trip at a time."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._pg = connection.pgconn
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._transformer = Transformer(connection)
        self._names: dict[str, bytes] = {}
        self._counted = itertools.count()
        self._loop = asyncio.get_running_loop()
        self._fd = self._pg.socket
        self._results: list[pq.abc.PGresult] = []
        self._trip: asyncio.Future[None] | None = None
        self._loop.add_reader(self._fd, self._readable)

    @property
    def broken(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.closed or self._connection.broken

    async def trip(self, statements: Sequence[Statement]) -> list[Rows]:
        """Run them in one transaction, in this order; the rows of each.

        :raises psycopg.Error: one of them failed, or the connection did; nothing has been done by any of them, or, where the
            connection was lost at the end, nobody knows
        """
        scope: tuple[str, str] | None = None
        converted: list[tuple[str, Any, Any, bool]] = []  # all of it before any of it is sent: a value may be refused
        for theirs, sql, params in statements:
            if theirs != scope:
                scope = theirs
                converted.append((TELL, *self._converted(scope), False))
            converted.append((sql, *self._converted(params), True))
        expected: list[tuple[str | None, bool]] = []  # of each result: what it prepares, whether its rows are wanted
        for sql, values, formats, wanted in converted:
            self._send(sql, values, formats, expected)
            expected.append((None, wanted))
        self._pg.pipeline_sync()
        self._results = []
        self._trip = self._loop.create_future()
        self._flush()
        try:
            await self._trip
        except asyncio.CancelledError:
            await self.aclose()  # what is under way belongs to nobody any more
            raise
        return self._read(expected)

    async def aclose(self) -> None:
        """Disconnect."""
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        await self._connection.close()

    # --- sending -------------------------------------------------------------------------------------------------------

    def _converted(self, params: Sequence[Any]) -> tuple[Any, Any]:
        # As text, whose type the statement tells: a number in binary would have to have the column's own width.
        formats = [PyFormat.BINARY if type(value) is bytes else PyFormat.TEXT for value in params]
        values = self._transformer.dump_sequence(params, formats)
        return values, self._transformer.formats

    def _send(self, sql: str, values: Any, formats: Any, expected: list[tuple[str | None, bool]]) -> None:
        name = self._names.get(sql)
        if name is None and len(self._names) < PREPARED:
            name = self._names[sql] = b"s%d" % next(self._counted)
            self._pg.send_prepare(name, _numbered(sql))
            expected.append((sql, False))
        if name is None:
            self._pg.send_query_params(_numbered(sql), values, param_formats=formats)
        else:
            self._pg.send_query_prepared(name, values, param_formats=formats)

    def _flush(self) -> None:
        """Write as much as the socket takes, and the rest when it takes more."""
        try:
            if self._pg.flush():
                self._loop.add_writer(self._fd, self._flush)
            else:
                self._loop.remove_writer(self._fd)
        except errors.Error as error:
            self._lost(error)

    # --- receiving -----------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            self._pg.consume_input()
            between = False
            while self._trip is not None and not self._pg.is_busy():
                result = self._pg.get_result()
                if result is None:
                    if between:
                        break
                    between = True  # the end of one statement's results
                elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                    trip, self._trip = self._trip, None
                    if not trip.done():
                        trip.set_result(None)
                else:
                    between = False
                    self._results.append(result)
        except errors.Error as error:
            self._lost(error)

    def _lost(self, error: errors.Error) -> None:
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._pg.finish()
        trip, self._trip = self._trip, None
        if trip is not None and not trip.done():
            trip.set_exception(error)

    def _read(self, expected: Sequence[tuple[str | None, bool]]) -> list[Rows]:
        transformer = self._transformer
        if len(self._results) != len(expected):
            raise errors.OperationalError("the database answered something else than it was asked")
        found: list[Rows] = []
        failure: errors.Error | None = None
        for (prepares, wanted), result in zip(expected, self._results, strict=True):
            status = result.status
            if status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
                if prepares is not None:
                    del self._names[prepares]
                if failure is None and status != pq.ExecStatus.PIPELINE_ABORTED:
                    failure = errors.error_from_result(result)
            elif wanted:
                transformer.set_pgresult(result)
                found.append(transformer.load_rows(0, result.ntuples, tuple) if status == pq.ExecStatus.TUPLES_OK else [])
        if failure is not None:
            raise failure
        return found
