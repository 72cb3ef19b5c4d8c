"""Nothing leaves without a purpose, and what left can be told from the log."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation import releasing
from ccmm_bot.evaluation.asking import NoPurpose
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.exports import read_export
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.releasing import Wanted, agencies_named, export_log, release
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Audit, ExportLog, Role
from tests import new
from tests.evaluation.filling import NOW, consent, fill

PURPOSE = "Comparing entry with exit for the final report"


def test_an_export_is_in_the_log_of_every_agency_with_its_hash(
    store: Store, tmp_path: Path, defined: tuple[Instrument, ...]
) -> None:
    agencies = (new.agency(store, "A"), new.agency(store, "B"))
    ids = [list(fill(store, agency, synthetic(Plan(people=6), defined)).values()) for agency in agencies]
    evaluator = new.staff(store, agencies[0], Role.EVALUATOR)
    consent(store, agencies[1], ids[1][0], given=False, at=NOW - timedelta(days=1))
    wanted = Wanted(
        study="final",
        agencies=agencies,
        who="Evaluator",
        staff_id=evaluator.staff_id,
        purpose=f"  {PURPOSE}\n",
        form="parquet",
        selection=Selection(until=date(2028, 1, 1)),
    )
    made = release(store, defined, wanted, tmp_path / "out.zip", NOW)
    assert made.sha256 == hashlib.sha256((tmp_path / "out.zip").read_bytes()).hexdigest()
    assert made.withdrawn == 1
    assert made.people == len(read_export(tmp_path / "out.zip").people)
    for agency in agencies:
        (line,) = export_log(store, agency)
        assert (line.who, line.purpose, line.sha256, line.withdrawn) == ("Evaluator", PURPOSE, made.sha256, 1)
        with store.reading(agency) as session:
            assert session.exec(select(ExportLog.selection)).one() == {"until": "2028-01-01"}
            (entry,) = session.exec(select(Audit).where(Audit.action == "data.exported")).all()
            assert entry.actor_id == evaluator.staff_id


def test_a_withdrawal_removes_a_person_from_the_next_export_and_the_log_says_so(
    store: Store, tmp_path: Path, defined: tuple[Instrument, ...]
) -> None:
    agency = new.agency(store)
    ids = list(fill(store, agency, synthetic(Plan(people=5), defined)).values())
    wanted = Wanted(study="s", agencies=(agency,), who="x", purpose=PURPOSE)
    release(store, defined, wanted, tmp_path / "first.zip", NOW)
    consent(store, agency, ids[0], given=False, at=NOW)
    release(store, defined, wanted, tmp_path / "second.zip", NOW + timedelta(hours=1))
    first, second = (set(read_export(tmp_path / f"{name}.zip").people["person"]) for name in ("first", "second"))
    assert len(first - second) == 1
    assert second < first
    assert [line.withdrawn for line in export_log(store, agency)] == [1, 0]


@pytest.mark.parametrize("purpose", ["", "   ", "x", "  data \n"])
def test_without_a_purpose_nothing_leaves(store: Store, tmp_path: Path, defined: tuple[Instrument, ...], purpose: str) -> None:
    agency = new.agency(store)
    wanted = Wanted(study="s", agencies=(agency,), who="x", purpose=PURPOSE)
    with pytest.raises(NoPurpose):
        release(store, defined, replace(wanted, purpose=purpose), tmp_path / "out.zip", NOW)
    assert not (tmp_path / "out.zip").exists()
    assert export_log(store, agency) == ()


def test_agencies_are_found_by_name(store: Store) -> None:
    first, second = new.agency(store, "A"), new.agency(store, "B")
    assert agencies_named(store, []) == (first, second)
    assert agencies_named(store, ["B"]) == (second,)
    with pytest.raises(CcmmError, match="no agency"):
        agencies_named(store, ["C"])


def test_a_file_that_the_log_does_not_know_is_never_there(
    store: Store, tmp_path: Path, defined: tuple[Instrument, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = new.agency(store)
    fill(store, agency, synthetic(Plan(people=3), defined))
    wanted = Wanted(study="s", agencies=(agency,), who="x", purpose=PURPOSE)

    folder = tmp_path / "out"
    folder.mkdir()

    def fails(*_: object) -> None:
        raise OSError("the machine stops here")

    monkeypatch.setattr(releasing, "log", fails)
    with pytest.raises(OSError, match="stops here"):
        release(store, defined, wanted, folder / "out.zip", NOW)
    assert list(folder.iterdir()) == []
    assert export_log(store, agency) == ()
