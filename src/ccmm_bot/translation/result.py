"""What asking for a translation can come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """Three different things, shown as three different things."""

    OK = "ok"
    NO_MODEL = "no_model"  # nothing here translates between these languages
    ERROR = "error"  # something does, and it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The outcome. ``text`` and ``model`` (the packages it went through, with their versions) are there when it is ok."""

    state: State
    text: str | None = None
    model: str | None = None


class Translator(Protocol):
    """Translates. Blocks while it does, so call it from a thread; it raises nothing."""

    def translate(self, text: str, source: str, target: str) -> Translated:
        """``text`` from one language to another, both as our tags."""

    def can(self, source: str, target: str) -> bool:
        """Whether there is a model, or a chain of them."""

    def models(self) -> frozenset[str]:
        """What is installed: it changes when something is installed or taken away."""
