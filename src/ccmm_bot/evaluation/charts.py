"""Pictures of the tables, as SVG and PNG. What differs is told by place and hatching as well as by colour; every value is written.

A picture is drawn from a table's rows and shows nothing the table does not: hidden groups are hidden here too. The table stands
beside it, and what it shows is also in its description, for whoever does not see it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ccmm_bot.evaluation import statistics
from ccmm_bot.evaluation.shown import DECIMAL
from ccmm_bot.evaluation.table import COMPARED, Row, Table
from ccmm_bot.evaluation.texts import N_

#: Told apart by people who see colours differently, and in grey (Okabe and Ito, 2008).
_FIRST, _SECOND, _PALE, _LINE = "#0072B2", "#D55E00", "#8FB8D8", "#444444"
_DOTS: Final = 150  # an inch, of a PNG
_WIDTH: Final = 8.0
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture. ``svg`` is an element for a page; ``table`` is the key of the table it is drawn from; ``says`` its values."""

    key: str
    title: str
    table: str
    svg: str
    says: str
    png: bytes = b""


def pictures(tables: Sequence[Table], say: Translate, *, png: bool = False) -> tuple[Picture, ...]:
    """A picture of each of these tables that can be one and has something to show; ``png``: also for programs that show no SVG."""
    made = (_DRAWN[table.key](table, say) for table in tables if table.key in _DRAWN)
    return tuple(_picture(each, say, png=png) for each in made if each is not None)


@dataclass(slots=True, kw_only=True)
class _Drawing:
    table: Table
    title: str
    figure: Figure
    lines: list[str]  # what it shows, one value a line


def _changes(table: Table, say: Translate) -> _Drawing | None:
    """The change of each item with its interval."""
    rows = [
        row
        for row in table.rows
        if row["compared"] == COMPARED["pairs"] and row["difference"] is not None and row["low"] is not None
    ]
    if not rows:
        return None
    figure, axes = _sheet(len(rows))
    axes.axvline(0, color=_LINE, linewidth=1, linestyle=":")
    lines = []
    share = "share0" in table.columns
    for n, row in enumerate(rows):
        low, middle, high = (100 * row[name] if share else row[name] for name in ("low", "difference", "high"))
        axes.plot([low, high], [n, n], color=_FIRST, linewidth=2, marker="|", markersize=9)
        axes.plot([middle], [n], color=_FIRST, marker="o", markersize=7)
        value = _signed(middle, share=share, say=say)
        axes.annotate(f"{value} (n = {row['n_pairs']})", (high, n), (6, 0), textcoords="offset points", va="center")
        lines.append(
            f"{say(row['item'])}{say(':')} {value} [{_signed(low, share=share, say=say)}; {_signed(high, share=share, say=say)}]"
        )
    _labels(axes, [say(row["item"]) for row in rows])
    axes.margins(x=0.25)
    axes.set_xlabel(say(_SHARE_CHANGE if share else _MEAN_CHANGE))
    return _Drawing(table=table, title=N_("Change of each item"), figure=figure, lines=lines)


_MEAN_CHANGE: Final = N_("Mean change of the same people, with its 95 % interval")
_SHARE_CHANGE: Final = N_("Change of the share of the same people in percentage points, with its 95 % interval")


def _signed(value: float, *, share: bool, say: Translate) -> str:
    return say(DECIMAL).join(f"{value:+.{0 if share else 2}f}".split("."))


def _shares(table: Table, say: Translate) -> _Drawing | None:
    """The share of "yes" at both moments, each with its interval."""
    rows = [
        row
        for row in table.rows
        if row["compared"] == COMPARED["groups"] and row["share0"] is not None and row["share1"] is not None
    ]
    if not rows:
        return None
    figure, axes = _sheet(len(rows), 0.55)
    names = [say(table.columns[f"n{n}"].removesuffix(": n")) for n in (0, 1)]
    lines = []
    for row_number, row in enumerate(rows):
        said = []
        for n, (color, hatch) in enumerate(((_FIRST, ""), (_SECOND, "///"))):
            value = 100 * row[f"share{n}"]
            place = row_number + (0.2 if n else -0.2)
            label = names[n] if row_number == 0 else None
            axes.barh(place, value, height=0.36, color=color, hatch=hatch, edgecolor="white", label=label)
            interval = statistics.share(row[f"count{n}"], row[f"n{n}"]).interval
            if interval is not None:
                ends = (100 * interval.low, 100 * interval.high)
                axes.plot(ends, (place, place), color=_LINE, linewidth=1.2, marker="|", markersize=6)
                said.append(f"{names[n]} {value:.0f} % [{ends[0]:.0f}; {ends[1]:.0f}], n = {row[f'n{n}']}")
            right = max(value, ends[1] if interval is not None else value)
            axes.annotate(
                f"{value:.0f} % (n = {row[f'n{n}']})", (right, place), (5, 0), textcoords="offset points", va="center", fontsize=9
            )
        lines.append(f"{say(row['item'])}{say(':')} {'; '.join(said)}")
    _labels(axes, [say(row["item"]) for row in rows])
    axes.set_xlim(0, 125)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel(say(N_("%, with 95 % interval")))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    return _Drawing(table=table, title=table.title, figure=figure, lines=lines)


def _bars(
    table: Table, say: Translate, bars: Sequence[tuple[str, float, str]], *, label: str, percent: bool, first: int = 0
) -> _Drawing | None:
    """Lying bars: (name, value, what is written at its end). Of every ``first`` bars the first is darker."""
    if not bars:
        return None
    figure, axes = _sheet(len(bars))
    for n, (_, value, written) in enumerate(bars):
        begins = first and n % first == 0
        axes.barh(
            n,
            value,
            height=0.7,
            color=_FIRST if begins or not first else _PALE,
            edgecolor=_LINE,
            hatch="" if begins or not first else "..",
        )
        axes.annotate(written, (value, n), (4, 0), textcoords="offset points", va="center")
    _labels(axes, [name for name, _, _ in bars])
    if percent:
        axes.set_xlim(0, 125)
        axes.set_xticks(range(0, 101, 20))
    else:
        axes.margins(x=0.2)
    axes.set_xlabel(say(label))
    return _Drawing(
        table=table, title=table.title, figure=figure, lines=[f"{name}{say(':')} {written}" for name, _, written in bars]
    )


def _funnel(table: Table, say: Translate) -> _Drawing | None:
    """From invited to usable, for each survey."""
    steps = ("invited", "reached", "started", "completed", "usable")
    bars = [
        (
            f"{say(row['survey'])}{say(':')} {say(table.columns[step])}",
            row[step],
            f"{row[step]} ({100 * row[step] / row['invited']:.0f} %)",
        )
        for row in table.rows
        if row["invited"]
        for step in steps
        if row[step] is not None
    ]
    return _bars(table, say, bars, label=N_("People"), percent=False, first=len(steps))


def _kept(table: Table, say: Translate) -> _Drawing | None:
    """How often each task was done in time."""
    rows: list[Row] = [row for row in table.rows if row["share"] is not None]
    several = len({row["agency"] for row in rows}) > 1
    bars = [
        (
            f"{row['agency']}{say(':')} {say(row['task'])}" if several else say(row["task"]),
            100 * row["share"],
            f"{100 * row['share']:.0f} % (n = {row['n']})",
        )
        for row in rows
    ]
    return _bars(table, say, bars, label="%", percent=True)


def _soon(table: Table, say: Translate) -> _Drawing | None:
    """How soon surveys were answered."""
    bars = [
        (
            f"{say(row['survey'])}{say(':')} {say(row['answered'])}",
            100 * row["share"],
            f"{100 * row['share']:.0f} % ({row['n']} / {row['of']})",
        )
        for row in table.rows
        if row["share"] is not None
    ]
    return _bars(table, say, bars, label="%", percent=True)


_DRAWN: Final[dict[str, Callable[[Table, Translate], _Drawing | None]]] = {
    "scale_entry_exit": _changes,
    "yes_no_entry_exit": _shares,
    "needs": _shares,
    "scale_follow_up": _changes,
    "yes_no_follow_up": _shares,
    "reach": _funnel,
    "timeliness": _soon,
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


def _picture(drawing: _Drawing, say: Translate, *, png: bool) -> Picture:
    name, key = say(drawing.title), f"picture-{drawing.table.key}"
    says = "\n".join(drawing.lines)
    # Text stays text: it can be read aloud, searched and enlarged. The same table gives the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": drawing.table.key, "font.family": "sans-serif"}):
        held, image = io.StringIO(), io.BytesIO()
        drawing.figure.set_canvas(FigureCanvasSVG(drawing.figure))
        drawing.figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
        if png:
            drawing.figure.set_canvas(FigureCanvasAgg(drawing.figure))
            drawing.figure.savefig(image, format="png", dpi=_DOTS, metadata={"Software": None, "Title": name, "Description": says})
    drawn = held.getvalue()
    # Ids are the page's: two pictures in one page must not share any.
    body = re.sub(r'(id="|url\(#|xlink:href="#)', rf"\g<1>{key}-", drawn[drawn.index("<svg") :])
    body = _METADATA.sub("", _STYLED.sub(_attributes, _SHEET.sub("", body)))
    body = body.replace("<svg ", f'<svg role="img" aria-labelledby="{key}-title" aria-describedby="{key}-says" {_ROOT} ', 1)
    end = body.index(">") + 1
    told = f'<title id="{key}-title">{escape(name)}</title><desc id="{key}-says">{escape(says)}</desc>'
    return Picture(
        key=key,
        title=name,
        table=drawing.table.key,
        svg=f"{body[:end]}{told}{body[end:]}",
        says=says,
        png=image.getvalue(),
    )


def _attributes(found: re.Match[str]) -> str:
    """Looks as attributes: a page that takes styles from its own files only shows no others (CSP ``style-src``)."""
    parts = (part.partition(":") for part in found[1].split(";") if part.strip())
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, _, value in parts)


_STYLED: Final = re.compile(r'style="([^"]*)"')
_SHEET: Final = re.compile(r"<style.*?</style>", re.DOTALL)
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_ROOT: Final = 'stroke-linejoin="round" stroke-linecap="butt"'  # what the library says in the sheet that is left out


def standing_alone(svg: str) -> str:
    """A picture of a page as a file of its own."""
    declared = svg if "xmlns=" in svg[: svg.index(">")] else svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{declared}'
