"""The web application: webhooks, staff pages, and in the demonstration the phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.conversations.canned import CannedReplies
from ccmm_bot.casework.labels import Labels
from ccmm_bot.runtime import Runtime
from ccmm_bot.web import metrics, privacy, recordings
from ccmm_bot.web.access import check_routes
from ccmm_bot.web.assets import serve_static
from ccmm_bot.web.entrance import MAX_BODY
from ccmm_bot.web.errors import CatchAll, ErrorPages
from ccmm_bot.web.front import Application, Front
from ccmm_bot.web.health import alive, is_ready
from ccmm_bot.web.later import PagesLater, add_pages
from ccmm_bot.web.patterns import patterns
from ccmm_bot.web.security import SameOrigin, SecurityHeaders
from ccmm_bot.web.site import Site
from ccmm_bot.web.watching import Watched
from ccmm_bot.web.webhooks import mount_webhooks

if TYPE_CHECKING:
    from ccmm_bot.web.demo.state import Demonstration


def create_app(runtime: Runtime, *, demonstration: Demonstration | None = None, pages_later: bool = False) -> FastAPI:
    """The application over a runtime, which it neither opens nor closes.

    ``pages_later``: staff pages and API are read with the first request for one of them (:mod:`ccmm_bot.web.later`).

    :raises ccmm_bot.web.access.UnlistedRoute: a route was added without saying who may call it.
    """
    settings = runtime.settings
    app = Application(
        title="ccmm-bot", max_body_size=MAX_BODY, redirect_slashes=False, docs_url=None, redoc_url=None, openapi_url=None
    )
    https = settings.public_base_url.startswith("https://")
    slots = {"service_name": settings.service_name, "agency_name": settings.agency_name}
    labels = Labels(runtime.machine, slots, runtime.catalogues)
    canned = CannedReplies(runtime.loaded.dialogues, runtime.catalogues)
    app.state.site = Site(runtime=runtime, labels=labels, canned=canned, https=https, demonstration=demonstration is not None)
    app.state.demonstration = demonstration

    app.add_route("/", _first, methods=["GET"])
    app.add_route("/healthz", alive, methods=["GET"])
    app.add_route("/readyz", is_ready, methods=["GET"])
    app.add_route("/privacy", privacy.choose, methods=["GET"])
    app.add_route("/privacy/{lang}", privacy.show, methods=["GET"])
    app.add_route("/metrics", metrics.show, methods=["GET"])
    app.add_route("/static/{print}/{name:path}", serve_static, methods=["GET"])
    app.add_route(recordings.PATH, recordings.serve_recording, methods=["GET"])
    webhooks = mount_webhooks(app, runtime)
    if demonstration is not None:
        from ccmm_bot.web.demo import routes as demo

        app.router.routes.extend(demo.router.routes)
    check_routes(app.routes)
    app.state.patterns = patterns(app.routes)
    if not pages_later:
        add_pages(app)

    pages = ErrorPages(settings.locales_dir, settings.service_name)
    pages.install(app)
    # The last one added is the outermost.
    if pages_later:
        app.add_middleware(PagesLater, whole=app)
    app.add_middleware(Watched)
    app.add_middleware(SameOrigin, origins=[settings.public_base_url.rstrip("/")] if settings.public_base_url else [])
    app.add_middleware(CatchAll, pages=pages)
    app.add_middleware(SecurityHeaders, https=https, framed=demonstration is not None)
    app.state.metrics = metrics.Metrics(runtime.store.engine, runtime.clock.now)
    app.add_middleware(metrics.Measured, metrics=app.state.metrics)
    app.front = Front(webhooks.entrances, metrics=app.state.metrics, pages=pages, https=https, framed=demonstration is not None)
    return app


async def _first(request: Request) -> Response:
    site: Site = request.app.state.site
    return RedirectResponse("/demo" if site.demonstration else "/staff")
