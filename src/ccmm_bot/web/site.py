"""What the pages share, put together once from the runtime and reached through the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from gettext import NullTranslations
from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from starlette.responses import HTMLResponse

from ccmm_bot.casework.access import sessions
from ccmm_bot.casework.access.passkeys import Place
from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.access.sessions import Halfway
from ccmm_bot.casework.agencies.alarms import trouble_words
from ccmm_bot.casework.conversations.canned import CannedReplies
from ccmm_bot.casework.labels import Labels
from ccmm_bot.casework.persons.names import Names
from ccmm_bot.clock import Clock
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.news import News
from ccmm_bot.store.session import Store
from ccmm_bot.web.access import Door, needed
from ccmm_bot.web.errors import SignInNeeded
from ccmm_bot.web.news import Newsroom
from ccmm_bot.web.templating import asked_language, environment, page, translator

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is not signed in: the pages speak what her browser asks for."""

    interface_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One application's shared parts."""

    runtime: Runtime
    labels: Labels
    canned: CannedReplies
    https: bool
    demonstration: bool = False  # whether this is one, for the pages to say so
    cookie: str = field(init=False)
    news: Newsroom = field(init=False)
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        # Browsers keep a "__Host-" cookie for exactly this host, and only over https (RFC 6265bis §4.1.3.2).
        object.__setattr__(self, "cookie", "__Host-ccmm" if self.https else "ccmm")
        object.__setattr__(self, "news", Newsroom(lambda: News(self.store)))

    @property
    def store(self) -> Store:
        """The staff side of the database."""
        return self.runtime.store

    @property
    def clock(self) -> Clock:
        """What time it is."""
        return self.runtime.clock

    @property
    def service_name(self) -> str:
        """How the service calls itself."""
        return self.runtime.settings.service_name

    def env(self, reader: Reader | Halfway | Visitor | None = None) -> Environment:
        """The templates in the reader's interface language."""
        return environment(self.runtime.settings.locales_dir, reader.interface_language if reader else "en")

    def text(self, reader: Reader | Halfway | Visitor | None = None) -> Callable[[str], str]:
        """The catalogue of the reader's interface language, as a function."""
        return translator(self.runtime.settings.locales_dir, reader.interface_language if reader else "en").gettext

    def _speaks(self, reader: Reader | Halfway | Visitor | None) -> NullTranslations:
        return translator(self.runtime.settings.locales_dir, reader.interface_language if reader else "en")

    def show(
        self, template: str, reader: Reader | Halfway | Visitor | None = None, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page or fragment for a reader."""
        values.setdefault("service_name", self.service_name)
        values.setdefault("demonstration", self.demonstration)
        trouble = self.runtime.database.vitals.trouble
        values.setdefault("outage", None if trouble is None else trouble_words(trouble.what, self._speaks(reader)))
        values.setdefault("actor", None if isinstance(reader, Visitor) else reader)
        return page(self.env(reader), template, status=status, **values)

    def place(self, request: Request) -> Place:
        """Where the browser sees us, for what is bound to it."""
        # Not of request.url: what is in a query need not be text.
        base = self.runtime.settings.public_base_url.rstrip("/") or str(request.base_url).rstrip("/")
        return Place(base, urlsplit(base).hostname or "")

    def remember(self, response: Response, token: str) -> None:
        """Give the browser its session. The cookie ends with the browser; the row behind it ends by itself."""
        response.set_cookie(self.cookie, token, httponly=True, secure=self.https, samesite="lax", path="/")

    def forget(self, response: Response) -> None:
        """Take the cookie back."""
        response.delete_cookie(self.cookie, httponly=True, secure=self.https, samesite="lax", path="/")


def site_of(request: Request) -> Site:
    """The site a request is for."""
    return cast("Site", request.app.state.site)


TheSite = Annotated[Site, Depends(site_of)]


def visiting(request: Request, site: TheSite) -> Visitor:
    """Who is asking, unknown."""
    return Visitor(interface_language=asked_language(request, site.runtime.settings.locales_dir))


def signed_in(request: Request, site: TheSite) -> Reader:
    """Who is asking, allowed to: the one check every staff route goes through. What it needs is in the table of routes."""
    need = needed(request.method, request.scope["route"].path)
    token = request.cookies.get(site.cookie)
    active = "hx-request" not in request.headers and request.headers.get("accept") != "text/event-stream"
    reader = sessions.who(site.store, token, site.clock.now(), active=active) if token else None
    if reader is None:
        raise SignInNeeded
    request.state.language = reader.interface_language  # for an error page, which is not told who is reading
    if isinstance(need, Permission):
        require(reader, need)
    elif need is not Door.SIGNED_IN:
        raise RuntimeError(f"{need} is not a door for staff")
    request.state.reader = reader  # for the entry in the audit that says who looked
    return reader


def halfway_in(request: Request, site: TheSite) -> Halfway:
    """Who has given the right password and now proves herself."""
    if needed(request.method, request.scope["route"].path) is not Door.HALFWAY:
        raise RuntimeError("this route is not one between the password and the second factor")
    token = request.cookies.get(site.cookie)
    found = sessions.halfway(site.store, token, site.clock.now()) if token else None
    if found is None:
        raise SignInNeeded
    request.state.language = found.interface_language
    return found


Staff = Annotated[Reader, Depends(signed_in)]
HalfwayIn = Annotated[Halfway, Depends(halfway_in)]
Visiting = Annotated[Visitor, Depends(visiting)]


def local_path(text: str, default: str = "/staff/today") -> str:
    """A path of the staff pages, to go on to after signing in; anything else is replaced."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return default  # "https://[::1": no address at all
    fits = not parts.scheme and not parts.netloc and (parts.path == "/staff" or parts.path.startswith("/staff/"))
    return parts.path if fits and "\\" not in text and "//" not in text else default
