"""What a button carries: the question it belongs to and the choice, nothing personal, at most 64 bytes (Telegram's limit)."""

from __future__ import annotations

import re

from ccmm_bot.dialogue.model import Command

#: The button of a message that only says that there is a message: whoever taps it wants to see the open question.
SHOW = "show"

_PAYLOAD = re.compile(r"w(?P<wait>\d{1,10})\.(?P<choice>[A-Za-z0-9_-]{1,48})\Z")
_COMMAND = re.compile(r"c\.(?P<command>[a-z]{1,16})\Z")


def encode(wait: int, choice: str) -> str:
    """The payload of the button for ``choice`` of the question ``wait``. Choice ids are the same in every language."""
    return f"w{wait}.{choice}"


def encode_command(command: Command) -> str:
    """The payload of a button that is a command, good at any time."""
    return f"c.{command.value}"


def decode(payload: str) -> tuple[int, str] | Command | None:
    """(question, choice) or a command; ``None`` for anything we did not write."""
    if match := _PAYLOAD.match(payload):
        return int(match["wait"]), match["choice"]
    if match := _COMMAND.match(payload):
        try:
            return Command(match["command"])
        except ValueError:
            return None
    return None
