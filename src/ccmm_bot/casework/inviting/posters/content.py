"""What a poster says, and where its squares lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ccmm_bot.casework.inviting.invitation_links import Link
from ccmm_bot.dialogue.system_texts import POSTER
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import Language, language
from ccmm_bot.messages import ChannelKind

_NAMES: Final = {ChannelKind.WHATSAPP: "WhatsApp", ChannelKind.TELEGRAM: "Telegram", ChannelKind.SMS: "SMS"}


class NoPosterError(CcmmError):
    """This poster cannot be made; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One code to scan."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """One poster. ``texts`` by their names in :data:`ccmm_bot.dialogue.system_texts.POSTER`."""

    language: Language
    texts: Mapping[str, str]
    squares: tuple[Square, ...]
    keyword: str  # what is sent by hand: "START ti"
    number: str  # where to; empty where there is no number for text messages
    agency: str
    small: str  # for staff, in the corner


def compose(catalogues: Catalogues, tag: str, links: tuple[Link, ...], *, agency: str, small: str, keyword: str = "") -> Poster:
    """The poster in a language, whole or not at all: a wall is no place for half a translation.

    ``keyword`` is what is sent by hand: START and the language unless it says otherwise (a sheet for one person: her code).

    :raises NoPosterError: the language's texts are not complete, or there is no channel to lead to
    """
    chosen = language(tag)
    missing = catalogues.missing(POSTER.values(), tag)
    if missing:
        names = ", ".join(text.key for text in missing)
        raise NoPosterError(f"The poster's texts are not all there in {chosen.english_name}: {names}. Translate them first.")
    if not links:
        raise NoPosterError("No channel is on that a poster could lead to. Set up SMS, WhatsApp or Telegram first.")
    return Poster(
        language=chosen,
        texts={name: catalogues.text(text, tag) or text.source for name, text in POSTER.items()},
        squares=tuple(Square(name=_NAMES[link.channel], address=link.address) for link in links),
        keyword=keyword or f"START {tag}",
        number=next((spaced(link.sender) for link in links if link.channel is ChannelKind.SMS), ""),
        agency=agency,
        small=small,
    )


def spaced(number: str) -> str:
    """A number as people read it: ``+16045550100`` → ``604 555 0100``. Others are left as they are."""
    if number.startswith("+1") and len(number) == 12:
        return f"{number[2:5]} {number[5:8]} {number[8:]}"
    return number
