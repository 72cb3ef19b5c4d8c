"""What a bot shows before anybody has written: the menu of commands, the description, in every language we have them in.

Telegram chooses by the language of the app, a two-letter code (Bot API, "setMyCommands": "A two-letter ISO 639-1 language code").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ccmm_bot.dialogue.model import Command
from ccmm_bot.dialogue.system_texts import ABOUT, DESCRIPTION, MENU_COMMANDS
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, language

#: Bot API, "BotCommand": the name 1-32 of a-z, 0-9 and _; its description 1-256; "setMyDescription": 512;
#: "setMyShortDescription": 120.
MOST_COMMAND = 256
MOST_DESCRIPTION = 512
MOST_ABOUT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """All of it in one language. ``code``: Telegram's; empty for everybody whose language we do not have."""

    code: str
    tag: str
    commands: tuple[tuple[str, str], ...]
    description: str
    about: str


def fronts(catalogues: Catalogues) -> tuple[Front, ...]:
    """English for everybody, then every language whose texts are all there and that Telegram has a code for."""
    texts = (ABOUT, DESCRIPTION, *MENU_COMMANDS.values())
    offered = catalogues.offered(texts)
    return tuple(_front(catalogues, code, tag) for code, tag in [("", SOURCE), *_codes(offered)])


def _codes(offered: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(code, our tag). A code that two of our languages share (Kurdish) is the one's whose tag it is, or nobody's."""
    codes = dict.fromkeys(code for entry in LANGUAGES for code in entry.telegram_codes if len(code) == 2 and code != SOURCE)
    for code in codes:
        tags = [tag for tag in offered if code in language(tag).telegram_codes]
        if code in tags:
            yield code, code
        elif len(tags) == 1:
            yield code, tags[0]


def _front(catalogues: Catalogues, code: str, tag: str) -> Front:
    shown = catalogues.render((ABOUT, DESCRIPTION, *MENU_COMMANDS.values()), tag).texts
    return Front(
        code=code,
        tag=tag,
        commands=tuple(zip((_name(command) for command in MENU_COMMANDS), shown[2:], strict=True)),
        description=shown[1],
        about=shown[0],
    )


def _name(command: Command) -> str:
    """English for everybody: a command's name cannot be in other letters."""
    return command.value
