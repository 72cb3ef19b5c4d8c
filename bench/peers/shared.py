"""What the peers written in Python share: the questions, how an answer is read, and the file everything is kept in.

Nothing but the standard library: each peer runs in an environment of its own.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from pathlib import Path
from typing import Any

SECRET = "bench_secret_0123456789"
BOT_TOKEN = "7000000001:AAbenchbenchbenchbenchbench"
PATH = "/webhooks/telegram"

_SURVEY = json.loads((Path(__file__).parent / "survey.json").read_text("utf-8"))
QUESTIONS: list[dict[str, Any]] = _SURVEY["questions"]
AGAIN: str = _SURVEY["again"]
THANKS: str = _SURVEY["thanks"]

_ids = itertools.count(1)


def read(question: dict[str, Any], text: str) -> str | int | None:
    """The answer; ``None`` where it cannot be read."""
    typed = text.strip()
    match question["kind"]:
        case "choice" | "yes_no":
            for number, option in enumerate(question["options"], 1):
                if typed == str(number) or typed.lower() == option.lower():
                    return str(option)
            return None
        case "scale":
            return int(typed) if typed in ("1", "2", "3", "4", "5") else None
        case _:
            return typed or None


def open_store(path: str) -> sqlite3.Connection:
    """One connection whose commits are on the disk when they return; nothing is committed but by ``COMMIT``."""
    connection = sqlite3.connect(path, isolation_level="IMMEDIATE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, state TEXT, data TEXT)")
    connection.execute("CREATE TABLE IF NOT EXISTS finished (sender TEXT PRIMARY KEY, answers TEXT NOT NULL)")
    connection.commit()
    return connection


def finish(connection: sqlite3.Connection, sender: str, answers: dict[str, Any]) -> None:
    """Keep a finished survey; it is durable with the next commit."""
    connection.execute("INSERT INTO finished (sender, answers) VALUES (?, ?)", (sender, json.dumps(answers)))


def taken(chat: int, text: str) -> str:
    """What the local provider answers to ``sendMessage``."""
    result = {"message_id": next(_ids), "date": 1_795_000_000, "chat": {"id": chat, "type": "private"}, "text": text}
    return json.dumps({"ok": True, "result": result})
