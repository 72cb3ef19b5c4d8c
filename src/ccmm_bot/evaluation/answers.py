"""Reads the coded answers of chosen runs: by far the largest table, so column by column and as the database keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson
import pandas as pd
from sqlalchemy import String, type_coerce
from sqlmodel import Session, col, select

from ccmm_bot.evaluation.dataset import RESPONSES
from ccmm_bot.evaluation.instruments import PERSONAL
from ccmm_bot.store.tables import Response

#: (person, run, instrument, its version, version of the consent) of a run.
Run = tuple[str, str, str, int, str]
_OF_RUN: Final = ("person", "run", "instrument", "instrument_version", "consent_version")
_OWN: Final = ("run_id", *(name for name in RESPONSES if name not in _OF_RUN))


def read_answers(session: Session, chosen: Mapping[str, Run]) -> Any:
    """The answers of these runs (32 hexadecimal digits → what the run is), without those in a person's own words."""
    columns: dict[str, Any] = {
        "run_id": type_coerce(col(Response.run_id), String),
        "item": Response.item,
        "type": type_coerce(col(Response.type), String),
        "value": type_coerce(col(Response.value), String),
        "skipped": Response.skipped,
        "language": Response.language,
        "channel": type_coerce(col(Response.channel), String),
        "wording_key": Response.wording_key,
        "wording_version": Response.wording_hash,
        "revision": Response.revision,
        "asked_at": type_coerce(col(Response.asked_at), String),
        "answered_at": type_coerce(col(Response.answered_at), String),
    }
    wanted: Any = select(*(columns[name] for name in _OWN))
    personal = [each.value for each in PERSONAL]
    rows = session.exec(wanted.where(col(Response.instrument).is_not(None), col(Response.type).not_in(personal))).all()
    held = dict(zip(_OWN, zip(*rows, strict=True) if rows else ((),) * len(_OWN), strict=True))
    runs, ids = _factorized(held["run_id"])
    of = [chosen.get(bare(each)) for each in ids]
    ours = np.array([each is not None for each in of] + [False])[runs]
    made: dict[str, Any] = {}
    for n, name in enumerate(_OF_RUN):
        values = np.array([None if each is None else each[n] for each in of], dtype=object)
        made[name] = _categories(runs[ours], values) if name != "instrument_version" else values[runs[ours]]
    for name in _OWN[1:]:
        if name in ("skipped", "revision"):
            made[name] = np.array(held[name], dtype=bool if name == "skipped" else np.int64)[ours]
        elif name.endswith("_at"):
            made[name] = pd.to_datetime(np.array(held[name], dtype=object)[ours], utc=True)
        else:
            made[name] = _read(held[name], _READ.get(name, _same), ours)
    return pd.DataFrame(made)


def bare(key: Any) -> str:
    """An id as 32 hexadecimal digits, whichever way a database gives it."""
    return key.hex if isinstance(key, UUID) else str(key).replace("-", "")


def _factorized(values: Sequence[Any]) -> tuple[Any, Any]:
    held = np.empty(len(values), dtype=object)
    held[:] = values
    codes, different = pd.factorize(held)
    return codes, different


def _read(values: Sequence[Any], read: Callable[[Any], Any], ours: Any) -> Any:
    """A column of few different values, each read once. Nothing stays nothing."""
    codes, different = _factorized([tuple(each) if isinstance(each, list) else each for each in values])
    return _categories(codes[ours], np.array([read(each) for each in different], dtype=object))


def _categories(codes: Any, values: Any) -> Any:
    again, names = pd.factorize(values)
    return pd.Categorical.from_codes(np.append(again, -1)[codes], names)


def _same(value: Any) -> Any:
    return value


def _value(stored: Any) -> str | None:
    """A coded answer as text: several options with spaces between them, as XLSForm writes them.

    SQLite gives the JSON as it is written, PostgreSQL what it says.
    """
    if isinstance(stored, str):
        try:
            stored = orjson.loads(stored)
        except orjson.JSONDecodeError:
            return str(stored)
    if isinstance(stored, (list, tuple)):
        return " ".join(map(str, stored))
    return None if stored is None else str(stored)


def _short(digest: str) -> str:
    return digest[:12]


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {"value": _value, "wording_version": _short}
