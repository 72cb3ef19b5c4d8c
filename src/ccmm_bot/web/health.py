"""For whoever watches the service: whether it runs, and whether it can work."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ccmm_bot.store.session import Store
from ccmm_bot.web.site import Site


async def alive(_request: Request) -> Response:
    """``GET /healthz``: the process answers."""
    return PlainTextResponse("ok\n")


async def is_ready(request: Request) -> Response:
    """``GET /readyz``: the database answers as well, and takes what is written to it. Says in one word what is wrong."""
    site: Site = request.app.state.site
    vitals = site.runtime.database.vitals
    if vitals.trouble is not None:
        await vitals.look()
    if (trouble := vitals.trouble) is not None:
        return PlainTextResponse(f"the database keeps nothing: {trouble.what.value}\n", status_code=503)
    if await run_in_threadpool(_database_answers, site.store):
        return PlainTextResponse("ready\n")
    return PlainTextResponse("the database does not answer\n", status_code=503)


def _database_answers(store: Store) -> bool:
    try:
        with store.engine.connect().execution_options(ccmm_write=False) as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return False
    return True
