"""Where everything on a poster is: letter paper (8.5 × 11 inches), millimetres from its upper left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import segno

from ccmm_bot.casework.inviting.posters.content import Poster, Square
from ccmm_bot.casework.inviting.posters.fonts import LATIN, Weight, family_of
from ccmm_bot.casework.inviting.posters.shaping import shape

WIDTH: Final = 215.9
HEIGHT: Final = 279.4
_MARGIN: Final = 16.0
_INNER: Final = WIDTH - 2 * _MARGIN
_MM_PER_POINT: Final = 25.4 / 72
_LEADING: Final = 1.5  # Ethiopic, Arabic and Indic letters reach higher and deeper than Latin ones
_QUIET: Final = 4  # white modules around a QR code (ISO/IEC 18004: at least four)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text, centred at ``x``; ``y`` is its baseline, ``size`` in points."""

    text: str
    x: float
    y: float
    size: float
    family: str = LATIN
    weight: Weight = Weight.REGULAR
    rtl: bool = False
    language: str = "en"  # BCP 47


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One QR code: its modules (dark is true), upper left corner and the width of one module."""

    x: float
    y: float
    module: float
    rows: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A frame around what is to be sent."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A poster, placed."""

    title: str
    language: str
    lines: tuple[Line, ...]
    codes: tuple[Code, ...]
    boxes: tuple[Box, ...]


@dataclass(slots=True)
class _Pen:
    """Writes from top to bottom."""

    poster: Poster
    lines: list[Line]
    scale: float = 1.0  # of everything, where the language needs more room
    y: float = _MARGIN

    def paragraph(self, text: str, size: float, weight: Weight = Weight.REGULAR, *, most: int = 2, space: float = 0.0) -> None:
        """Text in the poster's language, broken at spaces; made smaller until it takes at most ``most`` lines."""
        size *= self.scale
        chosen = self.poster.language
        family, rtl = family_of(chosen), chosen.direction == "rtl"
        while len(_break(text, family, weight, size, _INNER, rtl=rtl)) > most and size > 10:
            size -= 1
        for part in _balanced(text, family, weight, size, rtl=rtl):
            self.line(part, size, family=family, weight=weight, rtl=rtl, language=chosen.html_lang)
        self.y += space * self.scale

    def line(
        self,
        text: str,
        size: float,
        *,
        family: str = LATIN,
        weight: Weight = Weight.REGULAR,
        rtl: bool = False,
        language: str = "en",
    ) -> None:
        """One centred line."""
        height = size * _MM_PER_POINT * _LEADING
        baseline = self.y + height * 0.72
        self.lines.append(
            Line(text=text, x=WIDTH / 2, y=baseline, size=size, family=family, weight=weight, rtl=rtl, language=language)
        )
        self.y += height


def lay_out(poster: Poster) -> Page:
    """Place everything. What is in another direction than the language (a number, our name) has lines of its own."""
    scale = 1.0
    while (page := _lay_out(poster, scale)) is None:
        scale *= 0.96
    return page


def _lay_out(poster: Poster, scale: float) -> Page | None:
    """The page, or ``None`` where it would be longer than the paper."""
    pen = _Pen(poster, [], scale)
    texts = poster.texts
    boxes: list[Box] = []
    big = 28 * scale
    pen.paragraph(texts["title"], 42, Weight.BOLD, space=2)
    pen.paragraph(texts["offer"], 30, space=1)
    pen.paragraph(texts["how"], 24, space=3)
    codes = _place(poster.squares, pen)
    pen.paragraph(texts["scan"], 20, space=3)
    if poster.number:
        pen.paragraph(texts["send"], 20, most=1, space=1)
        wide = shape(poster.keyword, LATIN, Weight.BOLD, rtl=False).width * big * _MM_PER_POINT + 12
        boxes.append(Box(x=(WIDTH - wide) / 2, y=pen.y, width=wide, height=big * _MM_PER_POINT * _LEADING))
        pen.line(poster.keyword, big, weight=Weight.BOLD)
        pen.y += 1
        pen.line(f"SMS {poster.number}", big, weight=Weight.BOLD)
        pen.y += 2
    pen.paragraph(texts["private"], 18)
    foot = HEIGHT - _MARGIN - 14
    if pen.y > foot:
        return None
    pen.y = foot
    pen.line(_fitting(poster.agency, 18), 18, weight=Weight.BOLD)
    pen.line(poster.small, 9)
    return Page(
        title=poster.agency,
        language=poster.language.html_lang,
        lines=tuple(pen.lines),
        codes=codes,
        boxes=tuple(boxes),
    )


def _place(squares: tuple[Square, ...], pen: _Pen) -> tuple[Code, ...]:
    """The codes side by side with their names below."""
    side = {1: 78.0, 2: 70.0}.get(len(squares), 57.0) * pen.scale
    gap = (_INNER - side * len(squares)) / (len(squares) + 1)
    codes: list[Code] = []
    for n, square in enumerate(squares):
        left = _MARGIN + gap + n * (side + gap)
        rows = qr(square.address)
        module = side / (len(rows) + 2 * _QUIET)
        codes.append(Code(x=left + _QUIET * module, y=pen.y + _QUIET * module, module=module, rows=rows))
        pen.lines.append(Line(text=square.name, x=left + side / 2, y=pen.y + side + 6, size=18, weight=Weight.BOLD))
    pen.y += side + 12
    return tuple(codes)


def qr(address: str) -> tuple[tuple[bool, ...], ...]:
    """The modules of a QR code with medium correction: it is read with a fold or a coffee stain in it."""
    code = segno.make(address, error="m", micro=False, boost_error=True)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def _balanced(text: str, family: str, weight: Weight, size: float, *, rtl: bool) -> list[str]:
    """As few lines as the page allows, about equally long: no word is left alone on the last one."""
    room = _INNER
    best = _break(text, family, weight, size, room, rtl=rtl)
    while len(tighter := _break(text, family, weight, size, room - 4, rtl=rtl)) == len(best) and room > _INNER / 3:
        best, room = tighter, room - 4
    return best


def _break(text: str, family: str, weight: Weight, size: float, width: float, *, rtl: bool) -> list[str]:
    """Lines no wider than ``width``, broken at spaces only; none of our scripts breaks a word."""
    room = width / (size * _MM_PER_POINT)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and shape(longer, family, weight, rtl=rtl).width <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting(text: str, size: float) -> str:
    """A name cut to the page's width."""
    room = _INNER / (size * _MM_PER_POINT)
    while shape(text, LATIN, Weight.BOLD, rtl=False).width > room:
        text = text.rstrip("…")[:-1].rstrip() + "…"
    return text
