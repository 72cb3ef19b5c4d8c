"""Reading a webhook's fields with suspicion: they are signed as one run of letters, so each one's shape is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import unquote_plus

import orjson

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.twilio.account import TwilioAccount, is_account_sid, is_message_sid

MAX_FIELDS = 500


def parse_form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form post; blank values stay (they are part of what is signed).

    :raises Malformed: not UTF-8, or more fields than any real webhook has
    """
    try:
        text = body.decode("ascii")
        if text.count("&") >= MAX_FIELDS:
            raise Malformed(f"more than {MAX_FIELDS} fields")
        fields: dict[str, list[str]] = {}
        for pair in text.split("&"):
            if not pair:
                continue
            name, _, value = pair.partition("=")
            if "%" in name or "+" in name:
                name = unquote_plus(name, errors="strict")
            if "%" in value or "+" in value:
                value = unquote_plus(value, errors="strict")
            if name in fields:
                fields[name].append(value)
            else:
                fields[name] = [value]
    except UnicodeDecodeError:
        raise Malformed("the form is not UTF-8") from None
    return fields


def parse_json(body: bytes) -> dict[str, list[str]]:
    """The fields of a JSON post: a flat object, read as if it had come as a form.

    :raises Malformed: not JSON, or not an object
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(document, dict):
        raise Malformed("the JSON is not an object")
    return {
        name: [value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()]
        for name, value in document.items()
    }


class Reader:
    """One webhook's fields. A field is read at most once with one meaning: twice with different values is refused."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def get(self, name: str) -> str:
        """The value of a field, ``""`` when it is absent.

        :raises Malformed: the field came twice with different values
        """
        values = self._fields.get(name)
        if values is None:
            return ""
        if len(values) > 1 and len(set(values)) > 1:
            raise Malformed(f"{name} is given twice")
        return values[0]

    def count(self, name: str) -> int:
        """A small non-negative number, 0 when absent.

        :raises Malformed: not one
        """
        text = self.get(name)
        if not text:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) <= 3):
            raise Malformed(f"{name} is not a number")
        return int(text)


def message_sid(reader: Reader, account: TwilioAccount) -> str:
    """The message's SID, once it and the account's have the right shape and the account is ours.

    :raises Malformed: otherwise
    """
    sid = reader.get("MessageSid") or reader.get("SmsSid")
    if not is_message_sid(sid):
        raise Malformed("MessageSid has not the shape of one")
    theirs = reader.get("AccountSid")
    if not is_account_sid(theirs) or theirs != account.account_sid:
        raise Malformed("AccountSid is not this account's")
    return sid
