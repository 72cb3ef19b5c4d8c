"""The floor: the least that can be done with a message. One process, a bare ASGI application, the plain driver.

It checks the signature and, in one durable commit a message (WAL, ``synchronous=FULL``), inserts the inbound row, updates the
session row and inserts the outbox row. No engine, no encryption, no audit. ``python _floor.py FOLDER PORT``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sqlite3
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from _job import PUBLIC, TOKEN

SCHEMA = """
CREATE TABLE inbound (
  id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, body BLOB NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE session (sender TEXT PRIMARY KEY, version INTEGER NOT NULL, state BLOB NOT NULL);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, sender TEXT NOT NULL, content BLOB NOT NULL, status INTEGER NOT NULL);
"""
STATE = b"x" * 600
CONTENT = b"y" * 200


def application(path: str) -> Any:
    """The ASGI application."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(SCHEMA)
    execute = connection.execute
    token = TOKEN.encode()

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        signed = PUBLIC + scope["path"] + "".join(key + fields[key] for key in sorted(fields))
        expected = base64.b64encode(hmac.digest(token, signed.encode(), hashlib.sha1))
        given = next((value for name, value in scope["headers"] if name == b"x-twilio-signature"), b"")
        status = 200
        if hmac.compare_digest(given, expected):
            sender = fields["From"]
            execute("BEGIN IMMEDIATE")
            execute(
                "INSERT INTO inbound (sid, sender, body, raw) VALUES (?, ?, ?, ?)",
                (fields["MessageSid"], sender, fields["Body"], body),
            )
            execute(
                "INSERT INTO session (sender, version, state) VALUES (?, 1, ?) "
                "ON CONFLICT (sender) DO UPDATE SET version = version + 1, state = excluded.state",
                (sender, STATE),
            )
            execute("INSERT INTO outbox (sender, content, status) VALUES (?, ?, 0)", (sender, CONTENT))
            execute("COMMIT")
        else:
            status = 403
        headers = [(b"content-type", b"text/xml"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(str(Path(sys.argv[1]) / "floor.sqlite3")),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
