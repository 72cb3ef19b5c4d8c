"""Lets data out: reads the study, writes the file, and puts who took what and why into the log of every agency concerned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.agencies import called
from ccmm_bot.evaluation.asking import purpose_of
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.exports import plain, write_export
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.reading import read_dataset
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit, ExportLog
from ccmm_bot.store.types import uuid7


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
    """Write the export to ``path`` and log it. Raises :class:`NoPurpose`; then nothing is read and nothing written.

    The file gets its name after the log is committed: there is none that the log does not know.
    """
    draft = path.with_name(f".{path.name}.{uuid7().hex}")
    try:
        made = make(store, defined, wanted, draft, now, texts=texts, tell=tell)
        with store.installation(write=True) as session:
            log(session, wanted, made, now)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return made


def make(
    store: Store,
    defined: Sequence[Instrument],
    wanted: Wanted,
    path: Path,
    now: datetime,
    *,
    texts: Mapping[str, Mapping[str, str]] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Released:
    """Write the export to ``path``, which nobody gets before :func:`log` is committed."""
    purpose_of(wanted.purpose)
    tell("reading")
    data = read_dataset(store, wanted.agencies, wanted.study, now, defined).chosen(wanted.selection)
    digest = write_export(data, defined, path, form=wanted.form, shape=wanted.shape, texts=texts, tell=tell)
    inside = data.within()
    return Released(
        sha256=digest,
        people=len(inside.people),
        responses=len(inside.responses),
        withdrawn=data.withdrawn,
        without_consent=data.without_consent,
    )


def log(session: Session, wanted: Wanted, made: Released, now: datetime) -> None:
    """Who took what, why, and the file's hash, in the log and the audit of every agency concerned. Commits with the session."""
    for agency in wanted.agencies:
        row = ExportLog(
            agency_id=agency,
            at=now,
            staff_id=wanted.staff_id,
            who=wanted.who[:200],
            purpose=purpose_of(wanted.purpose),
            study=wanted.study,
            format=wanted.form,
            shape=wanted.shape,
            selection=plain(wanted.selection),
            people=made.people,
            responses=made.responses,
            withdrawn=made.withdrawn,
            sha256=made.sha256,
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
                detail={"study": wanted.study, "people": made.people, "format": wanted.form, "sha256": made.sha256},
            )
        )


def export_log(store: Store, agency: UUID, most: int = 50) -> tuple[LogLine, ...]:
    """What left an agency, the latest first."""
    with store.reading(agency) as session:
        rows = session.exec(select(ExportLog).order_by(col(ExportLog.at).desc(), col(ExportLog.id).desc()).limit(most)).all()
    return tuple(LogLine(**{name: getattr(row, name) for name in LogLine.__slots__}) for row in rows)


def agencies_named(store: Store, names: Sequence[str]) -> tuple[UUID, ...]:
    """The agencies of these names; all of the installation where none is given. Raises :class:`CcmmError` for an unknown one."""
    with store.installation() as session:
        known = {name: key for key, name in called(session).items()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CcmmError(f'There is no agency called "{unknown[0]}". There are: {", ".join(known)}.')
    return tuple(known[name] for name in names) if names else tuple(known.values())
