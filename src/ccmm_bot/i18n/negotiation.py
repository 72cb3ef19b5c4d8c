"""Which language to use: for a person and a set of texts, and in what order to offer the languages there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ccmm_bot.i18n.catalogues import Catalogues, Translatable
from ccmm_bot.i18n.languages import SOURCE, language
from ccmm_bot.i18n.segments import segments


def negotiate(catalogues: Catalogues, texts: Sequence[Translatable], wanted: Iterable[str]) -> str:
    """The first of the wanted languages in which every one of the texts is there; else English.

    A person who reads Tigrinya and Arabic gets a whole dialogue in Arabic rather than one half in Tigrinya.

    :raises UnknownLanguage: one of the wanted is not one of ours.
    """
    return next((tag for tag in wanted if not catalogues.missing(texts, tag)), SOURCE)


def menu_order(offered: Iterable[str], likely: Sequence[str] = ()) -> tuple[str, ...]:
    """The offered languages: the likely ones first, then by the number of clients who speak them; French stands with English."""
    rank = {tag: place for place, tag in enumerate(likely)}

    def place(tag: str) -> tuple[int, int, bool]:
        return rank.get(tag, len(rank)), -language(SOURCE if tag == "fr" else tag).clients, tag == "fr"

    return tuple(sorted(offered, key=place))


def menu_pages(
    offered: Iterable[str], likely: Sequence[str] = (), *, heading: str, more: str, budget: int = 3
) -> list[tuple[str, ...]]:
    """The offered languages in pages that fit ``budget`` SMS segments each, numbered, with ``more`` as the last choice.

    A single page has no "more". ``heading`` is what stands above the list.

    :raises ValueError: not even one language fits.
    """
    ordered = menu_order(offered, likely)
    if _fits(ordered, heading, None, budget):
        return [ordered] if ordered else []
    return list(_paged(ordered, heading, more, budget))


def menu_text(page: Sequence[str], heading: str, more: str | None) -> str:
    """A page as an SMS shows it."""
    lines = [language(tag).autonym for tag in page] + ([more] if more else [])
    return "\n".join([heading, *(f"{number}. {line}" for number, line in enumerate(lines, 1))])


def _fits(page: Sequence[str], heading: str, more: str | None, budget: int) -> bool:
    return segments(menu_text(page, heading, more)).count <= budget


def _paged(ordered: Sequence[str], heading: str, more: str, budget: int) -> Iterator[tuple[str, ...]]:
    page: tuple[str, ...] = ()
    for tag in ordered:
        if not _fits((*page, tag), heading, more, budget):
            if not page:
                raise ValueError("not even one language fits this budget")
            yield page
            page = ()
        page = (*page, tag)
    yield page
