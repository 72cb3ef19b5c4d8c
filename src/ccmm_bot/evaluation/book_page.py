"""The codebook of instruments as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from ccmm_bot.dialogue.instrument import Better, Earlier
from ccmm_bot.evaluation.book import NOT_ASKED, SKIPPED, TYPES, Book, BookItem
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.i18n.languages import language

BETTER: Final = {
    Better.HIGHER: N_("higher, or yes, is better"),
    Better.LOWER: N_("lower, or no, is better"),
    Better.NONE: N_("neither end is the better one"),
}
_PERSONAL: Final = N_("never exported: the person's own words, dates, numbers and places stay in the service")

#: Named here: what stands inside an f-string is not found for the catalogue.
MEASURES, NOT_ASKED_BY_US, SAME = N_("measures"), N_("not asked"), N_("the same as now")

Say = Callable[[str], str]


def book_page(books: Sequence[Book], say: Say, tag: str) -> str:
    """The page; ``say`` translates what is about the wordings, ``tag`` is the language it translates into."""
    environment = Environment(
        loader=PackageLoader("ccmm_bot.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("instruments.html")
    return template.render(
        books=books, _=say, lang=tag, language=language, facts=facts, same=same, skipped=SKIPPED, not_asked=NOT_ASKED
    )


def facts(item: BookItem, say: Say) -> tuple[str, ...]:
    """What there is to say of an item besides its words."""
    span = None
    if item.minimum is not None or item.maximum is not None:
        span = f"{'' if item.minimum is None else item.minimum}–{'' if item.maximum is None else item.maximum}"
    kind = say(TYPES[item.type])
    return tuple(
        part
        for part in (
            f"{kind}, {span}" if span else kind,
            say(BETTER[item.better]),
            f"{say(MEASURES)}{say(':')} {item.construct}" if item.construct else "",
            "" if item.exported else say(_PERSONAL),
            f"{say(NOT_ASKED_BY_US)}{say(':')} {item.not_asked}" if item.not_asked else "",
        )
        if part
    )


def same(book: Book, earlier: Earlier, say: Say) -> str:
    """What of an earlier version means what it means now."""
    names = [item.name for item in book.items if item.name in earlier.same]
    if len(names) == len(book.items):
        return say(N_("all items mean the same as now"))
    return f"{say(SAME)}{say(':')} {', '.join(names) or '–'}"
