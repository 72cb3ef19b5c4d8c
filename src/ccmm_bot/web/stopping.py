"""A server that lets go of open pages before it waits for them."""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette

from ccmm_bot.web.site import Site


class Server(uvicorn.Server):
    """Uvicorn waits for answers that are under way, and the stream of an open page is one that does not end by itself."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then stop as ever."""
        app = self.config.app
        if isinstance(app, Starlette) and isinstance(site := getattr(app.state, "site", None), Site):
            site.news.close()
        await super().shutdown(sockets)
