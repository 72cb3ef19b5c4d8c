"""Babel's extractors for our texts (entry point ``babel.extractors: ccmm_dialogue``, and ``extract_system`` for the system's).

A message's context is the text's key, ``dialogue.state.field``, so that two states may say the same English words and still be
translated each in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n.dialogue_files import texts_in_file

#: lineno, function name, (context, message), comments for the translator
Extracted = tuple[int, str, tuple[str, str], list[str]]

_SHARED_PREFIX = "options."


def extract_dialogue(
    fileobj: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Extracted]:
    """Every text of a dialogue file, or of the shared option sets in ``options.yaml``.

    Shared options are extracted from their own file only, not again from every dialogue that uses them.

    :raises CcmmError: the file is not YAML; ``ccmm-bot dialogue check`` says why in full.
    """
    for text in texts_in_file(Path(fileobj.name)):
        yield _message(text)


def extract_system(
    fileobj: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Extracted]:
    """Every text of the system itself (:func:`ccmm_bot.dialogue.system_texts.every`); ``fileobj`` is that module's source."""
    lines = fileobj.read().decode("utf-8").splitlines()
    for text in system_texts.every():
        name = f'_text("{text.key.removeprefix("system.")}"'
        bare = f'"{text.key.removeprefix("system.")}"'
        line = next((n for n, content in enumerate(lines, 1) if name in content), None)
        line = line or next((n for n, content in enumerate(lines, 1) if bare in content), 1)
        yield (line, "pgettext", (text.key, text.source), _comments(text))


def _message(text: Text) -> Extracted:
    return (text.mark.line if text.mark else 1, "pgettext", (text.key, text.source), _comments(text))


def _comments(text: Text) -> list[str]:
    """What a translator has to know that the English does not say."""
    comments = []
    if text.key.startswith("system.words."):
        comments.append("Whole messages that mean this command, separated by commas; the first one is the one we show.")
    if ".options." in text.key or text.key.startswith(_SHARED_PREFIX) or ".labels." in text.key:
        comments.append("An answer to choose: as short as it can be (20 characters fit a WhatsApp button, 24 a list).")
    if text.slots:
        comments.append("Keep as they are: " + ", ".join(f"{{{slot}}}" for slot in text.slots))
    return comments
