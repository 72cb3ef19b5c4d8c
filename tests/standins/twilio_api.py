"""Twilio's REST API for messages and the Content API, as far as the project uses them.

Sources, by short name in the comments below:

* "Message resource": twilio.com/docs/messaging/api/message-resource
* "Error dictionary": twilio.com/docs/api/errors/<code>
* "20429": twilio.com/docs/api/errors/20429 ("Requests that receive 429 responses aren't processed and are safe to retry")
* "REST errors": twilio.com/docs/usage/twilios-response, the body ``{"code", "message", "more_info", "status"}``
* "twilio-python": the SDK's own code, which reads these answers
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.faults import DONE, Fault, Faults
from tests.standins.server import hang, reset
from tests.standins.twilio_content import Contents, Refused
from tests.standins.twilio_inbox import Inbox
from tests.standins.twilio_numbers import Numbers

_NUMBER = re.compile(r"(?:whatsapp:)?\+[1-9][0-9]{4,14}\Z")
_BSUID = re.compile(r"whatsapp:[A-Z]{2}\.[A-Za-z0-9]{1,128}\Z")


@dataclass(kw_only=True)
class Message:
    """One message the account holds ("Message resource")."""

    sid: str
    form: dict[str, str]
    body: str
    status: str
    made: float = field(default_factory=time.time)
    error_code: int | None = None
    direction: str = "outbound-api"
    media: list[tuple[str, str]] = field(default_factory=list)  # (media SID, content type)

    @property
    def to(self) -> str:
        return self.form["To"]

    def of_days(self, first: str, last: str) -> bool:
        """ "Message resource": the filter DateSent takes days in GMT, both ends included."""
        return first <= f"{datetime.fromtimestamp(self.made, UTC):%Y-%m-%d}" <= last

    def as_json(self, account: str) -> dict[str, Any]:
        # "Message resource": dates are RFC 2822 in GMT; num_segments and num_media are strings; error_code is null until failed.
        stamp = formatdate(self.made).replace("-0000", "+0000")
        return {
            "sid": self.sid,
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "from": self.form.get("From"),
            "to": self.to,
            "messaging_service_sid": self.form.get("MessagingServiceSid"),
            "direction": self.direction,
            "status": self.status,
            "num_segments": "1",
            "num_media": str(len(self.media)),
            "error_code": self.error_code,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "date_created": stamp,
            "date_updated": stamp,
            "date_sent": None if self.status in ("queued", "accepted") else stamp,
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}.json",
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}/Media.json"},
        }


class TwilioStandin:
    """One account. ``app`` serves it; the rest is for tests to look at and to set."""

    def __init__(self, *, account_sid: str, auth_token: str, seed: int = 0) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.url = ""  # where it is served
        self.faults = Faults(seed)
        self.messages: list[Message] = []
        self.inbox = Inbox(self)  # what people wrote to us
        self.list_calls = 0
        self.contents = Contents(account_sid)
        self.unsubscribed: set[str] = set()  # people who texted STOP: 21610
        self.closed: set[str] = set()  # people outside the 24-hour window: only approved templates reach them
        self.unreachable: dict[str, int] = {}  # address → code of the refusal
        self.list_lag_s = 0.0
        self.answers_after_s = 0.0  # what was asked is done at once; the answer takes so long
        self.retry_after: int | None = 1
        self.files: dict[str, bytes] = {}  # by media SID
        self.media_calls: list[str | None] = []  # the Authorization header of each request for media, or for what it leads to
        self._lock = threading.Lock()
        self.numbers = Numbers(account_sid, self.unauthorised)
        self.app = Starlette(
            routes=[
                Route("/2010-04-01/Accounts/{account}/Messages.json", self._create, methods=["POST"]),
                Route("/2010-04-01/Accounts/{account}/Messages.json", self._list, methods=["GET"]),
                Route("/2010-04-01/Accounts/{account}/Messages/{sid}.json", self._fetch, methods=["GET"]),
                *self.inbox.routes(),
                Route("/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{media}", self._media, methods=["GET"]),
                Route("/stored/{media}", self._stored, methods=["GET"]),
                Route("/v1/Content", self._make_content, methods=["POST"]),
                Route("/v2/Content", self._find_content, methods=["GET"]),
                *self.numbers.routes(),
                Route("/v1/Content/{sid}/ApprovalRequests/whatsapp", self._submit, methods=["POST"]),
                Route("/v1/Content/{sid}/ApprovalRequests", self._approval, methods=["GET"]),
            ]
        )

    def to(self, address: str) -> list[Message]:
        """What was sent to an address, oldest first."""
        with self._lock:
            return [message for message in self.messages if message.to == address]

    def file(self, data: bytes) -> str:
        """Somebody sent this: its address as a webhook names it ("Media resource": ``MediaUrl0``)."""
        media = f"ME{secrets.token_hex(16)}"
        self.files[media] = data
        return f"https://api.twilio.com/2010-04-01/Accounts/{self.account_sid}/Messages/MM{'0' * 32}/Media/{media}"

    async def _media(self, request: Request) -> Response:
        """ "Media resource": with the account's credentials, an address in the storage; the file is read from there."""
        self.media_calls.append(request.headers.get("Authorization"))
        if refused := self.unauthorised(request):
            return refused
        if request.path_params["media"] not in self.files:
            return _error(404, 20404, "The requested resource was not found")
        return Response(status_code=307, headers={"Location": f"{self.url}/stored/{request.path_params['media']}"})

    async def _stored(self, request: Request) -> Response:
        return Response(self.files[request.path_params["media"]], media_type="application/octet-stream")

    # -- requests ------------------------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        if refused := self.unauthorised(request):
            return refused
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        fault = self.faults.next()
        if fault is Fault.TOO_MANY:
            return self._too_many()
        if fault is not None and fault not in DONE:
            return await _broken(request, fault)
        try:
            message = self._accept(form)
        except Refused as why:
            return _error(400, why.code, why.text)
        if fault is not None:
            return await _broken(request, fault)
        await asyncio.sleep(self.answers_after_s)
        # "Message resource": the answer to a create is 201 with the resource, "queued", or "accepted" with a messaging service.
        return JSONResponse(message.as_json(self.account_sid), status_code=201)

    def _accept(self, form: dict[str, str]) -> Message:
        to = form.get("To", "")
        if not to:
            raise Refused(21604, "A 'To' phone number is required.")  # Error dictionary 21604
        if not (form.get("From") or form.get("MessagingServiceSid")):
            raise Refused(21603, "A 'From' phone number is required.")  # 21603
        if not (_NUMBER.match(to) or _BSUID.match(to)):
            raise Refused(21211, f"Invalid 'To' Phone Number: {to}")  # 21211
        if code := self.unreachable.get(to):
            raise Refused(code, f"Error {code}")
        if to in self.unsubscribed:
            raise Refused(21610, "Attempt to send to unsubscribed recipient")  # 21610
        if to in self.closed and self.contents.approval(form.get("ContentSid", "")).get("status") != "approved":
            # Error dictionary 63016: free-form outside the window. Usually it comes in a receipt; a refusal at once is allowed for.
            raise Refused(63016, "Failed to send freeform message because you are outside the allowed window")
        body = self._body(form)
        if not body and not form.get("MediaUrl"):  # "Message resource": Body, MediaUrl or ContentSid
            raise Refused(21602, "Message body is required.")  # 21602
        if len(body) > 1600:
            raise Refused(21617, "The concatenated message body exceeds the 1600 character limit.")  # 21617
        status = "accepted" if form.get("MessagingServiceSid") else "queued"
        message = Message(sid=f"SM{secrets.token_hex(16)}", form=form, body=body, status=status)
        with self._lock:
            self.messages.append(message)
        return message

    def _body(self, form: dict[str, str]) -> str:
        if not (sid := form.get("ContentSid")):
            return form.get("Body", "")
        # "Using variables with Content API": ContentVariables is a JSON string; a message made from content has the text as body.
        try:
            variables = json.loads(form.get("ContentVariables") or "{}")
        except ValueError:
            raise Refused(21656, "The ContentVariables Parameter is invalid.") from None  # 21656
        return self.contents.body(sid, variables)

    async def _list(self, request: Request) -> Response:
        """Newest first; To and From filter exactly; pages of PageSize with ``next_page_uri`` ("Message resource", "List").

        The list is eventually consistent: what was just made may be missing for a while (``list_lag_s``).
        """
        if refused := self.unauthorised(request):
            return refused
        query = request.query_params
        size, page = min(int(query.get("PageSize", 50)), 1000), int(query.get("Page", 0))
        with self._lock:
            self.list_calls += 1
            everything = [*self.messages, *self.inbox.messages]
        shown = [
            message
            for message in sorted(everything, key=lambda each: each.made, reverse=True)
            if time.time() - message.made >= self.list_lag_s
            and query.get("To") in (None, message.to)
            and query.get("From") in (None, message.form.get("From"))
            and message.of_days(query.get("DateSent>", ""), query.get("DateSent<", "9999"))
        ]
        here = shown[page * size : (page + 1) * size]
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        filters = ("To", "From", "DateSent>", "DateSent<")
        kept = {name: query[name] for name in filters if name in query}  # the next page is of the same filtered list
        following = f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': page + 1})}"
        more = following if len(shown) > (page + 1) * size else None
        return JSONResponse(
            {
                "messages": [message.as_json(self.account_sid) for message in here],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(here) - 1, 0),
                "uri": path,
                "first_page_uri": path,
                "next_page_uri": more,
                "previous_page_uri": None,
            }
        )

    async def _fetch(self, request: Request) -> Response:
        if refused := self.unauthorised(request):
            return refused
        sid = request.path_params["sid"]
        with self._lock:
            found = next((message for message in self.messages if message.sid == sid), None)
        if found is None:
            return _error(404, 20404, f"The requested resource {request.url.path} was not found")  # Error dictionary 20404
        return JSONResponse(found.as_json(self.account_sid))

    async def _make_content(self, request: Request) -> Response:
        if refused := self.unauthorised(request):
            return refused
        body = await request.body()
        fault = self.faults.next()
        if fault is Fault.TOO_MANY:
            return self._too_many()
        if fault is not None and fault not in DONE:
            return await _broken(request, fault)
        try:
            made = self.contents.make(json.loads(body))
        except Refused as why:
            return _error(400, why.code, why.text)
        return await _broken(request, fault) if fault is not None else JSONResponse(made, status_code=201)

    async def _find_content(self, request: Request) -> Response:
        if refused := self.unauthorised(request):
            return refused
        found = self.contents.named(request.query_params.get("ContentName", ""))
        size = int(request.query_params.get("PageSize", 50))
        # twilio-python (base/page.py): v1 and v2 lists have a "meta" that names the key of the records.
        meta = {"page": 0, "page_size": size, "url": str(request.url), "next_page_url": None, "key": "contents"}
        return JSONResponse({"meta": meta, "contents": list(itertools.islice(found, size))})

    async def _submit(self, request: Request) -> Response:
        """Hand a template in for approval ("Content template approvals": "Submit content template for approval")."""
        if refused := self.unauthorised(request):
            return refused
        try:
            return JSONResponse(self.contents.submit(request.path_params["sid"], json.loads(await request.body())), status_code=201)
        except Refused as why:
            return _error(400, why.code, why.text)

    async def _approval(self, request: Request) -> Response:
        """How far a template is ("Fetch an approval status request")."""
        if refused := self.unauthorised(request):
            return refused
        sid = request.path_params["sid"]
        return JSONResponse({"sid": sid, "account_sid": self.account_sid, "whatsapp": self.contents.approval(sid), "url": ""})

    # -- answers -------------------------------------------------------------------------------------------------------

    def unauthorised(self, request: Request) -> Response | None:
        """HTTP basic authentication with account SID and token; otherwise 401 with code 20003 (Error dictionary 20003)."""
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        right = request.headers.get("Authorization") == f"Basic {expected}"
        right = right and request.path_params.get("account", self.account_sid) == self.account_sid
        return None if right else _error(401, 20003, "Authenticate")

    def _too_many(self) -> Response:
        headers = {"Twilio-Concurrent-Requests": "101"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return _error(429, 20429, "Too Many Requests", headers)


def _error(status: int, code: int, text: str, headers: dict[str, str] | None = None) -> Response:
    body = {"code": code, "message": text, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return JSONResponse(body, status_code=status, headers=headers)


async def _broken(request: Request, fault: Fault) -> Response:
    if fault in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER):
        await hang(request)
    elif fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
        await reset(request)
    elif fault is Fault.SERVER_ERROR:
        return _error(500, 20500, "Internal Server Error")  # Error dictionary 20500
    # A gateway's own page: 5xx answers need not be JSON, and twilio-python copes (base/version.py, "exception").
    return Response("<html><body>Bad Gateway</body></html>", status_code=502, media_type="text/html")
