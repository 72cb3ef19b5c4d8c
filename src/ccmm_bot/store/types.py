"""Column types: sealed personal data, aware UTC instants, ids that sort by time."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import JSON, DateTime, Dialect, Enum, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from uuid_utils import uuid7 as _fast_uuid7
from uuid_utils.compat import uuid7 as _uuid7

from ccmm_bot.store.keys import ErasedValue, KeyRing, Sealer

E = TypeVar("E", bound=StrEnum)


def uuid7() -> UUID:
    """A new id; ids made later sort later (RFC 9562 §5.7)."""
    return _uuid7()


def new_id() -> str:
    """The same as 32 hexadecimal digits: how the hot path writes ids, on either database."""
    return _fast_uuid7().hex


def dashed(key: str) -> str:
    """32 hexadecimal digits in the usual form of a UUID, as ``str(UUID)`` writes it."""
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


def attach_keys(dialect: Dialect, keys: KeyRing) -> None:
    """Give every sealed column used through this dialect object (one per engine) its keys."""
    dialect.ccmm_keys = keys  # type: ignore[attr-defined]


def _keys(dialect: Dialect) -> KeyRing:
    keys = getattr(dialect, "ccmm_keys", None)
    if not isinstance(keys, KeyRing):
        raise RuntimeError("This engine was not made by ccmm_bot.store.session and has no keys.")
    return keys


class Keyed(NamedTuple):
    """A value on its way into a sealed column, and the id of the key it takes; see :mod:`ccmm_bot.store.keyed`."""

    value: Any
    key: str


def _sealer(value: Any, dialect: Dialect) -> tuple[Any, Sealer]:
    keys = _keys(dialect)
    return (value.value, keys.of(value.key)) if type(value) is Keyed else (value, keys)


class EncryptedText(TypeDecorator[str]):
    """Text, sealed. ``field`` is ``table.column`` and part of the seal: a renamed column keeps its old field name."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Seal."""
        plain, sealer = _sealer(value, dialect)
        return None if plain is None else sealer.seal_text(self.field.encode(), plain)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Open; of somebody who was erased since this copy of the database was made, nothing is left."""
        try:
            return None if value is None else _keys(dialect).open_text(self.field.encode(), bytes(value))
        except ErasedValue:
            return ""


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes, sealed; see :class:`EncryptedText`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Seal."""
        plain, sealer = _sealer(value, dialect)
        return None if plain is None else sealer.seal(self.field.encode(), plain)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open; see :class:`EncryptedText`."""
        try:
            return None if value is None else _keys(dialect).open(self.field.encode(), bytes(value))
        except ErasedValue:
            return b""


class EncryptedJson(TypeDecorator[Any]):
    """Anything JSON can say, sealed; see :class:`EncryptedText`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Seal."""
        plain, sealer = _sealer(value, dialect)
        return None if plain is None else sealer.seal(self.field.encode(), orjson.dumps(plain))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Open; see :class:`EncryptedText`."""
        try:
            return None if value is None else orjson.loads(_keys(dialect).open(self.field.encode(), bytes(value)))
        except ErasedValue:
            return None


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, in UTC on both databases; a naive one is refused. SQLite keeps sortable text without the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without time zone cannot be stored.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stamp(value: datetime) -> str:
    """An aware instant as the hot path writes it: UTC without saying so, as SQLite keeps a :class:`UtcDateTime` column."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    if not utc.microsecond:
        return utc.isoformat(" ", "microseconds")[:26]
    written = orjson.dumps(utc).decode()  # several times as fast; leaves out a fraction of nothing
    return f"{written[1:11]} {written[12:27]}"


def stamp_back(value: str) -> datetime:
    """What :func:`stamp` wrote."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


#: JSON that is not personal: codes, counts, names of items.
PlainJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def enum_type(kind: type[E]) -> Enum:
    """A column of one of our enums, kept as its value in plain text so that a new member needs no migration."""
    return Enum(kind, values_callable=lambda members: [member.value for member in members], native_enum=False, length=32)
