"""A Telegram update → what it means for us (Telegram Bot API, "Update").

python-telegram-bot reads the JSON and raises on a shape it does not know; that, too, is an answer here (:class:`Malformed`),
because an update answered with an error is delivered again for a day and keeps later ones back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import orjson
from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.places import place
from ccmm_bot.channels.telegram.account import FILE_SCHEME
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage, Media, OptOutKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPerson:
    """Somebody wrote, tapped, corrected or blocked us in a private chat. ``tap_id`` wants "answerCallbackQuery"."""

    message: InboundMessage
    tap_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromGroup:
    """Something in a group or channel: we do not talk there. ``added`` when we were just put in, and may say so once."""

    chat_id: int
    added: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A known kind of update that asks nothing of us."""

    why: str


Parsed = FromPerson | FromGroup | Nothing


def load_update(body: bytes) -> dict[str, Any]:
    """The JSON of one update.

    :raises Malformed: not a JSON object with an ``update_id``
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(document, dict) or type(document.get("update_id")) is not int:
        raise Malformed("update_id is missing")
    return document


def parse_update(document: dict[str, Any], *, bot_id: str, received_at: datetime, raw: bytes | None = None) -> Parsed:
    """What one update means.

    :raises Malformed: a shape that python-telegram-bot or we do not know
    """
    if (plain := _plain_text(document, bot_id, received_at, raw)) is not None:
        return plain
    try:
        update = Update.de_json(document, None)
        source = _Source(bot_id, str(update.update_id), received_at, orjson.dumps(document) if raw is None else raw)
        if update.message is not None:
            return _message(update.message, source)
        if update.edited_message is not None:
            return _message(update.edited_message, source, correction=True)
        if update.callback_query is not None:
            return _tap(update.callback_query, source)
        if update.my_chat_member is not None:
            return _membership(update.my_chat_member, source)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise Malformed("not an update as the Bot API documents it") from None
    if set(document) <= {"update_id"}:
        raise Malformed("an update without content")
    known = set(Update.ALL_TYPES) & set(document)
    if not known:
        raise Malformed("an update of a kind that is new to us")
    return Nothing(why=f"{known.pop()} is not for us")


#: All that a message has that is a person's text and nothing else, and seconds far beyond any date.
_PLAIN: Final = frozenset({"message_id", "from", "chat", "date", "text"})
_LATEST: Final = 1 << 37


def _plain_text(document: dict[str, Any], bot_id: str, received_at: datetime, raw: bytes | None) -> FromPerson | None:
    """What most updates are, read without the library's objects; ``None`` for everything that is or has anything else."""
    message = document.get("message")
    if len(document) != 2 or type(message) is not dict or message.keys() != _PLAIN:
        return None
    chat, person, date, order, text = message["chat"], message["from"], message["date"], message["message_id"], message["text"]
    if type(chat) is not dict or type(person) is not dict or type(date) is not int or not 0 < date < _LATEST:
        return None
    if chat.get("type") != "private" or type(chat.get("id")) is not int or type(order) is not int or type(text) is not str:
        return None
    if person.get("is_bot") is not False or "id" not in person or "first_name" not in person:
        return None
    language = person.get("language_code")
    if language is not None and type(language) is not str:
        return None
    return FromPerson(
        message=InboundMessage(
            channel=ChannelKind.TELEGRAM,
            account=bot_id,
            provider_message_id=str(document["update_id"]),
            sender=str(chat["id"]),
            received_at=received_at,
            text=text,
            raw=orjson.dumps(document) if raw is None else raw,
            language_hint=_hint(language),
            sent_at=datetime.fromtimestamp(date, UTC),
            order=order,
        )
    )


#: What the fields of a message have to be.
_KINDS: Final[Mapping[str, type]] = MappingProxyType(
    {"text": str, "payload": str, "language_hint": str, "sent_at": datetime, "order": int}
)


@dataclass(frozen=True, slots=True)
class _Source:
    bot_id: str
    update_id: str
    received_at: datetime
    raw: bytes

    def person(self, chat_id: int, kind: ContentKind, **fields: Any) -> InboundMessage:
        """The library reads fields as they come, whatever they are: what is no text, number or time is malformed here."""
        if type(chat_id) is not int:
            raise Malformed("a chat's id is not a number")
        for name, value in fields.items():
            if value is not None and not isinstance(value, _KINDS.get(name, object)):
                raise Malformed(f"{name} is not what it should be")
        if not all(isinstance(part, str) for each in fields.get("media", ()) for part in (each.url, each.content_type)):
            raise Malformed("media is not what it should be")
        return InboundMessage(
            channel=ChannelKind.TELEGRAM,
            account=self.bot_id,
            provider_message_id=self.update_id,
            sender=str(chat_id),
            received_at=self.received_at,
            kind=kind,
            raw=self.raw,
            **fields,
        )


def _message(message: Message, source: _Source, *, correction: bool = False) -> Parsed:
    if message.chat.type != ChatType.PRIVATE:
        ours = any(str(member.id) == source.bot_id for member in message.new_chat_members)
        return Nothing(why="we were added: told by my_chat_member") if ours else FromGroup(chat_id=message.chat.id, added=False)
    if message.from_user is not None and message.from_user.is_bot:
        return Nothing(why="another bot")
    kind, media = _content(message)
    text = message.text or message.caption or _described(message)
    if kind is ContentKind.UNSUPPORTED and not text and message.effective_attachment is None and _is_service(message):
        return Nothing(why="a service message")
    person = source.person(
        message.chat.id,
        ContentKind.CORRECTION if correction else kind,
        text=text,
        media=media,
        language_hint=_hint(message.from_user.language_code if message.from_user else None),
        sent_at=message.date,
        order=message.message_id,
    )
    return FromPerson(message=person)


def _content(message: Message) -> tuple[ContentKind, tuple[Media, ...]]:
    if message.text is not None:
        return ContentKind.TEXT, ()
    if voice := message.voice or message.audio:
        return ContentKind.VOICE, (_file(voice.file_id, voice.mime_type or "audio/ogg"),)
    if message.photo:
        return ContentKind.IMAGE, (_file(message.photo[-1].file_id, "image/jpeg"),)  # the largest comes last
    if video := message.video or message.animation:
        return ContentKind.VIDEO, (_file(video.file_id, video.mime_type or "video/mp4"),)
    if message.video_note:
        return ContentKind.VIDEO, (_file(message.video_note.file_id, "video/mp4"),)
    if message.document:
        return ContentKind.DOCUMENT, (_file(message.document.file_id, message.document.mime_type or "application/octet-stream"),)
    if message.sticker:
        return ContentKind.STICKER, ()
    if message.location or message.venue:
        return ContentKind.LOCATION, ()
    if message.contact:
        return ContentKind.CONTACT, ()
    return ContentKind.UNSUPPORTED, ()


def _described(message: Message) -> str:
    """What staff read of a place, a contact card or a sticker: they are data in the message, not files."""
    if venue := message.venue:
        return "\n".join((*filter(None, (venue.title, venue.address)), place(venue.location.latitude, venue.location.longitude)))
    if message.location:
        return place(message.location.latitude, message.location.longitude)
    if card := message.contact:
        name = " ".join(filter(None, (card.first_name, card.last_name)))
        return "\n".join(filter(None, (name, card.phone_number)))
    return (message.sticker.emoji or "") if message.sticker else ""


# Things Telegram reports in a chat that nobody wrote: answering them would be odd.
_SERVICE = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "write_access_allowed",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "video_chat_started",
    "video_chat_ended",
    "connected_website",
)


def _is_service(message: Message) -> bool:
    return any(getattr(message, name, None) for name in _SERVICE)


def _tap(query: CallbackQuery, source: _Source) -> Parsed:
    chat = query.message.chat if query.message is not None else None
    if chat is not None and chat.type != ChatType.PRIVATE:
        return FromGroup(chat_id=chat.id, added=False)
    if not query.data:
        raise Malformed("a callback query without data")
    # In a private chat the chat's id is the person's ("User", "Chat"); an inline message has no chat.
    person = source.person(
        chat.id if chat is not None else query.from_user.id,
        ContentKind.TAP,
        text=_label(query),
        payload=query.data,
        language_hint=_hint(query.from_user.language_code),
    )
    return FromPerson(message=person, tap_id=query.id)


def _label(query: CallbackQuery) -> str:
    """What the tapped button says; empty when the message is too old to be carried along."""
    message = query.message
    if not isinstance(message, Message) or message.reply_markup is None:
        return ""
    buttons = (button for row in message.reply_markup.inline_keyboard for button in row)
    return next((button.text for button in buttons if button.callback_data == query.data), "")


_GONE = {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}  # the Bot API writes BANNED as "kicked"


def _membership(change: ChatMemberUpdated, source: _Source) -> Parsed:
    gone = change.new_chat_member.status in _GONE
    if change.chat.type != ChatType.PRIVATE:
        return Nothing(why="out of a group") if gone else FromGroup(chat_id=change.chat.id, added=True)
    if not gone:
        return Nothing(why="unblocked: only an explicit START opts in again")
    return FromPerson(message=source.person(change.chat.id, ContentKind.TEXT, opt_out=OptOutKind.STOP))


def _file(file_id: str, content_type: str) -> Media:
    return Media(url=f"{FILE_SCHEME}{file_id}", content_type=content_type)


def _hint(code: str | None) -> str | None:
    """``language_code`` is the language of the app's menus (IETF tag): a suggestion."""
    return code or None
