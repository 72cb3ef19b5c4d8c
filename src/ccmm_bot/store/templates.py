"""What can be said outside WhatsApp's 24-hour window: only what an approved template says.

Nobody marks a message as "a template". Outside the window a message goes out where an approved template of its sender says exactly
the same, in the same language, with the same buttons. Where none does, it waits, and the person gets a *knock*: a template that
says no more than that there is a message. Her answer opens the window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

import orjson

from ccmm_bot.dialogue import taps
from ccmm_bot.messages import Button, Content, Layout, Template
from ccmm_bot.store.hot.work import Query, Rows, Work

#: The name of the template that only says that there is a message.
KNOCK: Final = "knock"

#: In which languages to knock where the person's own and her second one have no approved template.
LAST_RESORT: Final = ("en", "fr")

_SLOT = re.compile(r"\{\{(\d+)\}\}")
#: A variable's value has no line break and no tab (Meta, "Message templates": such parameters are refused).
_VALUE = r"([^\n\t]{1,255}?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """One approved template."""

    name: str
    language: str
    body: str
    slots: tuple[str, ...]
    buttons: tuple[str, ...]
    sid: str


def approved(account_id: UUID) -> Work[list[Approved]]:
    """The approved templates of one sender, the newest wording first."""
    rows: Rows = yield Query(
        "SELECT name, language, body, slots, buttons, content_sid FROM template WHERE account_id = ? AND status = 'approved' "
        "ORDER BY created_at DESC",
        (account_id,),
    )
    return [
        Approved(name=row[0], language=row[1], body=row[2], slots=_names(row[3]), buttons=_names(row[4]), sid=row[5])
        for row in rows
    ]


def _names(value: str | list[str]) -> tuple[str, ...]:
    """A JSON list as either driver returns it."""
    return tuple(orjson.loads(value) if isinstance(value, str) else value)


def saying(content: Content, templates: Iterable[Approved]) -> Template | None:
    """The template that says the same as the message. A line before the text (the note of a reminder) may be left out for it."""
    labels = tuple(button.label for button in content.buttons)
    for template in templates:
        if template.language != content.language or template.buttons != labels:
            continue
        if (match := _pattern(template.body).fullmatch(content.text)) is not None:
            payloads = (button.payload for button in content.buttons)
            return Template(sid=template.sid, variables=(*match.groups(), *payloads))
    return None


@lru_cache(maxsize=512)
def _pattern(body: str) -> re.Pattern[str]:
    parts: list[str] = []
    at = 0
    for slot in _SLOT.finditer(body):
        parts += [re.escape(body[at : slot.start()]), _VALUE]
        at = slot.end()
    return re.compile(r"(?:[^\n]+\n)?" + "".join([*parts, re.escape(body[at:])]))


def _filled(body: str, values: Sequence[str]) -> str:
    return _SLOT.sub(lambda match: values[int(match[1]) - 1], body)


def knock(languages: Sequence[str | None], slots: Mapping[str, str], templates: Sequence[Approved]) -> Content | None:
    """What to knock with, in the first of these languages that has an approved template; then in English or French."""
    for language in (*languages, *LAST_RESORT):
        for template in templates:
            if template.name == KNOCK and template.language == language:
                values = [slots.get(name, "") for name in template.slots]
                text = _filled(template.body, values)
                buttons = tuple(Button(payload=taps.SHOW, label=label) for label in template.buttons)
                layout = Layout.BUTTONS if buttons else Layout.TEXT
                return Content(text=text, layout=layout, buttons=buttons, language=template.language)
    return None
