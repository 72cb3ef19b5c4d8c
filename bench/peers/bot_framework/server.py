"""The survey as dialogs of the Bot Framework, its conversation state in SQLite. ``python server.py PORT FILE``.

A waterfall of prompts, as the samples of the framework write one, with an adapter of its own for Telegram's updates, as its
adapters for other channels are: the framework's own connector would also check a token of Azure's. State is pickled to JSON the way
the framework's own storages do it, and saved, as in the samples, at the end of each turn.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import jsonpickle
import uvloop
from aiohttp import web
from botbuilder.core import ActivityHandler, BotAdapter, ConversationState, Storage, TurnContext
from botbuilder.dialogs import ComponentDialog, DialogTurnResult, WaterfallDialog, WaterfallStepContext
from botbuilder.dialogs.choices import Choice
from botbuilder.dialogs.dialog_extensions import DialogExtensions
from botbuilder.dialogs.prompts import ChoicePrompt, ConfirmPrompt, NumberPrompt, PromptOptions, PromptValidatorContext, TextPrompt
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationAccount, ResourceResponse

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shared import AGAIN, PATH, QUESTIONS, SECRET, THANKS, finish, open_store, taken


class SqliteStorage(Storage):
    """A row for each conversation. What is written is durable when ``write`` returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self.connection = connection

    async def read(self, keys: list[str]) -> dict[str, Any]:
        found = {}
        for key in keys:
            row = self.connection.execute("SELECT data FROM state WHERE key = ?", (key,)).fetchone()
            if row:
                found[key] = jsonpickle.decode(row[0], keys=True)
        return found

    async def write(self, changes: dict[str, Any]) -> None:
        for key, item in changes.items():
            self.connection.execute(
                "INSERT INTO state (key, data) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET data = excluded.data",
                (key, jsonpickle.encode(item, keys=True)),
            )
        self.connection.commit()

    async def delete(self, keys: list[str]) -> None:
        for key in keys:
            self.connection.execute("DELETE FROM state WHERE key = ?", (key,))
        self.connection.commit()


class TelegramAdapter(BotAdapter):
    """Updates in, messages to the local provider out."""

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> list[ResourceResponse]:
        responses = []
        for activity in activities:
            if activity.type == ActivityTypes.message:
                answer = json.loads(taken(int(activity.conversation.id), activity.text))
                responses.append(ResourceResponse(id=str(answer["result"]["message_id"])))
        return responses

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        raise NotImplementedError

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:
        raise NotImplementedError

    async def process(self, update: dict[str, Any], bot: ActivityHandler) -> None:
        message = update["message"]
        sender = str(message["from"]["id"])
        activity = Activity(
            type=ActivityTypes.message,
            id=str(update["update_id"]),
            channel_id="telegram",
            text=message["text"],
            from_property=ChannelAccount(id=sender),
            recipient=ChannelAccount(id="bot"),
            conversation=ConversationAccount(id=str(message["chat"]["id"])),
        )
        await self.run_pipeline(TurnContext(self, activity), bot.on_turn)


class SurveyDialog(ComponentDialog):
    """A step a question."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__("survey")
        self._connection = connection
        self.add_dialog(ChoicePrompt("choice"))
        self.add_dialog(ConfirmPrompt("yes_no"))
        self.add_dialog(NumberPrompt("scale", self._in_range))
        self.add_dialog(TextPrompt("text"))
        self.add_dialog(WaterfallDialog("waterfall", [*(self._asking(n) for n in range(len(QUESTIONS))), self._last]))
        self.initial_dialog_id = "waterfall"

    @staticmethod
    async def _in_range(prompt: PromptValidatorContext) -> bool:
        return bool(prompt.recognized.succeeded and 1 <= prompt.recognized.value <= 5)

    @staticmethod
    def _keep(step: WaterfallStepContext, n: int) -> None:
        result, question = step.result, QUESTIONS[n]
        if question["kind"] == "scale":
            result = int(result)  # the prompt reads a decimal
        step.values[question["name"]] = result.value if question["kind"] == "choice" else result

    def _asking(self, n: int) -> Any:
        question = QUESTIONS[n]
        first_line = question["text"].partition("\n")[0]

        async def ask(step: WaterfallStepContext) -> DialogTurnResult:
            if n:
                self._keep(step, n - 1)
            options = PromptOptions(
                prompt=Activity(type=ActivityTypes.message, text=first_line),
                retry_prompt=Activity(type=ActivityTypes.message, text=f"{AGAIN}\n{first_line}"),
                choices=[Choice(option) for option in question["options"]] if question["kind"] == "choice" else None,
            )
            return await step.prompt(question["kind"], options)

        return ask

    async def _last(self, step: WaterfallStepContext) -> DialogTurnResult:
        self._keep(step, len(QUESTIONS) - 1)
        answers = {name: value for name, value in step.values.items() if name != "instanceId"}
        finish(self._connection, step.context.activity.from_property.id, answers)
        await step.context.send_activity(THANKS)
        return await step.end_dialog(answers)


class SurveyBot(ActivityHandler):
    """Runs the dialog for every message, and saves at the end of the turn."""

    def __init__(self, state: ConversationState, dialog: SurveyDialog) -> None:
        self.state = state
        self.dialog = dialog
        self.accessor = state.create_property("DialogState")

    async def on_turn(self, turn_context: TurnContext) -> None:
        await super().on_turn(turn_context)
        await self.state.save_changes(turn_context)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await DialogExtensions.run_dialog(self.dialog, turn_context, self.accessor)


def main(port: int, path: str) -> None:
    """Serve until killed."""
    connection = open_store(path)
    adapter = TelegramAdapter()
    bot = SurveyBot(ConversationState(SqliteStorage(connection)), SurveyDialog(connection))

    async def webhook(request: web.Request) -> web.Response:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), SECRET.encode()):
            return web.Response(status=403)
        await adapter.process(await request.json(), bot)
        return web.Response()

    app = web.Application()
    app.router.add_post(PATH, webhook)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
