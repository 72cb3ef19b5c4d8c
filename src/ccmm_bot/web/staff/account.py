"""One's own account: sessions, password, second factors, language. What lets somebody in asks for the password again."""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access import own_account, passkeys, second_factor, sessions, staff_telegram
from ccmm_bot.casework.access.accounts import email_of
from ccmm_bot.casework.access.passwords import WeakPassword
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.access.second_factor import Outcome
from ccmm_bot.casework.inviting.invitation_links import square
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.senders import of_agency
from ccmm_bot.messages import ChannelKind
from ccmm_bot.web.codes import as_picture
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.templating import interface_languages
from ccmm_bot.web.words import N_

router = APIRouter()

Password = Annotated[str, Form(max_length=1024)]
_SAID: Final = MappingProxyType(
    {
        "ended": Said(N_("The session is ended.")),
        "others-ended": Said(N_("Every other session is ended.")),
        "password": Said(N_("The password is changed. Every other session is ended.")),
        "language": Said(N_("The language is changed.")),
        "app": Said(N_("The authenticator app is set up. Codes of an app that was set up before are not taken any more.")),
        "passkey": Said(N_("The passkey is kept.")),
        "removed": Said(N_("The passkey is removed.")),
        "last": Said(N_("This is the last way to prove that it is you. Set up another one first."), good=False),
        "wrong": Said(N_("Nothing was changed: that is not your password."), good=False),
        "too-many": Said(N_("Nothing was changed: too many wrong passwords. Wait 15 minutes, then try again."), good=False),
        "unlinked": Said(N_("Telegram is unlinked. Urgent notices come by e-mail only.")),
        "no-bot": Said(N_("Telegram could not be asked for the name of the bot. Try again later."), good=False),
        "not-checked": Said(N_("The passkey could not be checked. Try again."), good=False),
    }
)


@router.get("/staff/account")
def account(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Everything about the account."""
    return show_account(site, reader, said=_SAID.get(said))


@router.post("/staff/account/password")
def password(site: TheSite, reader: Staff, password: Password, new: Password, again: Password) -> Response:
    """Change the password."""
    if (refused := _refused(site, reader, password)) is not None:
        return refused
    _ = site.text(reader)
    if new != again:
        return show_account(site, reader, weak=_("The two new passwords are not the same."))
    try:
        own_account.change_password(site.store, reader, new, site.clock.now())
    except WeakPassword as error:
        return show_account(site, reader, weak=error.told(_))
    return back("password")


@router.post("/staff/account/language")
def language(site: TheSite, reader: Staff, tag: Annotated[str, Form(max_length=16)]) -> Response:
    """Change the language of the pages."""
    if tag in {each.tag for each in interface_languages(site.runtime.settings.locales_dir)}:
        own_account.set_interface_language(site.store, reader, tag, site.clock.now())
    return back("language")


@router.post("/staff/account/sessions/end-others")
def end_others(site: TheSite, reader: Staff) -> Response:
    """End every session but this one."""
    own_account.end_others(site.store, reader, site.clock.now())
    return back("others-ended")


@router.post("/staff/account/sessions/{session_id}/end")
def end_one(site: TheSite, reader: Staff, session_id: UUID) -> Response:
    """End one session."""
    sessions.end(site.store, reader, session_id, site.clock.now())
    return back("ended")


@router.post("/staff/account/recovery-codes")
def recovery_codes(site: TheSite, reader: Staff, password: Password) -> Response:
    """A fresh set of recovery codes, shown once."""
    if (refused := _refused(site, reader, password)) is not None:
        return refused
    codes = second_factor.new_recovery_codes(site.store, reader.staff_id, site.clock.now())
    return site.show("staff/recovery_codes.html", reader, codes=codes, next="/staff/account")


@router.get("/staff/account/app")
def app(site: TheSite, reader: Staff) -> Response:
    """Offer the secret of an authenticator app."""
    return _app(site, reader)


@router.post("/staff/account/app")
def set_up_app(
    site: TheSite,
    reader: Staff,
    password: Password,
    sealed: Annotated[str, Form(max_length=500)],
    code: Annotated[str, Form(max_length=20)],
) -> Response:
    """Take the app whose first code was typed."""
    if (refused := _refused(site, reader, password)) is not None:
        return refused
    if second_factor.confirm(site.store, reader.staff_id, sealed, code, site.clock.now()) is not Outcome.GOOD:
        message = site.text(reader)("That is not the right code now. Each code works once; wait for the next one and try again.")
        return _app(site, reader, sealed=sealed, message=message)
    return back("app")


@router.get("/staff/account/passkey")
def passkey(request: Request, site: TheSite, reader: Staff) -> Response:
    """Offer to make a passkey."""
    options = passkeys.ask_to_make(site.store, _browser(reader), site.place(request), site.service_name)
    return site.show("staff/account_passkey.html", reader, here="account", options=options)


@router.post("/staff/account/passkey")
def make_passkey(
    request: Request,
    site: TheSite,
    reader: Staff,
    password: Password,
    answer: Annotated[str, Form(max_length=20_000)],
    name: Annotated[str, Form(max_length=passkeys.NAME_MAXIMUM)] = "",
) -> Response:
    """Keep the passkey the browser made."""
    if (refused := _refused(site, reader, password)) is not None:
        return refused
    made = passkeys.make(site.store, _browser(reader), site.place(request), answer, name, site.clock.now())
    return back("passkey" if made else "not-checked")


@router.post("/staff/account/passkeys/{passkey_id}/remove")
def remove_passkey(site: TheSite, reader: Staff, passkey_id: UUID, password: Password) -> Response:
    """Forget a passkey."""
    if (refused := _refused(site, reader, password)) is not None:
        return refused
    try:
        passkeys.remove(site.store, reader, passkey_id, site.clock.now())
    except passkeys.LastFactor:
        return back("last")
    return back("removed")


def _refused(site: Site, reader: Reader, password: str) -> Response | None:
    outcome = own_account.check_password(site.store, reader, password, site.clock.now())
    if outcome is Outcome.GOOD:
        return None
    return back("too-many" if outcome is Outcome.TOO_MANY else "wrong")


def show_account(
    site: Site, reader: Reader, *, said: Said | None = None, weak: str | None = None, telegram_link: str | None = None
) -> Response:
    """The page. ``telegram_link``: a fresh link to the agency's bot, shown this one time."""
    return site.show(
        "staff/account.html",
        reader,
        status=HTTPStatus.OK if weak is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        here="account",
        said=said,
        weak=weak,
        email=email_of(site.store, reader),
        sessions=sessions.own_sessions(site.store, reader, site.clock.now()),
        factors=second_factor.factors(site.store, reader.staff_id),
        passkeys=passkeys.own_passkeys(site.store, reader),
        languages=interface_languages(site.runtime.settings.locales_dir),
        has_bot=has_bot(site.runtime.channels, of_agency(site.store, reader.agency_id)),
        telegram_linked=staff_telegram.is_linked(site.store, reader),
        telegram_link=telegram_link,
        telegram_picture=square(telegram_link) if telegram_link else None,
    )


def has_bot(channels: Channels, mine: list[tuple[ChannelKind, str]]) -> bool:
    """Whether the agency has a Telegram bot that is on."""
    return any(kind is ChannelKind.TELEGRAM and channels.telegram(name) is not None for kind, name in mine)


def _app(site: Site, reader: Reader, *, sealed: str = "", message: str | None = None) -> Response:
    names = {"email": email_of(site.store, reader), "service_name": site.service_name}
    again = second_factor.offer_again(site.store, reader.staff_id, sealed, **names) if sealed else None
    offer = again or second_factor.offer(site.store, reader.staff_id, **names)
    status = HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY
    values = {"offer": offer, "picture": as_picture(offer.uri), "message": message}
    return site.show("staff/account_app.html", reader, status=status, here="account", **values)


def back(said: str) -> Response:
    """To the account's page, which says so."""
    return RedirectResponse(f"/staff/account?said={said}", status_code=HTTPStatus.SEE_OTHER)


def _browser(reader: Reader) -> UUID:
    """The session of somebody who asks for a page: nobody comes to one in another way."""
    if reader.session_id is None:
        raise RuntimeError("Somebody asks for a page without a session.")
    return reader.session_id
