"""One line of text as glyphs in the order they stand on paper."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import uharfbuzz

from ccmm_bot.casework.inviting.posters.fonts import LATIN, Face, Weight


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph: which, and how far from the line's left end and baseline, in em."""

    face: Face
    number: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Shaped:
    """A line. ``width`` in em."""

    glyphs: tuple[Glyph, ...]
    width: float


@lru_cache(maxsize=512)
def shape(text: str, family: str, weight: Weight, *, rtl: bool) -> Shaped:
    """Set one line. ``rtl``: the paragraph's direction; parts in the other one are told by their letters (UAX #9)."""
    glyphs: list[Glyph] = []
    at = 0.0
    for part, part_rtl in _parts(text, rtl=rtl):
        faced = list(_by_face(part, family, weight))
        for face, piece in reversed(faced) if part_rtl else faced:
            at = _set(glyphs, at, piece, face, rtl=part_rtl)
    return Shaped(tuple(glyphs), at)


def _parts(text: str, *, rtl: bool) -> list[tuple[str, bool]]:
    """Runs of one direction, in the order they stand on paper (UAX #9, rule L2 by runs)."""
    from fpdf.bidi import BidiParagraph  # takes a while to load, and few who start the service print
    from fpdf.enums import TextDirection

    paragraph = BidiParagraph(text, base_direction=TextDirection.RTL if rtl else TextDirection.LTR, preserve_bn_chars=True)
    levels = [(each.character, each.embedding_level) for each in paragraph.get_characters_with_embedding_level()]
    runs = [("".join(sign for sign, _ in group), level) for level, group in itertools.groupby(levels, key=lambda pair: pair[1])]
    for level in range(max((level for _, level in runs), default=0), 0, -1):
        turned: list[tuple[str, int]] = []
        for high, group in itertools.groupby(runs, key=lambda run: run[1] >= level):
            stretch = list(group)
            turned += reversed(stretch) if high else stretch
        runs = turned
    return [(part, level % 2 == 1) for part, level in runs]


def _by_face(text: str, family: str, weight: Weight) -> Iterator[tuple[Face, str]]:
    own, fallback = Face(family, weight), Face(LATIN, weight)

    def face_of(sign: str) -> Face:
        return own if own.shows(sign) or not fallback.shows(sign) else fallback

    for face, group in itertools.groupby(text, key=face_of):
        yield face, "".join(group)


def _set(glyphs: list[Glyph], at: float, text: str, face: Face, *, rtl: bool) -> float:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if rtl else "ltr"
    uharfbuzz.shape(face.shaper, buffer)
    em = face.units_per_em
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.append(Glyph(face, info.codepoint, at + position.x_offset / em, position.y_offset / em))
        at += position.x_advance / em
    return at
