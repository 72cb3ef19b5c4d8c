"""Fills a SQLite store with conversations that have been: one real one, copied inside the database as often as it takes.

A real person's rows (everything the service wrote while she answered) are the model. Every copy has ids, addresses and provider
ids of its own, and lies further back: the copies spread evenly over the two years before. Nothing is left out: answers, runs,
consents, timers, the audit log, all in their real tables under their real indexes. Sealed values are copied as they are.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

#: What a conversation consists of, in an order in which rows follow what they point at.
TABLES = (
    "person",
    "contact_point",
    "person_contact_point",
    "conversation",
    "case",
    "follow_up",
    "dialogue_run",
    "response",
    "consent",
    "inbound",
    "outbox",
    "timer",
    "flag",
    "audit",
)
#: What has to differ although it is no id, and how it is made in SQL; ``copy_k`` is the number of the copy.
UNIQUE = {
    ("person", "code"): "printf('G%x', copy_k)",
    ("contact_point", "address_hash"): "randomblob(32)",
    ("contact_point", "external_user_hash"): "CASE WHEN external_user_hash IS NULL THEN NULL ELSE randomblob(32) END",
    ("inbound", "provider_message_id"): "'SM' || lower(hex(randomblob(16)))",
    (
        "outbox",
        "provider_message_id",
    ): "CASE WHEN provider_message_id IS NULL THEN NULL ELSE 'SM' || lower(hex(randomblob(16))) END",
}
TWO_YEARS_MINUTES = 2 * 365 * 24 * 60
BATCH = 2_000

Ids = Mapping[str, frozenset[str]]


def ids(path: Path) -> Ids:
    """The rows there are, by table."""
    with closing(sqlite3.connect(path)) as connection:
        return {table: frozenset(row[0] for row in connection.execute(f'SELECT id FROM "{table}"')) for table in TABLES}


def messages(path: Path) -> int:
    """How many messages people have written."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM inbound").fetchone()[0])


def grow(path: Path, model: Ids, wanted: int, *, without: Iterable[str] = ()) -> float:
    """Copy the rows of ``model`` until people have written ``wanted`` messages. Returns seconds. Nobody else may write now."""
    started = time.perf_counter()
    with _writing(path) as connection:
        there = int(connection.execute("SELECT count(*) FROM inbound").fetchone()[0])
        missing = max(0, -(-(wanted - there) // len(model["inbound"])))
        first = int(connection.execute("SELECT count(*) FROM person").fetchone()[0])
        statements = _prepare(connection, model, frozenset(without), missing)
        for begin in range(0, missing, BATCH):
            numbers = (begin, min(begin + BATCH, missing))
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM temp.number")
            connection.executemany("INSERT INTO temp.number VALUES (?, ?)", ((n, first + n) for n in range(*numbers)))
            for statement in statements:
                connection.execute(statement)
            connection.execute("COMMIT")
    return time.perf_counter() - started


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _prepare(connection: sqlite3.Connection, model: Ids, without: frozenset[str], copies: int) -> list[str]:
    """One INSERT … SELECT for each table: the model's rows, times the numbers of a batch."""
    connection.execute("CREATE TEMP TABLE own (id TEXT PRIMARY KEY)")
    connection.execute("CREATE TEMP TABLE number (copy_n INTEGER PRIMARY KEY, copy_k INTEGER)")
    connection.executemany("INSERT INTO temp.own VALUES (?)", ((key,) for keys in model.values() for key in keys))
    newest = max(key for keys in model.values() for key in keys)
    now_ms = int(newest[:12], 16)
    step = TWO_YEARS_MINUTES / max(1, copies)
    statements = []
    for table in TABLES:
        if not model[table] or table in without:
            continue
        marks = ", ".join(f"'{key}'" for key in sorted(model[table]))
        connection.execute(f'CREATE TEMP TABLE "of_{table}" AS SELECT * FROM "{table}" WHERE id IN ({marks})')
        names, made = [], []
        for _, name, kind, *_rest in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
            names.append(f'"{name}"')
            made.append(_expression(connection, table, name, kind, now_ms, step, copies))
        source = f'temp.number CROSS JOIN temp."of_{table}"'
        statements.append(f'INSERT INTO main."{table}" ({", ".join(names)}) SELECT {", ".join(made)} FROM {source} ORDER BY copy_n')
    return statements


def _expression(connection: sqlite3.Connection, table: str, name: str, kind: str, now_ms: int, step: float, copies: int) -> str:
    """How a copy's value is made of the model's."""
    if (table, name) in UNIQUE:
        return UNIQUE[table, name]
    if (table, name) == ("audit", "seal_no"):
        # As if it had been sealed long ago, one after the other.
        of = connection.execute("SELECT max(rowid), count(*) FROM temp.of_audit").fetchone()
        return f'1000000000 + copy_k * {of[1]} + "of_audit".rowid'
    before = f"({copies} - copy_n) * {step}"
    if kind == "DATETIME":
        moment = f"""strftime('%Y-%m-%d %H:%M:%f', "{name}", '-' || ({before}) || ' minutes') || '000'"""
        return f'CASE WHEN "{name}" IS NULL THEN NULL ELSE {moment} END'
    owned = connection.execute(f'SELECT 1 FROM temp."of_{table}" WHERE "{name}" IN (SELECT id FROM temp.own) LIMIT 1').fetchone()
    if owned is None:
        return f'"{name}"'
    # Version 7: the first twelve digits are the milliseconds; the rest tells the rows of a copy apart, as it does the model's.
    first = f"printf('%012x', {now_ms} - CAST({before} * 60000 AS INTEGER))"
    moved = f"""{first} || substr("{name}", 13, 8) || printf('%08x', copy_k) || substr("{name}", 29)"""
    return f'CASE WHEN "{name}" IN (SELECT id FROM temp.own) THEN {moved} ELSE "{name}" END'
