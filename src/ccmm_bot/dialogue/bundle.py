"""A dialogue that stands by itself: its YAML and the option sets it used, in one text.

Conversations outlive edits. Whoever keeps old versions stores the bundle of each, and can compile exactly that version again
when ``options.yaml`` has long moved on.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any, Final

from ccmm_bot.dialogue.model import Dialogue, DialogueRef, Option, Text
from ccmm_bot.dialogue.options import TEXTS, OptionSet, OptionSets, key, set_of
from ccmm_bot.dialogue.parse import parse_dialogue
from ccmm_bot.dialogue.parse_text import read_slots
from ccmm_bot.errors import CcmmError

FORMAT: Final = 1


class BundleError(CcmmError):
    """A stored bundle cannot be read."""


def used_sets(dialogue: Dialogue) -> frozenset[str]:
    """The shared sets whose options a dialogue offers, or whose texts it says."""
    names = {set_of(text) for text in every_text(dialogue)}
    return frozenset(name for name in names if name is not None)


def every_text(dialogue: Dialogue) -> Iterator[Text]:
    """All texts of a dialogue, the shared ones and the system's yes and no included; one may come several times."""
    if dialogue.title is not None:
        yield dialogue.title
    for state in dialogue.states.values():
        yield from state.say
        if state.ask is not None:
            yield from (text for text in (state.ask.text, state.ask.again, state.ask.why) if text is not None)
            yield from (option.text for option in state.ask.item.options)


def bundle_source(dialogue: Dialogue, source: str, shared: OptionSets) -> str:
    """The bundle of ``dialogue``, which was compiled from ``source`` with ``shared``: one JSON text."""
    said = {text.key for text in every_text(dialogue)}
    sets = {
        name: {
            option.id: {"text": option.text.source, "exclusive": option.exclusive}
            for option in shared[name].options
            if name != TEXTS or option.text.key in said
        }
        for name in sorted(used_sets(dialogue))
    }
    ref = dialogue.ref
    content = {"bundle": FORMAT, "ref": [ref.id, ref.version, ref.hash], "source": source, "sets": sets}
    return json.dumps(content, ensure_ascii=False)


def load_bundle(text: str) -> Dialogue:
    """The dialogue of a bundle, under the reference it was stored with.

    Raises :class:`BundleError` for what is no bundle, ``DialogueErrors`` for one whose YAML no longer compiles.
    """
    try:
        content: dict[str, Any] = json.loads(text)
        if content["bundle"] != FORMAT:
            raise BundleError(f"a bundle of format {content['bundle']!r} needs a newer version of this program")
        ref = DialogueRef(*content["ref"])
        shared = {name: _set(name, options) for name, options in content["sets"].items()}
        source = str(content["source"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError("this is not the bundle of a dialogue") from error
    return dataclasses.replace(parse_dialogue(source, f"{ref.id}.yaml", shared=shared), ref=ref)


def _set(name: str, options: dict[str, Any]) -> OptionSet:
    read = [
        Option(
            id=one,
            text=Text(key=key(name, one), source=entry["text"], slots=read_slots(entry["text"]) or ()),
            exclusive=entry["exclusive"],
        )
        for one, entry in options.items()
    ]
    return OptionSet(name=name, options=tuple(read))
