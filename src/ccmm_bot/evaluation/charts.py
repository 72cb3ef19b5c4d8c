"""Pictures of the tables as SVG. What differs is told by place and hatching as well as by colour, and every value is written.

A picture is drawn from a table's rows and shows nothing the table does not: hidden groups are hidden here too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_

#: Told apart by people who see colours differently, and in grey (Okabe and Ito, 2008).
_FIRST, _SECOND, _LINE = "#0072B2", "#D55E00", "#444444"
_WIDTH: Final = 8.0
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture. ``svg`` is an element for a page; ``table`` is the key of the table it is drawn from."""

    key: str
    title: str
    table: str
    svg: str


def pictures(tables: Sequence[Table], say: Translate) -> tuple[Picture, ...]:
    """A picture of each of these tables that can be one and has something to show."""
    made = (_DRAWN[table.key](table, say) for table in tables if table.key in _DRAWN)
    return tuple(each for each in made if each is not None)


def _changes(table: Table, say: Translate) -> Picture | None:
    """The change of each item with its interval."""
    rows = [
        row
        for row in table.rows
        if row["compared"] == "the same people" and row["difference"] is not None and row["low"] is not None
    ]
    if not rows:
        return None
    figure, axes = _sheet(len(rows))
    axes.axvline(0, color=_LINE, linewidth=1, linestyle=":")
    for n, row in enumerate(rows):
        axes.plot([row["low"], row["high"]], [n, n], color=_FIRST, linewidth=2, marker="|", markersize=9)
        axes.plot([row["difference"]], [n], color=_FIRST, marker="o", markersize=7)
        axes.annotate(
            f"{row['difference']:+.2f} (n = {row['n_pairs']})", (row["high"], n), (6, 0), textcoords="offset points", va="center"
        )
    _labels(axes, [say(row["item"]) for row in rows])
    axes.margins(x=0.25)
    axes.set_xlabel(say(N_("Mean change of the same people, with its 95 % interval")))
    return _picture(figure, table, say, N_("Change of each item"))


def _shares(table: Table, say: Translate) -> Picture | None:
    """The share of "yes" at both moments."""
    rows = [row for row in table.rows if row["compared"] == "everybody" and row["share0"] is not None and row["share1"] is not None]
    if not rows:
        return None
    figure, axes = _sheet(len(rows), 0.55)
    names = [say(table.columns[f"n{n}"].removesuffix(": n")) for n in (0, 1)]
    for row_number, row in enumerate(rows):
        for n, (color, hatch) in enumerate(((_FIRST, ""), (_SECOND, "///"))):
            share = 100 * row[f"share{n}"]
            place = row_number + (0.2 if n else -0.2)
            label = names[n] if row_number == 0 else None
            axes.barh(place, share, height=0.36, color=color, hatch=hatch, edgecolor="white", label=label)
            axes.annotate(
                f"{share:.0f} % (n = {row[f'n{n}']})", (share, place), (4, 0), textcoords="offset points", va="center", fontsize=9
            )
    _labels(axes, [say(row["item"]) for row in rows])
    axes.set_xlim(0, 125)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("%")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    return _picture(figure, table, say, table.title)


def _funnel(table: Table, say: Translate) -> Picture | None:
    """From invited to usable, for each survey."""
    steps = ("invited", "reached", "started", "completed", "usable")
    rows = [row for row in table.rows if row["invited"]]
    if not rows:
        return None
    bars = [(f"{say(row['survey'])}: {say(table.columns[step])}", row[step], row["invited"]) for row in rows for step in steps]
    figure, axes = _sheet(len(bars))
    for n, (_, count, invited) in enumerate(bars):
        axes.barh(n, count, height=0.7, color=_FIRST if n % len(steps) == 0 else "#8FB8D8", edgecolor=_LINE)
        axes.annotate(f"{count} ({100 * count / invited:.0f} %)", (count, n), (4, 0), textcoords="offset points", va="center")
    _labels(axes, [name for name, _, _ in bars])
    axes.margins(x=0.2)
    axes.set_xlabel(say(N_("People")))
    return _picture(figure, table, say, table.title)


def _kept(table: Table, say: Translate) -> Picture | None:
    """How often each task was done in time."""
    rows: list[Row] = [row for row in table.rows if row["share"] is not None]
    if not rows:
        return None
    several = len({row["agency"] for row in rows}) > 1
    figure, axes = _sheet(len(rows))
    for n, row in enumerate(rows):
        axes.barh(n, 100 * row["share"], height=0.7, color=_FIRST, edgecolor=_LINE)
        axes.annotate(
            f"{100 * row['share']:.0f} % (n = {row['n']})", (100 * row["share"], n), (4, 0), textcoords="offset points", va="center"
        )
    _labels(axes, [f"{row['agency']}: {say(row['task'])}" if several else say(row["task"]) for row in rows])
    axes.set_xlim(0, 125)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("%")
    return _picture(figure, table, say, table.title)


_DRAWN: Final[dict[str, Callable[[Table, Translate], Picture | None]]] = {
    "scale_entry_exit": _changes,
    "yes_no_entry_exit": _shares,
    "needs": _shares,
    "scale_follow_up": _changes,
    "yes_no_follow_up": _shares,
    "reach": _funnel,
    "adherence": _kept,
}


def _sheet(lines: int, each: float = 0.4) -> tuple[Figure, Any]:
    figure = Figure(figsize=(_WIDTH, 1.2 + each * lines), layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure, axes


def _labels(axes: Any, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()


def _picture(figure: Figure, table: Table, say: Translate, title: str) -> Picture:
    held = io.StringIO()
    # Text stays text: it can be read aloud, searched and enlarged. The same table gives the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": table.key, "font.family": "sans-serif"}):
        figure.set_canvas(FigureCanvasSVG(figure))
        figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
    drawn = held.getvalue()
    name = say(title)
    key = f"picture-{table.key}"
    # Ids are the page's: two pictures in one page must not share any.
    body = re.sub(r'(id="|url\(#|xlink:href="#)', rf"\g<1>{key}-", drawn[drawn.index("<svg") :])
    head = f'<svg role="img" aria-labelledby="{key}-title" '
    body = body.replace("<svg ", head, 1)
    end = body.index(">") + 1
    return Picture(
        key=key, title=name, table=table.key, svg=f'{body[:end]}<title id="{key}-title">{escape(name)}</title>{body[end:]}'
    )
