"""A poster as PDF: text as text, in embedded fonts."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from ccmm_bot.casework.inviting.posters.fonts import LATIN, Face
from ccmm_bot.casework.inviting.posters.layout import HEIGHT, WIDTH, Code, Line, Page

if TYPE_CHECKING:
    from fpdf import FPDF

_MM_PER_POINT = 25.4 / 72


def draw(page: Page, now: datetime) -> bytes:
    """The file's content. The same page and time give the same bytes."""
    from fpdf import FPDF  # takes a while to load, and few who start the service print

    pdf = FPDF(unit="mm", format=(WIDTH, HEIGHT))
    pdf.set_creation_date(now)
    pdf.set_title(page.title)
    pdf.set_lang(page.language)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    pdf.add_page()
    for face in sorted({Face(family, line.weight) for line in page.lines for family in (line.family, LATIN)}, key=_name):
        pdf.add_font(_name(face), fname=face.path)
    for line in page.lines:
        _text(pdf, line)
    for code in page.codes:
        _code(pdf, code)
    pdf.set_line_width(0.6)
    for box in page.boxes:
        pdf.rect(box.x, box.y, box.width, box.height, round_corners=True, corner_radius=2)
    return bytes(pdf.output())


def _name(face: Face) -> str:
    return f"{face.family}{face.weight}"


def _text(pdf: FPDF, line: Line) -> None:
    pdf.set_font(_name(Face(line.family, line.weight)), size=line.size)
    pdf.set_fallback_fonts([_name(Face(LATIN, line.weight))], exact_match=False)
    pdf.set_text_shaping(True, direction="rtl" if line.rtl else "ltr")
    height, wide = line.size * _MM_PER_POINT, pdf.get_string_width(line.text)
    # fpdf2 puts the baseline of a cell as high as its font at 0.8 of the height ("cell": half the height and 0.3 of the size).
    pdf.set_xy(line.x - wide / 2, line.y - 0.8 * height)
    pdf.cell(w=wide, h=height, text=line.text)


def _code(pdf: FPDF, code: Code) -> None:
    pdf.set_fill_color(0)
    for y, row in enumerate(code.rows):
        x = 0
        for dark, modules in groupby(row):
            wide = len(list(modules))
            if dark:
                pdf.rect(code.x + x * code.module, code.y + y * code.module, wide * code.module, code.module, style="F")
            x += wide
