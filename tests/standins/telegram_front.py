"""What a bot shows before anybody writes: commands and descriptions, kept by language ("Bot API", "setMyCommands" and around)."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any


class FrontRefused(Exception):
    """A 400 with the API's description."""


class Front:
    """The menus and descriptions of one bot. ``sets`` counts what was changed, by method."""

    def __init__(self) -> None:
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.descriptions: dict[str, str] = {}
        self.abouts: dict[str, str] = {}
        self.sets: Counter[str] = Counter()

    def call(self, method: str, fields: dict[str, Any]) -> Any:
        """One of the six methods; ``None`` for any other."""
        code = fields.get("language_code") or ""
        if code and not re.fullmatch(r"[a-z]{2}", code):
            # "A two-letter ISO 639-1 language code"
            raise FrontRefused("Bad Request: invalid language code specified")
        match method:
            case "getMyCommands":
                return self.commands.get(code, [])  # "If commands aren't set, an empty list is returned."
            case "getMyDescription":
                return {"description": self.descriptions.get(code, "")}
            case "getMyShortDescription":
                return {"short_description": self.abouts.get(code, "")}
            case "setMyCommands":
                self._set_commands(code, json.loads(fields["commands"]))
            case "setMyDescription":
                self._set(self.descriptions, code, fields.get("description") or "", 512)  # "0-512 characters"
            case "setMyShortDescription":
                self._set(self.abouts, code, fields.get("short_description") or "", 120)  # "0-120 characters"
            case _:
                return None
        self.sets[method] += 1
        return True

    def _set_commands(self, code: str, commands: list[dict[str, str]]) -> None:
        if len(commands) > 100:  # "At most 100 commands can be specified."
            raise FrontRefused("Bad Request: BOT_COMMANDS_TOO_MUCH")
        for each in commands:
            # "BotCommand": "1-32 characters. Can contain only lowercase English letters, digits and underscores."
            if not re.fullmatch(r"[a-z0-9_]{1,32}", each["command"]):
                raise FrontRefused("Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(each["description"]) <= 256:
                raise FrontRefused("Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[code] = commands

    @staticmethod
    def _set(kept: dict[str, str], code: str, text: str, most: int) -> None:
        if len(text) > most:
            raise FrontRefused("Bad Request: text is too long")
        kept[code] = text
