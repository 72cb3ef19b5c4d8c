"""What a message costs on PostgreSQL, with one web process and with four, as a share of the least it could cost there.

The floor is the same bare endpoint over a pool of psycopg connections: one prepared statement with three writes, committed by
itself. ``fsync`` and ``synchronous_commit`` are on, and asked for before anything is measured. Connections are spread over the
processes the way a load balancer does; after each turn the database is asked whether it holds everything that was answered.
"""

from __future__ import annotations

from collections.abc import Iterator

import _load
from _postgres import Cluster, NoServer, cluster
from _servers import FLOOR, OURS, SENDING, Contender, measure
from _table import Plan, Row, at_least, loaded
from _turns import Turns

TARGETS = {1: 0.35, 4: 0.45}


def rows(plan: Plan) -> Iterator[Row]:
    """One process, then four; the floor has as many."""
    try:
        with cluster() as server:
            for processes, share in TARGETS.items():
                yield from _with(server, plan, processes, share)
    except NoServer as why:
        yield Row(name="PostgreSQL", unit="", said=f"not run: {why}")


def _with(server: Cluster, plan: Plan, processes: int, share: float) -> Iterator[Row]:
    def one(who: Contender, run: str) -> _load.Measured:
        with server.database(migrated=who is not FLOOR) as database:
            return measure(who, plan.people, run, database=database, processes=processes)

    several = "one web process" if processes == 1 else f"{processes} web processes"
    with loaded() as found:
        turns = Turns([FLOOR, OURS, SENDING], plan.rounds, one)
        found += [
            turns.row(f"PostgreSQL, {several}: answered when kept", "ours", "floor", at_least(share)),
            turns.row(f"PostgreSQL, {several}: and the reply handed over", "ours, sending", "floor", at_least(share)),
        ]
    yield from found
