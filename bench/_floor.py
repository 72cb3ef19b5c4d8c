"""The floor: the least that can be done with a message. One process, a bare ASGI application, the plain driver.

It checks the signature (or Telegram's secret) and, in one durable commit a message, inserts the inbound row, updates the session
row and inserts the outbox row. No engine, no encryption, no audit. On SQLite: WAL and ``synchronous=FULL``, one statement each.
On PostgreSQL: one statement with all three writes, prepared, over as many connections as the service has.
``python _floor.py PORT DATABASE_URL``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import orjson
import uvicorn
import uvloop
from _job import PATH, PUBLIC, SECRET, TOKEN
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

SQLITE = """
CREATE TABLE inbound (
  id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, body BLOB NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE session (sender TEXT PRIMARY KEY, version INTEGER NOT NULL, state BLOB NOT NULL);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, sender TEXT NOT NULL, content BLOB NOT NULL, status INTEGER NOT NULL);
"""
POSTGRES = """
CREATE TABLE IF NOT EXISTS inbound (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sid TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, body BYTEA NOT NULL,
  raw BYTEA NOT NULL
);
CREATE TABLE IF NOT EXISTS session (sender TEXT PRIMARY KEY, version INTEGER NOT NULL, state BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sender TEXT NOT NULL, content BYTEA NOT NULL, status INTEGER NOT NULL
);
"""
ONE_STATEMENT = """
WITH head AS (
 INSERT INTO session (sender, version, state) VALUES (%s, 1, %s)
 ON CONFLICT (sender) DO UPDATE SET version = session.version + 1, state = excluded.state RETURNING sender
), came AS (
 INSERT INTO inbound (sid, sender, body, raw) SELECT %s, head.sender, %s, %s FROM head
)
INSERT INTO outbox (sender, content, status) SELECT head.sender, %s, 0 FROM head
"""
STATE = b"x" * 600
CONTENT = b"y" * 200
CONNECTIONS = 8

Keep = Callable[[str, str, str, bytes], Awaitable[None]]


@asynccontextmanager
async def sqlite(path: str) -> AsyncIterator[Keep]:
    """Three statements and a commit, in the event loop: there is nothing else to do meanwhile."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(SQLITE)
    execute = connection.execute

    async def keep(sid: str, sender: str, text: str, raw: bytes) -> None:
        execute("BEGIN IMMEDIATE")
        execute("INSERT INTO inbound (sid, sender, body, raw) VALUES (?, ?, ?, ?)", (sid, sender, text, raw))
        execute(
            "INSERT INTO session (sender, version, state) VALUES (?, 1, ?) "
            "ON CONFLICT (sender) DO UPDATE SET version = version + 1, state = excluded.state",
            (sender, STATE),
        )
        execute("INSERT INTO outbox (sender, content, status) VALUES (?, ?, 0)", (sender, CONTENT))
        execute("COMMIT")

    yield keep
    connection.close()


@asynccontextmanager
async def postgres(url: str) -> AsyncIterator[Keep]:
    """One statement, committed by itself."""

    async def configure(connection: AsyncConnection[Any]) -> None:
        await connection.set_autocommit(True)
        connection.prepare_threshold = 0

    pool = AsyncConnectionPool(url, min_size=CONNECTIONS, max_size=CONNECTIONS, open=False, configure=configure)
    await pool.open(wait=True)
    async with pool.connection() as connection:
        await connection.execute(POSTGRES, prepare=False)

    async def keep(sid: str, sender: str, text: str, raw: bytes) -> None:
        async with pool.connection() as connection:
            await connection.execute(ONE_STATEMENT, (sender, STATE, sid, text.encode(), raw, CONTENT))

    yield keep
    await pool.close()


def application(keep: Keep) -> Any:
    """The ASGI application."""
    token, secret = TOKEN.encode(), SECRET.encode()

    def header(scope: dict[str, Any], wanted: bytes) -> bytes:
        return next((value for name, value in scope["headers"] if name == wanted), b"")

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status = 200
        if scope["path"] == PATH:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
            signed = PUBLIC + PATH + "".join(key + fields[key] for key in sorted(fields))
            expected = base64.b64encode(hmac.digest(token, signed.encode(), hashlib.sha1))
            if hmac.compare_digest(header(scope, b"x-twilio-signature"), expected):
                await keep(fields["MessageSid"], fields["From"], fields["Body"], body)
            else:
                status = 403
        elif hmac.compare_digest(header(scope, b"x-telegram-bot-api-secret-token"), secret):
            update = orjson.loads(body)
            await keep(str(update["update_id"]), str(update["message"]["from"]["id"]), update["message"]["text"], body)
        else:
            status = 403
        headers = [(b"content-type", b"text/xml"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


async def main(port: int, url: str) -> None:
    """Serve until killed."""
    opened = sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else postgres(url)
    async with opened as keep:
        config = uvicorn.Config(
            application(keep),
            host="127.0.0.1",
            port=port,
            http="httptools",
            lifespan="off",
            log_level="warning",
            access_log=False,
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
