"""The texts of a dialogue file, with their places in it."""

from __future__ import annotations

from pathlib import Path

from ccmm_bot.dialogue.findings import DialogueErrors, Finding
from ccmm_bot.dialogue.loader import OPTIONS, PROGRAM
from ccmm_bot.dialogue.model import Text
from ccmm_bot.dialogue.options import OptionSets
from ccmm_bot.dialogue.parse import try_parse
from ccmm_bot.dialogue.parse_program import parse_options
from ccmm_bot.dialogue.parse_yaml import decode
from ccmm_bot.i18n.texts import of_dialogue


def texts_in_file(path: Path) -> tuple[Text, ...]:
    """The texts of one file: a dialogue's own, or the shared option sets of ``options.yaml``. Data files have none.

    Shared options and the system's yes and no belong elsewhere, and are not repeated for every dialogue that uses them.

    :raises DialogueErrors: the file has not the form of a dialogue; ``ccmm-bot dialogue check`` says the same.
    """
    if path.name == PROGRAM:
        return ()
    if path.name == OPTIONS:
        return tuple(option.text for options in _shared(path).values() for option in options.options)
    parsed = try_parse(_read(path), str(path), shared=_shared(path.with_name(OPTIONS)))
    if parsed.data:
        return ()
    if parsed.dialogue is None:
        raise DialogueErrors(parsed.findings)
    own = f"{parsed.dialogue.ref.id}."
    return tuple(text for text in of_dialogue(parsed.dialogue) if text.key.startswith(own))


def _shared(path: Path) -> OptionSets:
    if not path.is_file():
        return {}
    shared, wrong = parse_options(_read(path), str(path))
    if wrong:
        raise DialogueErrors(wrong)
    return shared


def _read(path: Path) -> str:
    text = decode(path.read_bytes(), str(path))
    if isinstance(text, Finding):
        raise DialogueErrors([text])
    return text
