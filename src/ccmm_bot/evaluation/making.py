"""Makes an export that was asked for: reads, writes the file, and hands it over in the transaction that logs it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.asking import KEPT, WATCHDOG
from ccmm_bot.evaluation.exports import selection_of
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.releasing import Wanted, log, make
from ccmm_bot.evaluation.studies import members
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ExportRequest, ExportState, Staff

#: What is told of one export: reading, and the tables of each shape.
STEPS: Final = {"long": 4, "wide": 2, "both": 5}


def make_asked(
    store: Store,
    key: UUID,
    defined: Sequence[Instrument],
    texts: Mapping[str, Mapping[str, str]],
    now: Callable[[], datetime],
) -> None:
    """Make one. One that is made already, or was given up, is left alone."""
    wanted = _begin(store, key, now())
    if wanted is None:
        return
    steps = 0

    def tell(line: str) -> None:
        nonlocal steps
        steps += 1
        _tell(store, key, steps, line.partition(":")[0], now())

    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.zip"
            made = make(store, defined, wanted, path, now(), texts=texts, tell=tell)
            content = path.read_bytes()
    except CcmmError as error:  # said to whoever asked: a sheet that is too small, for one
        _fail(store, key, str(error))
        return
    with store.installation(write=True) as session:
        row = session.get(ExportRequest, key, with_for_update=True)
        if row is None or row.state is not ExportState.RUNNING:
            return
        moment = now()
        row.state, row.file, row.sha256, row.people = ExportState.READY, content, made.sha256, made.people
        row.ready_at, row.gone_at, row.step = moment, moment + KEPT, row.steps
        session.add(row)
        log(session, wanted, made, moment)


def _begin(store: Store, key: UUID, now: datetime) -> Wanted | None:
    with store.installation(write=True) as session:
        row = session.get(ExportRequest, key, with_for_update=True)
        if row is None or row.state not in (ExportState.WAITING, ExportState.RUNNING):
            return None
        row.state, row.steps, row.step, row.wake_at = ExportState.RUNNING, STEPS.get(row.shape, 5), 0, now + WATCHDOG
        session.add(row)
        who = session.get_one(Staff, row.staff_id).name
        study, own = row.study_id, row.agency_id
        wanted = Wanted(
            study=row.study,
            agencies=(own,),
            who=who,
            staff_id=row.staff_id,
            purpose=row.purpose,
            form=row.format,
            shape=row.shape,
            selection=selection_of(row.selection),
        )
    if study is None:
        return wanted
    return Wanted(**{name: getattr(wanted, name) for name in Wanted.__slots__} | {"agencies": members(store, study)})


def _tell(store: Store, key: UUID, step: int, doing: str, now: datetime) -> None:
    with store.installation(write=True) as session:
        row = session.get(ExportRequest, key)
        if row is not None:
            row.step, row.doing, row.wake_at = step, doing[:64], now + WATCHDOG
            session.add(row)


def _fail(store: Store, key: UUID, why: str) -> None:
    with store.installation(write=True) as session:
        row = session.get(ExportRequest, key)
        if row is not None:
            row.state, row.why = ExportState.FAILED, why[:300]
            session.add(row)
