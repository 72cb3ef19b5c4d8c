"""An export that was asked for on a page is made by itself, by durable work, and its file goes when its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation import asking
from ccmm_bot.evaluation.instruments import instruments
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.settings import Settings
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ExportState, Role
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.exports import MAKE, Exports
from tests import new
from tests.evaluation.conftest import ROOT
from tests.evaluation.filling import NOW, fill
from tests.waiting import until
from tests.worker.jobs.conftest import engine


@pytest.fixture
def settings() -> Settings:
    return Settings(dialogues_dir=ROOT / "dialogues", locales_dir=ROOT / "locales")


async def test_what_was_asked_for_is_made_and_removed_after_a_day(store: Store, settings: Settings) -> None:
    now = [NOW]

    def clock() -> datetime:
        return now[0]

    agency = new.agency(store)
    loaded = load_program(ROOT / "dialogues")
    fill(store, agency, synthetic(Plan(people=5), instruments(loaded.dialogues, loaded.instruments)))
    reader = new.staff(store, agency, Role.EVALUATOR)
    key = asking.ask(store, reader, name="s", study=None, purpose="To try it out", form="csv", shape="both", selection={}, now=NOW)
    exports: Exports | None = None

    async def make(id: str) -> None:
        assert exports is not None
        await exports.make(id)

    async with engine(store, **{MAKE: make}) as jobs:
        exports = Exports(store, jobs, settings, clock)
        assert await exports.sweep() == 1
        assert await exports.sweep() == 0
        await until(lambda: asking.request(store, reader, key).state is ExportState.READY, within_s=90)
    done = asking.request(store, reader, key)
    assert (done.people, done.step, done.steps) == (5, 5, 5)
    now[0] += timedelta(days=1)
    assert await Exports(store, DbosJobs(store.engine), settings, clock).sweep() == 0
    assert asking.request(store, reader, key).state is ExportState.GONE
