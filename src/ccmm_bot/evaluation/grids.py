"""The answers of one instrument as matrices of runs by items: made once for each data set, so that every table only picks lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """``runs``: the runs of one instrument as they were begun, line for line of the matrices; ``items``: their columns."""

    runs: Any
    items: tuple[str, ...]
    kinds: dict[str, str]  # item → its type
    value: Floats  # as numbers; nothing (nan) where there is none
    answered: NDArray[np.bool_]
    skipped: NDArray[np.bool_]
    codes: dict[str, NDArray[np.int64]]  # column of the responses → the place of what it holds in ``texts``; -1: no answer
    texts: dict[str, NDArray[np.object_]]

    def lines(self, runs: Any) -> NDArray[np.int64]:
        """Where these runs stand."""
        found: NDArray[np.int64] = pd.Index(self.runs["run"].astype("object")).get_indexer(runs["run"].astype("object"))
        return found

    def only(self, inside: NDArray[np.bool_]) -> Grid:
        """Some of the lines."""
        matrices = {name: getattr(self, name)[inside] for name in ("value", "answered", "skipped")}
        return replace(self, runs=self.runs[inside], codes={name: held[inside] for name, held in self.codes.items()}, **matrices)

    def text(self, column: str, lines: NDArray[np.int64]) -> NDArray[np.object_]:
        """What a column of the responses holds, as text; ``None`` where there is no answer."""
        known = np.append(self.texts[column], np.array([None], dtype=object))
        found: NDArray[np.object_] = known[self.codes[column][lines]]
        return found


def grid_of(runs: Any, responses: Any, instrument: str, columns: Sequence[str] = ("value", "wording_version")) -> Grid:
    """The matrices of one instrument."""
    mine = runs[(runs["instrument"] == instrument).to_numpy()].sort_values(["started_at", "run"])
    given = responses[(responses["instrument"] == instrument).to_numpy()]
    whose, item = given["run"].astype("category").array, given["item"].astype("category").array
    known = pd.Index(mine["run"].astype("object")).get_indexer(pd.Index(whose.categories).astype("object"))
    line = np.append(known, -1)[whose.codes]
    given, item, line = given[line >= 0], item[line >= 0], line[line >= 0]
    asked = sorted(set(item.codes) - {-1}, key=lambda code: str(item.categories[code]))
    places = np.full(len(item.categories) + 1, -1)
    places[asked] = np.arange(len(asked))
    place = places[item.codes]
    shape = len(mine), len(asked)
    skipped = given["skipped"].to_numpy(dtype=bool)
    was_skipped, answered = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    was_skipped[line[skipped], place[skipped]] = True
    line, place, given = line[~skipped], place[~skipped], given[~skipped]
    answered[line, place] = True
    value = np.full(shape, np.nan)
    value[line, place] = numbers(given["value"]).to_numpy()
    codes, texts = {}, {}
    for name in columns:
        held = given[name].astype("category").array
        codes[name] = np.full(shape, -1, dtype=np.int64)
        codes[name][line, place] = held.codes
        texts[name] = np.asarray(held.categories, dtype=object)
    kind = given["type"].astype("object").to_numpy()
    first = _first(place)
    names = tuple(str(item.categories[code]) for code in asked)
    return Grid(
        runs=mine,
        items=names,
        kinds={name: str(kind[first[n]]) for n, name in enumerate(names) if n in first},
        value=value,
        answered=answered,
        skipped=was_skipped,
        codes=codes,
        texts=texts,
    )


def numbers(values: Any) -> Any:
    """Answers as numbers: scale points and counts as they are, yes as 1 and no as 0; anything else as nothing."""
    texts = values.astype("category")
    known = {"yes": 1.0, "no": 0.0}
    of = [known.get(str(each), _number(str(each))) for each in texts.cat.categories]
    table = np.array([*of, np.nan], dtype=np.float64)
    return pd.Series(table[texts.cat.codes.to_numpy()], index=values.index)


def _first(places: NDArray[np.int64]) -> dict[int, int]:
    found, at = np.unique(places, return_index=True)
    return dict(zip(found.tolist(), at.tolist(), strict=True))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
