"""People with Telegram: what they do becomes updates, in the shapes of core.telegram.org/bots/api ("Update", "Message", …)."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standins.telegram_api import Sent, TelegramStandin, Update

_query_ids = itertools.count(4_382_500_000_000_000_001)


class Person:
    """One person in a private chat with the bot, whose id is the chat's ("Chat", "User")."""

    def __init__(self, standin: TelegramStandin, chat_id: int, language: str | None) -> None:
        self._standin = standin
        self.chat_id = chat_id
        self.language = language
        self.started = False
        self.blocked = False
        self.trouble: str | None = None  # another reason for 403

    @property
    def user(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"id": self.chat_id, "is_bot": False, "first_name": "Somebody"}
        return shown | ({"language_code": self.language} if self.language else {})

    @property
    def chat(self) -> dict[str, Any]:
        return {"id": self.chat_id, "type": "private", "first_name": "Somebody"}

    @property
    def got(self) -> list[Sent]:
        """What the bot sent here."""
        return self._standin.to(self.chat_id)

    def _message(self, **content: Any) -> dict[str, Any]:
        self.started, self.blocked = True, False
        return {
            "message_id": self._standin.next_message_id(),
            "from": self.user,
            "chat": self.chat,
            "date": int(time.time()),
            **content,
        }

    def writes(self, text: str) -> Update:
        """A text message; a command is text with an entity ("MessageEntity": bot_command)."""
        command = {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
        more = {"entities": [command]} if text.startswith("/") else {}
        return self._standin.queue(message=self._message(text=text, **more))

    def sends(self, **content: Any) -> Update:
        """Any other message: voice, photo, location, …"""
        return self._standin.queue(message=self._message(**content))

    def edits(self, update: Update, text: str) -> Update:
        """Changes an earlier message ("Update", edited_message)."""
        return self._standin.queue(edited_message={**update["message"], "text": text, "edit_date": int(time.time())})

    def taps(self, message: Sent, data: str, *, query_id: str | None = None) -> Update:
        """Presses an inline button: the query carries the message with its keyboard ("CallbackQuery")."""
        query = {
            "id": query_id or str(next(_query_ids)),
            "from": self.user,
            "chat_instance": "1234567890123456789",
            "message": self._standin.as_message(message),
            "data": data,
        }
        return self._standin.queue(callback_query=query)

    def blocks(self) -> Update:
        """Stops the bot ("Update", my_chat_member: in private chats "only when the bot is blocked or unblocked")."""
        self.blocked = True
        return self._standin.queue(my_chat_member=self._membership("member", "kicked"))

    def unblocks(self) -> Update:
        """The reverse."""
        self.blocked = False
        return self._standin.queue(my_chat_member=self._membership("kicked", "member"))

    def _membership(self, before: str, after: str) -> dict[str, Any]:
        bot = {"id": self._standin.bot_id, "is_bot": True, "first_name": "Bot", "username": self._standin.username}

        def member(status: str) -> dict[str, Any]:
            return {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})

        return {
            "chat": self.chat,
            "from": self.user,
            "date": int(time.time()),
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        }

    def adds_bot_to_group(self, group_id: int) -> Update:
        """Puts the bot into a group ("ChatMemberUpdated" with the group as chat)."""
        change = self._membership("left", "member") | {"chat": {"id": group_id, "type": "supergroup", "title": "A group"}}
        return self._standin.queue(my_chat_member=change)

    def writes_in_group(self, group_id: int, text: str) -> Update:
        """Writes where others read along. It starts no private chat."""
        group = {"id": group_id, "type": "supergroup", "title": "A group"}
        message = {
            "message_id": self._standin.next_message_id(),
            "from": self.user,
            "chat": group,
            "date": int(time.time()),
            "text": text,
        }
        return self._standin.queue(message=message)
