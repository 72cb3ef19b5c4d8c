"""Lets data out: reads the study, writes the file, and puts who took what and why into the log of every agency concerned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.exports import write_export
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.reading import read_dataset
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit, ExportLog

_PURPOSE: Final = 8  # letters: "research" at the least


class NoPurpose(CcmmError):
    """Nobody takes data out without saying what for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is taken, by whom, and what for. ``staff_id`` is ``None`` at the command line."""

    study: str
    agencies: tuple[UUID, ...]
    who: str
    purpose: str
    staff_id: UUID | None = None
    form: str = "csv"
    shape: str = "both"
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What went out."""

    sha256: str
    people: int
    responses: int
    withdrawn: int
    without_consent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the log."""

    at: datetime
    who: str
    purpose: str
    study: str
    format: str
    shape: str
    people: int
    responses: int
    withdrawn: int
    sha256: str


def release(
    store: Store,
    defined: Sequence[Instrument],
    wanted: Wanted,
    path: Path,
    now: datetime,
    *,
    texts: Mapping[str, Mapping[str, str]] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Released:
    """Write the export to ``path`` and log it. Raises :class:`NoPurpose`; then nothing is read and nothing written."""
    purpose = " ".join(wanted.purpose.split())
    if len(purpose) < _PURPOSE:
        raise NoPurpose("Say in a few words what the data are for: it is written into the log.")
    tell("reading")
    data = read_dataset(store, wanted.agencies, wanted.study, now, defined).chosen(wanted.selection)
    digest = write_export(data, defined, path, form=wanted.form, shape=wanted.shape, texts=texts, tell=tell)
    inside = data.within()
    made = Released(
        sha256=digest,
        people=len(inside.people),
        responses=len(inside.responses),
        withdrawn=data.withdrawn,
        without_consent=data.without_consent,
    )
    for agency in wanted.agencies:
        with store.writing(agency) as session:
            row = ExportLog(
                agency_id=agency,
                at=now,
                staff_id=wanted.staff_id,
                who=wanted.who[:200],
                purpose=purpose,
                study=wanted.study,
                format=wanted.form,
                shape=wanted.shape,
                selection={
                    name: value.isoformat() if isinstance(value, date) else value
                    for name, value in asdict(wanted.selection).items()
                    if value
                },
                people=made.people,
                responses=made.responses,
                withdrawn=made.withdrawn,
                sha256=digest,
            )
            session.add(row)
            session.add(
                Audit(
                    agency_id=agency,
                    at=now,
                    actor_kind=Actor.SYSTEM if wanted.staff_id is None else Actor.STAFF,
                    actor_id=wanted.staff_id,
                    action="data.exported",
                    subject_kind="export_log",
                    subject_id=row.id,
                    detail={"study": wanted.study, "people": made.people, "format": wanted.form, "sha256": digest},
                )
            )
    return made


def export_log(store: Store, agency: UUID, most: int = 50) -> tuple[LogLine, ...]:
    """What left an agency, the latest first."""
    with store.reading(agency) as session:
        rows = session.exec(select(ExportLog).order_by(col(ExportLog.at).desc(), col(ExportLog.id).desc()).limit(most)).all()
    return tuple(LogLine(**{name: getattr(row, name) for name in LogLine.__slots__}) for row in rows)


def agencies_named(store: Store, names: Sequence[str]) -> tuple[UUID, ...]:
    """The agencies of these names; all of the installation where none is given. Raises :class:`CcmmError` for an unknown one."""
    with store.installation() as session:
        known = {row.name: row.id for row in session.exec(select(Agency).order_by(col(Agency.created_at), col(Agency.id)))}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CcmmError(f'There is no agency called "{unknown[0]}". There are: {", ".join(known)}.')
    return tuple(known[name] for name in names) if names else tuple(known.values())
