"""The report as PDF: tables and pictures as on the page, text as text, and numbers that lead to how they were counted."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from ccmm_bot.evaluation.charts import Picture, pictures
from ccmm_bot.evaluation.dataset import Dataset
from ccmm_bot.evaluation.report import about
from ccmm_bot.evaluation.shown import NOTHING, shown
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_

_FONT: Final = "Report"
_PICTURE_MM: Final = 170.0
_TEXT, _SMALL, _CELL = 10, 8, 6.5  # points
_PADDING: Final = 0.8  # mm


class _Report(FPDF):
    """A4 across, with the number of the page at its foot."""

    def footer(self) -> None:
        """The page's number."""
        self.set_y(-12)
        self.set_font(_FONT, size=_SMALL)
        self.cell(0, 6, str(self.page_no()), align="C")


def report_pdf(data: Dataset, tables: Sequence[Table], say: Callable[[str], str], tag: str) -> bytes:
    """The file's content. The same data give the same bytes."""
    pdf = _Report(orientation="landscape", unit="mm", format="A4")
    pdf.set_creation_date(data.made_at)
    pdf.set_title(f"{say(N_('Evaluation'))}{say(':')} {data.study}")
    pdf.set_lang(tag)
    pdf.set_margin(14)
    pdf.set_auto_page_break(True, margin=16)
    for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold")):  # the pictures' own: it has the Greek letters, too
        pdf.add_font(_FONT, style=style, fname=Path(mpl.get_data_path(), "fonts", "ttf", f"{name}.ttf"))
    drawn = {each.table: each for each in pictures(tables, say, png=True)}
    pdf.add_page()
    pdf.set_font(_FONT, "B", 18)
    pdf.multi_cell(0, 10, f"{say(N_('Evaluation'))}{say(':')} {data.study}", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(_FONT, size=_TEXT)
    for line in about(data, say):
        pdf.multi_cell(0, 5.5, line, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    links = {table.key: pdf.add_link() for table in tables}
    pdf.set_font(_FONT, "B", 12)
    pdf.cell(0, 8, say(N_("Tables")), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(_FONT, size=_TEXT)
    for table in tables:
        pdf.cell(0, 5.5, say(table.title), link=links[table.key], new_x="LMARGIN", new_y="NEXT")
    for table in tables:
        _table(pdf, table, drawn.get(table.key), say, links[table.key])
    return bytes(pdf.output())


def _table(pdf: FPDF, table: Table, picture: Picture | None, say: Callable[[str], str], link: int) -> None:
    pdf.add_page()
    pdf.set_link(link)
    pdf.set_font(_FONT, "B", 14)
    pdf.start_section(say(table.title))
    pdf.multi_cell(0, 8, say(table.title), new_x="LMARGIN", new_y="NEXT")
    counted = pdf.add_link(page=pdf.page_no(), y=pdf.get_y())
    pdf.set_font(_FONT, size=_SMALL)
    pdf.multi_cell(0, 4.5, f"{say(N_('How this was counted'))}{say(':')} {table.query}", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)
    if not table.rows:
        pdf.set_font(_FONT, size=_TEXT)
        pdf.multi_cell(0, 5.5, say(NOTHING), new_x="LMARGIN", new_y="NEXT")
        return
    if picture is not None:
        # As wide as fits, and never higher than what is left of the page.
        pdf.image(
            io.BytesIO(picture.png),
            w=_PICTURE_MM,
            h=pdf.h - pdf.get_y() - 22,
            keep_aspect_ratio=True,
            alt_text=f"{picture.title}\n{picture.says}",
        )
        pdf.add_page()
    pdf.set_font(_FONT, size=_CELL)
    names = table.filled
    plain: Any = FontFace(emphasis="")
    numeric = {name for name in names if not any(isinstance(row.get(name), str) for row in table.rows)}
    with pdf.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=3.2,
        padding=_PADDING,
        text_align="LEFT",
        col_widths=_widths(pdf, table, names, say),
    ) as shown_table:
        head = shown_table.row()
        for name in names:
            head.cell(_heading(say(table.columns[name])), align="RIGHT" if name in numeric else "LEFT")
        for row in table.rows:
            line = shown_table.row(style=plain)
            for name in names:
                text, number = _cell(row, name, say)
                line.cell(text, link=counted if number else None, align="RIGHT" if name in numeric else "LEFT")


def _cell(row: Row, name: str, say: Callable[[str], str]) -> tuple[str, bool]:
    value = row.get(name)
    if isinstance(value, str):
        return (say(value) if value else ""), False
    return shown(name, value, say), value is not None


def _heading(text: str) -> str:
    """Two names with a dash between them may stand on two lines."""
    return text.replace("–", "– ")


def _widths(pdf: FPDF, table: Table, names: Sequence[str], say: Callable[[str], str]) -> tuple[float, ...]:
    """In mm: no word and no number is broken as far as they fit; what is left goes to the columns with much text."""
    least, wished = [], []
    for name in names:
        cells = [_cell(row, name, say) for row in table.rows]
        pdf.set_font(_FONT, "B", _CELL)
        heading = [pdf.get_string_width(word) for word in _heading(say(table.columns[name])).split()]
        pdf.set_font(_FONT, size=_CELL)
        whole = [pdf.get_string_width(text) for text, _ in cells]
        words = [pdf.get_string_width(word) for text, number in cells for word in ([text] if number else text.split())]
        least.append(max((*heading, *words), default=0.0) + 2 * _PADDING + 0.5)
        wished.append(max((*heading, *whole), default=0.0) + 2 * _PADDING + 0.5)
    left = max(0.0, pdf.epw - sum(least))
    more = sum(wished) - sum(least)
    share = left / more if more else 0.0
    return tuple(low + share * (high - low) for low, high in zip(least, wished, strict=True))
