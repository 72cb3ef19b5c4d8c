"""Reads the coded answers of chosen runs, by far the largest table. The one place where the evaluation reads answers.

Coded answers are kept as they are; what a person wrote in her own words is sealed, and neither chosen nor opened here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
from sqlalchemy import func
from sqlmodel import Session, col

from ccmm_bot.evaluation.columns import MOMENT, read_columns
from ccmm_bot.evaluation.dataset import RESPONSES
from ccmm_bot.evaluation.instruments import PERSONAL
from ccmm_bot.store.tables import Response

#: (person, run, instrument, its version, version of the consent) of a run.
Run = tuple[str, str, str, int, str]
_OF_RUN: Final = ("person", "run", "instrument", "instrument_version", "consent_version")
_KINDS: Final = {"skipped": pa.bool_(), "revision": pa.int64(), "asked_at": MOMENT, "answered_at": MOMENT}


def read_answers(session: Session, chosen: Mapping[str, Run], wanted: Sequence[str] = RESPONSES) -> Any:
    """The answers of these runs (32 hexadecimal digits → what the run is), without those in a person's own words."""
    own = [name for name in wanted if name not in _OF_RUN]
    columns: dict[str, Any] = {name: getattr(Response, name) for name in ("run_id", *own) if name != "wording_version"}
    if "wording_version" in own:
        columns["wording_version"] = func.substr(Response.wording_hash, 1, 12)
    coded = (col(Response.instrument).is_not(None), col(Response.type).not_in([each.value for each in PERSONAL]))
    held = read_columns(session, Response, columns, {name: kind for name, kind in _KINDS.items() if name in own}, coded)
    runs = held["run_id"].cat
    of = [chosen.get(bare(each)) for each in runs.categories.tolist()]
    codes = runs.codes.to_numpy()
    ours = np.array([*(each is not None for each in of), False])[codes]
    whose, codes = [each for each in of if each is not None], codes[ours]
    codes = (np.cumsum([each is not None for each in of], dtype=np.int64) - 1)[codes]
    made: dict[str, Any] = {}
    for n, name in enumerate(_OF_RUN):
        if name not in wanted:
            continue
        values = np.array([each[n] for each in whose], dtype=object)
        made[name] = _categories(codes, values) if name != "instrument_version" else values.astype(np.int64)[codes]
    for name in own:
        mine = held.pop(name).array[ours]
        if name.endswith("_at"):
            made[name] = pd.DatetimeIndex(mine).tz_localize("UTC")
        else:
            made[name] = _read(mine, _READ[name]) if name in _READ else mine
    return pd.DataFrame(made, columns=list(wanted))


def bare(key: Any) -> str:
    """An id as 32 hexadecimal digits, whichever way a database gives it."""
    return key.hex if isinstance(key, UUID) else str(key).replace("-", "")


def _read(values: Any, read: Callable[[str], str | None]) -> Any:
    """A column of few different values, each read once. Nothing stays nothing."""
    return _categories(values.codes, np.array([read(each) for each in values.categories.tolist()], dtype=object))


def _categories(codes: Any, values: Any) -> Any:
    again, names = pd.factorize(np.asarray(values, dtype=object))
    return pd.Categorical.from_codes(np.append(again, -1)[codes], names)


def _value(stored: str) -> str | None:
    """A coded answer as text: several options with spaces between them, as XLSForm writes them."""
    said = orjson.loads(stored)
    if isinstance(said, list):
        return " ".join(map(str, said))
    return None if said is None else str(said)


_READ: Final[Mapping[str, Callable[[str], str | None]]] = {"value": _value}
