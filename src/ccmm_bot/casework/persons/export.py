"""Everything we keep of one person, as files she can take with her: JSON for machines, a page for people, her own files.

Nothing is left out but what says nothing about her: keyed hashes, the engine's own state, and providers' payloads as they came
(their content is in the messages).
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

import orjson
from sqlmodel import SQLModel

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.persons.belongings import belongings
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import AgencyRow, Attachment, Person

#: Columns that hold nothing a person could read about herself.
_LEFT_OUT: Final = frozenset({"snapshot", "address_hash", "external_user_hash", "code_hash", "agency_id", "data"})
_SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf", "audio/ogg": "ogg", "video/mp4": "mp4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Her data by table, and her files by name."""

    code: str
    made_at: datetime
    tables: Mapping[str, list[dict[str, Any]]]
    files: Mapping[str, bytes]

    def as_json(self) -> bytes:
        """All tables, for another program."""
        content = {"person": self.code, "made_at": self.made_at, "tables": self.tables, "files": sorted(self.files)}
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)


def export_person(store: Store, reader: Reader, person_id: UUID, now: datetime) -> Export:
    """Collect it, and write down who did. Raises :class:`ccmm_bot.casework.access.policy.NotFound`."""
    require(reader, Permission.EXPORT_PEOPLE)
    # Read without SQLite's write lock: collecting everything of somebody who wrote a lot takes a while, and others write meanwhile.
    with store.reading(reader) as session:
        rows = belongings(session, person_id)
        person = next(row for row in rows[Person] if isinstance(row, Person))
        files = {_file_name(row): row.data for row in rows.get(Attachment, []) if isinstance(row, Attachment) and row.data}
        made = Export(
            code=person.code,
            made_at=now,
            tables={str(table.__tablename__): [_plain(row) for row in each] for table, each in rows.items()},
            files=files,
        )
    told = {"rows": sum(len(each) for each in rows.values()), "files": len(files)}
    with store.writing(reader) as session:
        session.add(done_by(reader, "person.exported", "person", person_id, now, told))
    return made


def packed(export: Export, page: str) -> bytes:
    """A ZIP file: ``data.json``, ``index.html`` (``page``), and the files under ``files/``."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", export.as_json())
        archive.writestr("index.html", page.encode("utf-8", "replace"))
        for name, data in export.files.items():
            archive.writestr(f"files/{name}", data)
    return held.getvalue()


def _plain(row: AgencyRow) -> dict[str, Any]:
    columns = SQLModel.metadata.tables[str(row.__tablename__)].columns
    left_out = _LEFT_OUT | ({"raw"} if row.__tablename__ == "inbound" else set())
    return {column.name: _value(getattr(row, column.name)) for column in columns if column.name not in left_out}


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime, date)):
        return value
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {str(name): _value(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(each) for each in value]
    return value


def _file_name(row: Attachment) -> str:
    return f"{row.id.hex}.{_SUFFIXES.get(row.content_type or '', 'bin')}"
