"""What people wrote to an account, as its list of messages shows it ("Message resource", direction ``inbound``).

Nobody's webhook is called for these: they are what came while nobody was there to take it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from tests.standins.twilio_api import Message, TwilioStandin


class Inbox:
    """The incoming messages of one account."""

    def __init__(self, account: TwilioStandin) -> None:
        self._account = account
        self.messages: list[Message] = []

    def routes(self) -> list[Route]:
        return [Route("/2010-04-01/Accounts/{account}/Messages/{sid}/Media.json", self._media, methods=["GET"])]

    def heard(
        self, *, sender: str, to: str, body: str = "", sid: str = "", at: float | None = None, files: Sequence[bytes] = ()
    ) -> str:
        """Somebody wrote to us, and Twilio keeps it; its SID."""
        from tests.standins.twilio_api import Message

        message = Message(
            sid=sid or f"SM{secrets.token_hex(16)}",
            form={"From": sender, "To": to},
            body=body,
            status="received",
            direction="inbound",
            made=time.time() if at is None else at,
            media=[(self._account.file(data).rpartition("/")[2], "image/png") for data in files],
        )
        self.messages.append(message)
        return message.sid

    async def _media(self, request: Request) -> Response:
        """ "Media resource", "List all media resources of a message"."""
        if refused := self._account.unauthorised(request):
            return refused
        sid = request.path_params["sid"]
        found = next((each for each in self.messages if each.sid == sid), None)
        path = f"/2010-04-01/Accounts/{self._account.account_sid}/Messages/{sid}/Media"
        media = [
            {"sid": key, "parent_sid": sid, "content_type": kind, "uri": f"{path}/{key}.json"}
            for key, kind in (found.media if found else [])
        ]
        return JSONResponse({"media_list": media, "page": 0, "page_size": 50, "next_page_uri": None, "uri": f"{path}.json"})
