"""The fonts posters are set in: Noto Sans (OFL 1.1), in the scripts of our languages.

``fonts/*.ttf`` are the fonts of Debian's package fonts-noto-core 20201225-1, cut down with fontTools' ``pyftsubset`` to the
characters of our languages, all their shaping kept (``fonts/MANIFEST.json`` has the sums, and the ranges that were kept).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import uharfbuzz

from ccmm_bot.i18n.languages import Language, Script

FOLDER: Final = Path(__file__).with_name("fonts")
LATIN: Final = "NotoSans"
_OF_SCRIPT: Final = {
    Script.LATIN: LATIN,
    Script.CYRILLIC: LATIN,
    Script.ARABIC: "NotoSansArabic",
    Script.ETHIOPIC: "NotoSansEthiopic",
    Script.DEVANAGARI: "NotoSansDevanagari",
    Script.GURMUKHI: "NotoSansGurmukhi",
}


class Weight(StrEnum):
    """How heavy."""

    REGULAR = "Regular"
    BOLD = "Bold"


@dataclass(frozen=True, slots=True)
class Face:
    """One font file. ``cmap`` holds the code points it can show."""

    family: str
    weight: Weight

    @property
    def path(self) -> Path:
        """Its file."""
        return FOLDER / f"{self.family}-{self.weight}.ttf"

    @property
    def shaper(self) -> Any:
        """The font for HarfBuzz, in its own units."""
        return _shaper(self)[0]

    @property
    def units_per_em(self) -> int:
        """Font units to one em."""
        return int(self.shaper.face.upem)

    def shows(self, character: str) -> bool:
        """Whether it has a glyph for the character."""
        return ord(character) in _shaper(self)[1]


@cache
def _shaper(face: Face) -> tuple[Any, frozenset[int]]:
    loaded = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(face.path)))
    return uharfbuzz.Font(loaded), frozenset(loaded.unicodes)


def family_of(language: Language) -> str:
    """The family a language is set in; what it cannot show (a number, a name) falls back to :data:`LATIN`."""
    return _OF_SCRIPT[language.script]
