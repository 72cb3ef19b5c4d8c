"""The survey as python-telegram-bot's ``ConversationHandler``, its state and answers in SQLite. ``python server.py PORT FILE``.

The library's own example of a custom webhook (Starlette and uvicorn), but for one thing: the update is processed and its state
written before the request is answered, where the example puts it into a queue and answers at once. Updates are taken one after the
other, as the queue would: a ``ConversationHandler`` does not go with concurrent updates.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import (
    Application,
    BasePersistence,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PersistenceInput,
    filters,
)

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from _local_telegram import LocalTelegram  # noqa: E402 - after the folders are on the path
from shared import AGAIN, BOT_TOKEN, PATH, QUESTIONS, SECRET, THANKS, finish, open_store, read  # noqa: E402

NAME = "survey"


class SqlitePersistence(BasePersistence[dict[str, Any], dict[str, Any], dict[str, Any]]):
    """Conversations and user data, a row for each person; written by :meth:`commit`."""

    def __init__(self, path: str) -> None:
        super().__init__(PersistenceInput(bot_data=False, chat_data=False, callback_data=False))
        self.connection = open_store(path)

    def commit(self) -> None:
        self.connection.commit()

    async def get_user_data(self) -> dict[int, dict[str, Any]]:
        rows = self.connection.execute("SELECT key, data FROM state WHERE data IS NOT NULL")
        return {int(key): json.loads(data) for key, data in rows}

    async def get_conversations(self, name: str) -> dict[tuple[int | str, ...], object]:
        rows = self.connection.execute("SELECT key, state FROM state WHERE state IS NOT NULL")
        return {(int(key), int(key)): int(state) for key, state in rows}

    async def update_conversation(self, name: str, key: tuple[int | str, ...], new_state: object | None) -> None:
        self.connection.execute(
            "INSERT INTO state (key, state) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET state = excluded.state",
            (str(key[0]), new_state),
        )

    async def update_user_data(self, user_id: int, data: dict[str, Any]) -> None:
        self.connection.execute(
            "INSERT INTO state (key, data) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET data = excluded.data",
            (str(user_id), json.dumps(data)),
        )

    async def get_chat_data(self) -> dict[int, dict[str, Any]]:
        return {}

    async def get_bot_data(self) -> dict[str, Any]:
        return {}

    async def get_callback_data(self) -> None:
        return None

    async def update_chat_data(self, chat_id: int, data: dict[str, Any]) -> None: ...

    async def update_bot_data(self, data: dict[str, Any]) -> None: ...

    async def update_callback_data(self, data: Any) -> None: ...

    async def drop_chat_data(self, chat_id: int) -> None: ...

    async def drop_user_data(self, user_id: int) -> None: ...

    async def refresh_user_data(self, user_id: int, user_data: dict[str, Any]) -> None: ...

    async def refresh_chat_data(self, chat_id: int, chat_data: dict[str, Any]) -> None: ...

    async def refresh_bot_data(self, bot_data: dict[str, Any]) -> None: ...

    async def flush(self) -> None:
        self.commit()


def conversation(persistence: SqlitePersistence) -> ConversationHandler[ContextTypes.DEFAULT_TYPE]:
    """One state a question."""

    async def begin(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        await update.message.reply_text(QUESTIONS[0]["text"])
        return 0

    def answering(n: int) -> Callable[[Update, ContextTypes.DEFAULT_TYPE], Awaitable[int]]:
        question = QUESTIONS[n]

        async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
            value = read(question, update.message.text)
            if value is None:
                await update.message.reply_text(f"{AGAIN}\n{question['text']}")
                return n
            context.user_data[question["name"]] = value
            if n + 1 < len(QUESTIONS):
                await update.message.reply_text(QUESTIONS[n + 1]["text"])
                return n + 1
            finish(persistence.connection, str(update.effective_user.id), context.user_data)
            context.user_data.clear()
            await update.message.reply_text(THANKS)
            return ConversationHandler.END

        return answer

    text = filters.TEXT & ~filters.COMMAND
    states = {n: [MessageHandler(text, answering(n))] for n in range(len(QUESTIONS))}
    return ConversationHandler([MessageHandler(text, begin)], states, [], name=NAME, persistent=True)


async def main(port: int, path: str) -> None:
    """Serve until killed."""
    persistence = SqlitePersistence(path)
    application = (
        Application.builder()
        .token(BOT_TOKEN)
        .request(LocalTelegram())
        .get_updates_request(LocalTelegram())
        .updater(None)
        .persistence(persistence)
        .build()
    )
    application.add_handler(conversation(persistence))
    await application.initialize()

    turn = asyncio.Lock()

    async def webhook(request: Request) -> Response:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), SECRET.encode()):
            return Response(status_code=403)
        update = Update.de_json(json.loads(await request.body()), application.bot)
        async with turn:
            await application.process_update(update)
            await application.update_persistence()
            persistence.commit()
        return Response()

    app = Starlette(routes=[Route(PATH, webhook, methods=["POST"])])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http="httptools", lifespan="off", log_level="warning", access_log=False
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
