"""What was typed into a form, read field by field, so that a form with a mistake comes back as it was with the mistake named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends, Form, Request
from starlette.datastructures import FormData

from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.seen import Changed

E = TypeVar("E", bound=Enum)

_FIELDS: Final = 400

#: What a form carries of the values it was opened with (:mod:`ccmm_bot.casework.seen`).
SeenMark = Annotated[str | None, Form(max_length=64)]


async def form_of(request: Request) -> FormData:
    """The form's fields; files are none of ours here."""
    return await request.form(max_files=0, max_fields=_FIELDS)


Typed = Annotated[FormData, Depends(form_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with which form of a page, and what was typed into it."""

    form: str
    field: str
    code: str
    typed: FormData
    by: str | None = None  # where somebody else was faster: who, where it is known
    at: datetime | None = None  # and when

    def says(self, form: str, field: str) -> str | None:
        """The problem's code, for the input it belongs to."""
        return self.code if (form, field) == (self.form, self.field) else None


def overtaken(form: str, typed: FormData | Mapping[str, str], error: Changed) -> Trouble:
    """Somebody else was faster: the form comes back as it was, with who has changed what is there."""
    return Trouble(form=form, field="seen", code="changed", typed=FormData(typed), by=error.by, at=error.at)


def one(typed: FormData, field: str) -> str:
    """One field's text; empty where there is none."""
    found = typed.get(field, "")
    return found if isinstance(found, str) else ""


def several(typed: FormData, field: str) -> list[str]:
    """Every text of a field."""
    return [each for each in typed.getlist(field) if isinstance(each, str)]


def ticked(typed: FormData, field: str) -> bool:
    """Whether a box is ticked."""
    return field in typed


def day(typed: FormData, field: str) -> date:
    """A day, which has to be there."""
    found = maybe_day(typed, field)
    if found is None:
        raise CaseFileError(field, "no_date")
    return found


def maybe_day(typed: FormData, field: str) -> date | None:
    """A day, or nothing."""
    text = one(typed, field).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CaseFileError(field, "no_date") from None


def choice(typed: FormData, field: str, among: type[E]) -> E:
    """One of the options."""
    try:
        return among(one(typed, field))
    except ValueError:
        raise CaseFileError(field, "unknown") from None


def maybe_choice(typed: FormData, field: str, among: type[E]) -> E | None:
    """One of the options, or nothing."""
    return choice(typed, field, among) if one(typed, field) else None


def moment(typed: FormData, field: str) -> datetime:
    """A day and an hour of the agency's clock, as a browser's ``datetime-local`` writes them."""
    try:
        found = datetime.fromisoformat(one(typed, field).strip())
    except ValueError:
        raise CaseFileError(field, "no_date") from None
    return found.replace(tzinfo=None)


def maybe_number(typed: FormData, field: str) -> int | None:
    """A whole number, or nothing."""
    text = one(typed, field).strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise CaseFileError(field, "out_of_range")
    return int(text)


def revision(typed: FormData) -> int:
    """Which revision the form was filled in over."""
    text = one(typed, "seen")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def id_of(typed: FormData, field: str) -> UUID:
    """The id of something that was chosen."""
    try:
        return UUID(one(typed, field))
    except ValueError:
        raise CaseFileError(field, "unknown") from None
