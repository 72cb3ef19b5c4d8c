"""The codebook of instruments as PDF, set in the fonts of the posters: letters join, and lines run the way they are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fpdf import FPDF

from ccmm_bot.casework.inviting.posters.fonts import LATIN, Face, Weight, family_of
from ccmm_bot.evaluation.book import NOT_ASKED, SKIPPED, Book, BookAnswer, BookItem
from ccmm_bot.evaluation.book_page import Say, facts, same
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.i18n.languages import SOURCE, language

_TITLE, _HEAD, _TEXT, _SMALL = 18, 12, 10, 8.5  # points
_MARGIN, _INDENT, _FOOT = 18, 6, 16  # mm
_LINE: Final = 0.5  # mm of a line's height for each point of its letters
_GREY: Final = 90


#: Named here: what stands inside an f-string is not found for the catalogue.
_VERSION, _SOURCE, _EARLIER = N_("version"), N_("Source"), N_("Earlier versions")
_COLUMN, _SAME_ANSWERS, _NO_ANSWER = N_("Column"), N_("The same answers as"), N_("no answer")


class _Pages(FPDF):
    """A4, with the number of the page at its foot."""

    def footer(self) -> None:
        """The page's number."""
        self.set_y(-12)
        self.set_font(LATIN, size=_SMALL)
        self.set_text_shaping(True, direction="ltr")
        self.cell(0, 6, str(self.page_no()), align="C")


def book_pdf(books: Sequence[Book], say: Say, tag: str, now: datetime) -> bytes:
    """The file's content. The same codebooks and time give the same bytes."""
    pdf = _Pages(unit="mm", format="A4")
    pdf.set_creation_date(now)
    pdf.set_title(say(N_("Codebook")))
    pdf.set_lang(tag)
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(True, margin=_FOOT)
    families = {LATIN, *(family_of(language(each)) for book in books for each in book.languages)}
    for family in sorted(families):
        for weight, style in ((Weight.REGULAR, ""), (Weight.BOLD, "B")):
            pdf.add_font(family, style=style, fname=Face(family, weight).path)
    pdf.set_fallback_fonts([LATIN], exact_match=False)
    pdf.add_page()
    _say(pdf, say(N_("Codebook")), _TITLE, style="B")
    note = say(N_("In SPSS files %(skipped)s stands for skipped and %(not_asked)s for not asked."))
    _say(pdf, note.replace("%(skipped)s", str(SKIPPED)).replace("%(not_asked)s", str(NOT_ASKED)), _TEXT)
    for number, book in enumerate(books):
        if number:
            pdf.add_page()
        _book(pdf, book, say)
    return bytes(pdf.output())


def _book(pdf: FPDF, book: Book, say: Say) -> None:
    pdf.ln(4)
    pdf.set_font(LATIN, "B", _HEAD)  # the outline's own
    pdf.start_section(book.title)
    _say(pdf, book.title, _HEAD + 2, style="B")
    source = ", ".join(part for part in (book.source.document, book.source.section) if part)
    _say(pdf, f"{book.name}, {say(_VERSION)} {book.version}. {say(_SOURCE)}{say(':')} {source}.", _TEXT)
    for earlier in book.earlier:
        note = f" {earlier.note}" if earlier.note else ""
        _say(pdf, f"{say(_EARLIER)}{say(':')} {earlier.version}{say(':')} {same(book, earlier, say)}.{note}", _SMALL)
    shown: list[tuple[tuple[BookAnswer, ...], str]] = []
    for item in book.items:
        _item(pdf, item, book.languages, shown, say)


def _item(pdf: FPDF, item: BookItem, languages: Sequence[str], shown: list[tuple[tuple[BookAnswer, ...], str]], say: Say) -> None:
    if pdf.get_y() > pdf.h - 60:
        pdf.add_page()  # an item's name does not stand alone at the foot of a page
    pdf.ln(3)
    _say(pdf, item.name, _HEAD, style="B")
    column = f" {say(_COLUMN)}{say(':')} {item.column}." if item.exported else ""
    _say(pdf, f"{'; '.join(facts(item, say))}.{column}", _SMALL, grey=True)
    for tag, said in item.wordings.items():
        _say(pdf, " / ".join(said), _TEXT, tag=tag)
    if not item.answers:
        return
    first = next((name for answers, name in shown if answers == item.answers), None)
    if first is not None:
        _say(pdf, f"{say(_SAME_ANSWERS)} {first}.", _SMALL, indent=_INDENT)
        return
    shown.append((item.answers, item.name))
    for answer in item.answers:
        missing = f" ({say(_NO_ANSWER)})" if answer.missing else ""
        code = "" if answer.code is None or str(answer.code) == answer.id else f"{answer.code} = "
        _say(pdf, f"{code}{answer.id}{missing}", _SMALL, indent=_INDENT, style="B")
        for tag in languages:
            if tag in answer.words:
                _say(pdf, answer.words[tag], _SMALL, indent=_INDENT, tag=tag)


def _say(pdf: FPDF, text: str, size: float, *, style: str = "", indent: float = 0, tag: str = SOURCE, grey: bool = False) -> None:
    """A paragraph in the direction and the letters of its language."""
    ours = language(tag)
    pdf.set_font(family_of(ours), style, size)
    pdf.set_text_shaping(True, direction=ours.direction)
    pdf.set_text_color(_GREY if grey else 0)
    rtl = ours.direction == "rtl"
    pdf.set_x(pdf.l_margin + (0 if rtl else indent))
    width = pdf.epw - indent
    pdf.multi_cell(width, size * _LINE, text, align="R" if rtl else "L", new_x="LMARGIN", new_y="NEXT")
