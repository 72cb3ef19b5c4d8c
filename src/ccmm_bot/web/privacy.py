"""``GET /privacy``: the privacy notice, for whoever asks, in every language there is one in. Nothing about anybody is on it."""

from __future__ import annotations

from typing import Final

from babel import UnknownLocaleError
from babel.lists import format_list
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.agencies.carriers import carriers
from ccmm_bot.i18n import privacy
from ccmm_bot.i18n.languages import SOURCE, Language
from ccmm_bot.messages import ChannelKind
from ccmm_bot.web.site import Site
from ccmm_bot.web.templating import environment, page

#: The companies behind a channel. Twilio carries our SMS and WhatsApp messages to the telephone companies and to Meta.
_COMPANIES: Final = {
    ChannelKind.SMS: ("Twilio",),
    ChannelKind.WHATSAPP: ("Twilio", "WhatsApp (Meta)"),
    ChannelKind.TELEGRAM: ("Telegram",),
}


async def choose(request: Request) -> Response:
    """To the notice in the first language the browser asks for that there is one in."""
    site: Site = request.app.state.site
    exact = {each.html_lang.lower(): each.tag for each in privacy.languages(site.runtime.settings.locales_dir)}
    known = {name.partition("-")[0]: tag for name, tag in reversed(exact.items())} | exact
    asked = (part.partition(";")[0].strip().lower() for part in request.headers.get("accept-language", "").split(","))
    tag = next((known[name] for full in asked for name in (full, full.partition("-")[0]) if name in known), SOURCE)
    return RedirectResponse(f"/privacy/{tag}", headers={"Vary": "Accept-Language"})


async def show(request: Request) -> Response:
    """The notice in one language; 404 where there is none."""
    site: Site = request.app.state.site
    settings = site.runtime.settings
    spoken = {each.tag: each for each in privacy.languages(settings.locales_dir)}
    tag = request.path_params["lang"]
    if tag not in spoken:
        raise HTTPException(404)
    used = await run_in_threadpool(carriers, site.store)
    names = [name for kind in _COMPANIES if kind in used for name in _COMPANIES[kind]]
    values = {
        "agency_name": settings.agency_name,
        "service_name": settings.service_name,
        "companies": _listed(list(dict.fromkeys(names)), spoken[tag]),
        "contact": settings.privacy_contact or settings.agency_name,
    }
    return page(
        environment(settings.locales_dir, SOURCE),
        "privacy.html",
        notice=privacy.notice(settings.locales_dir, tag).filled(values),
        languages=list(spoken.values()),
        service_name=settings.service_name,
    )


def _listed(names: list[str], spoken: Language) -> str:
    """Names one after the other, as the language does it; with commas where the locale data has nothing."""
    if not names:
        return "–"
    try:
        return format_list(names, style="unit", locale=spoken.catalogue)
    except (UnknownLocaleError, ValueError, KeyError):
        return ", ".join(names)
