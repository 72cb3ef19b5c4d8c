"""Finding somebody. The words are sent in a request's body, never in an address: browsers and proxies keep addresses."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from ccmm_bot.casework.persons.search import MOST_NAMES, QUERY_MAXIMUM, search
from ccmm_bot.web.site import Staff, TheSite

router = APIRouter()


@router.get("/staff/search")
def form(site: TheSite, reader: Staff) -> Response:
    """The form."""
    return site.show("staff/search.html", reader, here="search", query="", found=None, most=MOST_NAMES)


@router.post("/staff/search")
def find(site: TheSite, reader: Staff, query: Annotated[str, Form(max_length=QUERY_MAXIMUM)] = "") -> Response:
    """What was found."""
    found = search(site.store, reader, query, site.names)
    return site.show("staff/search.html", reader, here="search", query=query, found=found, most=MOST_NAMES)
