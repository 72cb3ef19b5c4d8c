"""A poster as SVG: glyphs as outlines, so that it looks the same where none of the fonts is."""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from ccmm_bot.casework.inviting.posters.layout import HEIGHT, WIDTH, Box, Code, Line, Page
from ccmm_bot.casework.inviting.posters.shaping import Glyph, shape

_MM_PER_POINT = 25.4 / 72


def draw(page: Page) -> str:
    """The file's content. What the outlines say is also there as text, for whoever has it read out."""
    read = "\n".join(line.text for line in page.lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" xml:lang={quoteattr(page.language)}>',
        f"<title>{escape(page.title)}</title>",
        f"<desc>{escape(read)}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *(_line(line) for line in page.lines),
        *(_code(code) for code in page.codes),
        *(_box(box) for box in page.boxes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _line(line: Line) -> str:
    shaped = shape(line.text, line.family, line.weight, rtl=line.rtl)
    em = line.size * _MM_PER_POINT
    left = line.x - shaped.width * em / 2
    outlines = "".join(_outline(glyph, left, line.y, em) for glyph in shaped.glyphs)
    return f'<path d="{outlines}"/>'


def _outline(glyph: Glyph, left: float, baseline: float, em: float) -> str:
    scale = em / glyph.face.units_per_em
    pen = _Pen(left + glyph.x * em, baseline - glyph.y * em, scale)
    glyph.face.shaper.draw_glyph_with_pen(glyph.number, pen)
    return "".join(pen.path)


class _Pen:
    """Takes outlines as fontTools' pens do, and writes SVG's path commands. Fonts count upwards, SVG downwards."""

    def __init__(self, x: float, y: float, scale: float) -> None:
        self.path: list[str] = []
        self._x, self._y, self._scale = x, y, scale

    def _to(self, command: str, *points: tuple[float, float]) -> None:
        placed = (f"{self._x + x * self._scale:.3f} {self._y - y * self._scale:.3f}" for x, y in points)
        self.path.append(command + " ".join(placed))

    def moveTo(self, point: tuple[float, float]) -> None:
        self._to("M", point)

    def lineTo(self, point: tuple[float, float]) -> None:
        self._to("L", point)

    def qCurveTo(self, *points: tuple[float, float]) -> None:
        self._to("Q", *points)

    def curveTo(self, *points: tuple[float, float]) -> None:
        self._to("C", *points)

    def closePath(self) -> None:
        self.path.append("Z")

    def endPath(self) -> None:
        """An open outline fills like a closed one."""


def _box(box: Box) -> str:
    place = f'x="{box.x:.3f}" y="{box.y:.3f}" width="{box.width:.3f}" height="{box.height:.3f}"'
    return f'<rect {place} rx="2" fill="none" stroke="#000" stroke-width="0.6"/>'


def _code(code: Code) -> str:
    runs: list[str] = []
    for y, row in enumerate(code.rows):
        x = 0
        for dark, modules in groupby(row):
            wide = len(list(modules))
            if dark:
                runs.append(f"M{x} {y}h{wide}v1h-{wide}z")
            x += wide
    place = f"translate({code.x:.3f} {code.y:.3f}) scale({code.module:.5f})"
    return f'<path transform="{place}" shape-rendering="crispEdges" d="{"".join(runs)}"/>'
