"""Numbers as people read them: two decimals, shares in percent, a dash where there is none, and p never as zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, SupportsFloat

from ccmm_bot.evaluation.table import Table
from ccmm_bot.evaluation.texts import N_

_NONE: Final = "–"


def same(text: str) -> str:
    """English, as it is."""
    return text


def in_parts(say: Callable[[str], str]) -> Callable[[str], str]:
    """Says also what was put together: a heading of two parts ("Entry: n"), several remarks."""

    def said(text: str) -> str:
        whole = say(text) if text else ""
        if whole != text or not text:
            return whole
        for mark in ("; ", ": "):
            if mark in text:
                between = mark if mark == "; " else f"{say(':')} "
                return between.join(said(part) for part in text.split(mark))
        return text

    return said


#: Between the whole and its decimals; French has a comma.
DECIMAL: Final = N_(".")


def shown(name: str, value: str | SupportsFloat | None, say: Callable[[str], str] = same) -> str:
    """The cell of the column ``name``."""
    if value is None:
        return _NONE
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    number = float(value)
    if name.startswith("p"):
        text = "< 0.001" if number < 0.001 else f"{number:.3f}"
    else:
        text = f"{100 * number:.1f} %" if "share" in name else f"{number:.2f}"
    return text.replace(".", say(DECIMAL))


def as_text(table: Table, say: Callable[[str], str] = same) -> str:
    """A table for a terminal. Columns in which nothing stands are left out."""
    names = table.filled
    lines = [[say(table.columns[name]) for name in names]]
    lines += [[_word(say, shown(name, row.get(name), say)) for name in names] for row in table.rows]
    widths = [max((len(line[n]) for line in lines), default=0) for n in range(len(names))]
    body = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    title = say(table.title)
    if not table.rows:
        body = [say(NOTHING)]
    return "\n".join([title, "=" * len(title), *body, f"[{table.query}]"])


NOTHING: Final = N_("There is nothing to show: nobody in this selection answered.")


def _word(say: Callable[[str], str], text: str) -> str:
    return say(text) if text and text != _NONE and not text[0].isdigit() else text
