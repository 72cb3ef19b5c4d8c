"""The survey as aiogram's finite-state machine, its state and data in SQLite. ``python server.py PORT FILE``.

The library's own webhook on aiohttp, told not to answer before the update is handled. A storage of aiogram's is written to once
for the data and once for the state of each message; an outer middleware makes one commit of the two, which is the best for it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import uvloop
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.base import BaseSession
from aiogram.filters import StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey
from aiogram.methods import TelegramMethod
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shared import AGAIN, BOT_TOKEN, PATH, QUESTIONS, SECRET, THANKS, finish, open_store, read, taken

Survey = type("Survey", (StatesGroup,), {question["name"]: State() for question in QUESTIONS})
STATES = [getattr(Survey, question["name"]) for question in QUESTIONS]


class SqliteStorage(BaseStorage):
    """State and data, a row for each person. What is written is durable with the next commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        self.connection.execute(
            "INSERT INTO state (key, state) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET state = excluded.state",
            (str(key.user_id), state.state if isinstance(state, State) else state),
        )

    async def get_state(self, key: StorageKey) -> str | None:
        row = self.connection.execute("SELECT state FROM state WHERE key = ?", (str(key.user_id),)).fetchone()
        return row[0] if row else None

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        self.connection.execute(
            "INSERT INTO state (key, data) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET data = excluded.data",
            (str(key.user_id), json.dumps(data)),
        )

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        row = self.connection.execute("SELECT data FROM state WHERE key = ?", (str(key.user_id),)).fetchone()
        return json.loads(row[0]) if row and row[0] else {}

    async def close(self) -> None:
        self.connection.close()


class LocalSession(BaseSession):
    """The local provider, where the library hands a finished request to the network."""

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ASYNC109
        fields = {
            name: prepared
            for name, value in method.model_dump(warnings=False).items()
            if (prepared := self.prepare_value(value, bot=bot, files={}))
        }
        content = taken(int(fields["chat_id"]), fields["text"])
        return self.check_response(bot=bot, method=method, status_code=200, content=content).result

    async def stream_content(self, *_rest: Any, **_more: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield b""

    async def close(self) -> None: ...


def survey(connection: sqlite3.Connection) -> Router:
    """One state a question."""
    router = Router()

    async def begin(message: Message, state: FSMContext) -> None:
        await state.set_state(STATES[0])
        await message.answer(QUESTIONS[0]["text"])

    def answering(n: int) -> Callable[[Message, FSMContext], Awaitable[None]]:
        question = QUESTIONS[n]

        async def answer(message: Message, state: FSMContext) -> None:
            value = read(question, message.text)
            if value is None:
                await message.answer(f"{AGAIN}\n{question['text']}")
                return
            data = await state.update_data({question["name"]: value})
            if n + 1 < len(QUESTIONS):
                await state.set_state(STATES[n + 1])
                await message.answer(QUESTIONS[n + 1]["text"])
                return
            finish(connection, str(message.from_user.id), data)
            await state.clear()
            await message.answer(THANKS)

        return answer

    router.message.register(begin, StateFilter(None), F.text)
    for n, state in enumerate(STATES):
        router.message.register(answering(n), state, F.text)
    return router


def main(port: int, path: str) -> None:
    """Serve until killed."""
    connection = open_store(path)
    bot = Bot(BOT_TOKEN, session=LocalSession())
    dispatcher = Dispatcher(storage=SqliteStorage(connection))
    dispatcher.include_router(survey(connection))

    @dispatcher.update.outer_middleware()
    async def durable(handler: Callable[..., Awaitable[Any]], event: Any, data: dict[str, Any]) -> Any:
        result = await handler(event, data)
        connection.commit()
        return result

    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=SECRET).register(app, path=PATH)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
