"""A Twilio webhook for an incoming message → :class:`InboundMessage`.

Fields after Twilio, "Twilio's request to your incoming message Webhook URL"; taps after "twilio/quick-reply".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.places import place
from ccmm_bot.channels.twilio.account import TwilioAccount, is_bsuid, split_address
from ccmm_bot.channels.twilio.fields import Reader, message_sid
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage, Media, OptOutKind

_MAX_MEDIA = 10  # Twilio: at most ten media files a message


def parse_inbound(
    fields: Mapping[str, Sequence[str]], account: TwilioAccount, *, raw: bytes, received_at: datetime
) -> InboundMessage:
    """Read one message. The signature must have been checked before.

    :raises Malformed: a field has not its documented shape, or the message is not for a sender of ours
    """
    reader = Reader(fields)
    sid = message_sid(reader, account)
    kind, ours = _our_sender(reader, account)
    theirs = split_address(reader.get("From"))
    if theirs is None or theirs[0] is not kind:
        raise Malformed("From is not an address of this channel")
    external = reader.get("ExternalUserId").removeprefix("whatsapp:") or (theirs[1] if is_bsuid(theirs[1]) else "")
    if external and not is_bsuid(external):
        raise Malformed("ExternalUserId has not the shape of one")
    payload, text = _tap(reader)
    media = _media(reader)
    content = _content_kind(reader, payload, text, media)
    return InboundMessage(
        channel=kind,
        account=ours,
        provider_message_id=sid,
        sender=theirs[1],
        received_at=received_at,
        kind=content,
        text=text or (_place(reader) if content is ContentKind.LOCATION else ""),
        payload=payload,
        external_user_id=external or None,
        opt_out=_opt_out(reader),
        media=media,
        raw=raw,
    )


def whose(fields: Mapping[str, Sequence[str]], accounts: Sequence[TwilioAccount], field: str) -> TwilioAccount:
    """Which of ``accounts`` (one Twilio account, shared by agencies) has the sender that ``field`` names; the first where none has.

    Nothing is trusted here: the chosen account's own check of the fields follows.
    """
    if len(accounts) == 1:
        return accounts[0]
    reader = Reader(fields)
    try:
        named = split_address(reader.get(field))
        service = reader.get("MessagingServiceSid")
    except Malformed:
        return accounts[0]
    ours = (each for each in accounts if named and each.sender(named[0]) and each.sender(named[0]) in (named[1], service))
    return next(ours, accounts[0])


def _our_sender(reader: Reader, account: TwilioAccount) -> tuple[ChannelKind, str]:
    to = split_address(reader.get("To"))
    if to is None:
        raise Malformed("To is not an address")
    kind, address = to
    ours = account.sender(kind)
    # A number in a messaging service's pool answers for the service it is configured with.
    if not ours or ours not in (address, reader.get("MessagingServiceSid")):
        raise Malformed("To is not a sender of ours")
    return kind, ours


def _tap(reader: Reader) -> tuple[str | None, str]:
    """(payload, text). A quick reply comes as ``ButtonPayload`` and ``ButtonText``, a list item as ``ListId`` and ``ListTitle``."""
    if payload := reader.get("ButtonPayload"):
        return payload, reader.get("ButtonText") or reader.get("Body")
    if payload := reader.get("ListId"):
        return payload, reader.get("ListTitle") or reader.get("Body")
    return None, reader.get("Body")


def _media(reader: Reader) -> tuple[Media, ...]:
    count = min(reader.count("NumMedia"), _MAX_MEDIA)
    found = ((reader.get(f"MediaUrl{n}"), reader.get(f"MediaContentType{n}")) for n in range(count))
    return tuple(Media(url=url, content_type=content_type) for url, content_type in found if url)


def _place(reader: Reader) -> str:
    """``Label``, ``Address`` and the coordinates of a shared place (Twilio, "WhatsApp location messages")."""
    try:
        where = place(float(reader.get("Latitude")), float(reader.get("Longitude")))
    except ValueError:
        where = ""
    return "\n".join(filter(None, (reader.get("Label"), reader.get("Address"), where)))


def _opt_out(reader: Reader) -> OptOutKind | None:
    """``OptOutType``: STOP, START or HELP, which Twilio has answered itself (Twilio, "Advanced Opt-Out")."""
    return _OPT_OUTS.get(reader.get("OptOutType").lower())


_OPT_OUTS = {each.value: each for each in OptOutKind}
_MEDIA_KINDS = {"audio": ContentKind.VOICE, "image": ContentKind.IMAGE, "video": ContentKind.VIDEO}
_MESSAGE_TYPES = {
    "audio": ContentKind.VOICE,
    "voice": ContentKind.VOICE,
    "image": ContentKind.IMAGE,
    "video": ContentKind.VIDEO,
    "document": ContentKind.DOCUMENT,
    "sticker": ContentKind.STICKER,
    "location": ContentKind.LOCATION,
    "contacts": ContentKind.CONTACT,
    "reaction": ContentKind.UNSUPPORTED,
    "order": ContentKind.UNSUPPORTED,
    "unsupported": ContentKind.UNSUPPORTED,
}


def _content_kind(reader: Reader, payload: str | None, text: str, media: tuple[Media, ...]) -> ContentKind:
    if payload is not None:
        return ContentKind.TAP
    named = _MESSAGE_TYPES.get(reader.get("MessageType").lower())
    if named is not None and (named is not ContentKind.UNSUPPORTED or not text):
        return named
    if media:
        major, _, minor = media[0].content_type.partition("/")
        if minor in ("vcard", "x-vcard"):
            return ContentKind.CONTACT
        return _MEDIA_KINDS.get(major, ContentKind.DOCUMENT)
    if reader.get("Latitude") and reader.get("Longitude"):
        return ContentKind.LOCATION
    return ContentKind.TEXT
