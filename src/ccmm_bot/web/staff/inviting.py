"""How a person is reached: the language for what cannot be said in her own, and an invitation with its code, links and sheet.

A code is shown once, on the page that answers the button. It is in no address: the sheet is asked for by a form that carries it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.inviting import invitations
from ccmm_bot.casework.inviting.invitation_links import Link, Sender, links, square
from ccmm_bot.casework.inviting.posters.content import NoPosterError, Poster, compose
from ccmm_bot.casework.persons import changing as people
from ccmm_bot.casework.seen import Changed
from ccmm_bot.channels import senders as ours
from ccmm_bot.conversation.invitation_codes import given, sentence, written
from ccmm_bot.i18n.languages import UnknownLanguage
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.pages import show_person
from ccmm_bot.web.typed import SeenMark, overtaken

router = APIRouter()

_TAG = 16
_FALLBACK = "en"


class Sheet(StrEnum):
    """What a sheet is written as."""

    PDF = "pdf"
    SVG = "svg"


@router.post("/staff/people/{person_id}/second-language")
def second_language(
    site: TheSite,
    reader: Staff,
    person_id: UUID,
    language: Annotated[str, Form(max_length=_TAG)] = "",
    seen: SeenMark = None,
) -> Response:
    """Write down the language for what cannot be said in the person's own."""
    try:
        people.set_second_language(site.store, reader, person_id, language, site.clock.now(), seen=seen)
    except UnknownLanguage:
        return _back(person_id, "language-unknown")
    except Changed as error:
        trouble = overtaken("second-language", {"language": language}, error)
        return show_person(site, reader, person_id, trouble=trouble, status=HTTPStatus.CONFLICT)
    return _back(person_id, "second-language")


@router.post("/staff/people/{person_id}/invitation")
async def invite(
    site: TheSite,
    reader: Staff,
    person_id: UUID,
    language: Annotated[str, Form(max_length=_TAG)] = "",
    days: Annotated[int, Form(ge=1, le=invitations.LONGEST.days)] = invitations.VALID_FOR.days,
) -> Response:
    """Make a code that works once, and show it this one time."""
    now, valid = site.clock.now(), timedelta(days=days)
    try:
        made = await run_in_threadpool(
            invitations.invite_as, site.store, reader, person_id, now=now, language=language or None, valid_for=valid
        )
    except UnknownLanguage:
        return _back(person_id, "language-unknown")
    found = [(link, square(link.address)) for link in await _links(site, reader, made.code)]
    values: dict[str, Any] = {"made": made, "code": written(made.code), "sentence": sentence(made.code), "links": found}
    return site.show("staff/invitation.html", reader, here="person", person_id=person_id, **values)


@router.post("/staff/people/{person_id}/invitation/sheet")
async def sheet(
    site: TheSite,
    reader: Staff,
    person_id: UUID,
    code: Annotated[str, Form(max_length=40)],
    form: Annotated[Sheet, Form()] = Sheet.PDF,
) -> Response:
    """The invitation on letter paper, in the person's language; in English where that has not all the words yet."""
    now, read = site.clock.now(), given(code)
    key = read.code if read is not None and read.code is not None else ""
    found = await run_in_threadpool(invitations.still_open, site.store, reader, person_id, key, now)
    if found is None:
        return _back(person_id, "invitation-gone")
    agency = await run_in_threadpool(ours.agency_name, site.store, reader.agency_id)
    small = f"{agency} · {now:%Y-%m-%d} · works once, until {found.expires_at:%Y-%m-%d}"
    ways = await _links(site, reader, key)
    try:
        poster = await run_in_threadpool(_compose, site, found.language or _FALLBACK, ways, agency, small, sentence(key))
    except NoPosterError:
        return _back(person_id, "no-channel")
    drawn = await run_in_threadpool(_draw, poster, form, now)
    media = "application/pdf" if form is Sheet.PDF else "image/svg+xml"
    headers = {"Content-Disposition": f'attachment; filename="invitation.{form.value}"', "Cache-Control": "no-store"}
    return Response(drawn, media_type=media, headers=headers)


@router.post("/staff/invitations/{invitation_id}/withdraw")
def withdraw(site: TheSite, reader: Staff, invitation_id: UUID) -> Response:
    """Make a code worthless."""
    return _back(invitations.withdraw(site.store, reader, invitation_id, site.clock.now()), "invitation-withdrawn")


async def _links(site: Site, reader: Reader, code: str) -> tuple[Link, ...]:
    """Where the invitation leads on each channel of the reader's agency that is on."""
    mine = await run_in_threadpool(ours.of_agency, site.store, reader.agency_id)
    public = await ours.public(site.runtime.channels, mine)
    return links(tuple(Sender(channel=kind, public=name) for kind, name in public), code)


def _compose(site: Site, language: str, ways: tuple[Link, ...], agency: str, small: str, keyword: str) -> Poster:
    words = site.runtime.catalogues
    try:
        return compose(words, language, ways, agency=agency, small=small, keyword=keyword)
    except NoPosterError:
        return compose(words, _FALLBACK, ways, agency=agency, small=small, keyword=keyword)


def _draw(poster: Poster, form: Sheet, now: datetime) -> bytes:
    # Fonts and what shapes their letters are loaded by whoever prints.
    from ccmm_bot.casework.inviting.posters import pdf, svg
    from ccmm_bot.casework.inviting.posters.layout import lay_out

    page = lay_out(poster)
    return pdf.draw(page, now) if form is Sheet.PDF else svg.draw(page).encode()


def _back(person_id: UUID, said: str) -> Response:
    return RedirectResponse(f"/staff/people/{person_id}?said={said}", status_code=HTTPStatus.SEE_OTHER)
