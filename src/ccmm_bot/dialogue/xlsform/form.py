"""A form as rows of three sheets, and how the columns of its languages are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Row = Mapping[str, str]

SHEETS: Final = ("survey", "choices", "settings")
#: Columns that hold words, in one language each: ``label::العربية (ar)``.
TRANSLATED: Final = ("label", "hint", "constraint_message", "required_message", "guidance_hint")
#: A select item of our own that no other program knows what to do with; they ignore the columns.
TYPE: Final = "ccmm_type"
BETTER: Final = "ccmm_better"
CONSTRUCT: Final = "ccmm_construct"
EXCLUSIVE: Final = "ccmm_exclusive"
MISSING: Final = "ccmm_missing"
#: What stands for "skipped" in a list of choices, as in SPSS files of an export.
SKIPPED: Final = "-8"

_SPLIT: Final = re.compile(r"\s*::?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is written into a file, or was read from one. Cells that are empty are left out of a row."""

    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    settings: Row


def column(kind: str, label: str) -> str:
    """``label::العربية (ar)``; ``label``: how the language is called in the form."""
    return f"{kind}::{label}"


def split_column(name: str) -> tuple[str, str | None]:
    """``label::العربية (ar)`` as (``label``, ``العربية (ar)``); a column without a language has ``None``."""
    kind, *rest = _SPLIT.split(name.strip(), maxsplit=1)
    return kind.casefold().replace(" ", "_"), (rest[0] if rest and rest[0] else None)
