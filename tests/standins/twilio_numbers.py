"""The parts of Twilio's API that say where a number calls.

Sources, by short name in the comments below:

* "Account": twilio.com/docs/iam/api/account
* "IncomingPhoneNumber": twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
* "Service": twilio.com/docs/messaging/api/service-resource
* "Senders": twilio.com/docs/whatsapp/register-senders-using-api, and twilio-python (messaging/v2/channels_sender)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PHONE_SID = "PN" + "0123456789abcdef" * 2
SENDER_SID = "XE" + "0123456789abcdef" * 2

Unauthorised = Callable[[Request], Response | None]


@dataclass
class Numbers:
    """What one account has, as a test sets it."""

    account_sid: str
    unauthorised: Unauthorised
    status: str = "active"
    kind: str = "Full"
    phones: dict[str, dict[str, Any]] = field(default_factory=dict)  # by number
    services: dict[str, dict[str, Any]] = field(default_factory=dict)  # by SID
    pools: dict[str, list[str]] = field(default_factory=dict)  # service → numbers
    senders: dict[str, dict[str, Any]] = field(default_factory=dict)  # by sender id
    senders_api: bool = True
    updates: list[dict[str, Any]] = field(default_factory=list)

    def add_phone(self, number: str, *, sms: bool = True, **more: Any) -> None:
        """A number the account has bought."""
        self.phones[number] = {
            "sid": PHONE_SID,
            "account_sid": self.account_sid,
            "phone_number": number,
            "friendly_name": number,
            "capabilities": {"voice": True, "sms": sms, "mms": False, "fax": False},
            "sms_url": "",
            "sms_method": "POST",
            "sms_application_sid": "",
            "status_callback": "",
        } | more

    def add_service(self, sid: str, *numbers: str) -> None:
        """A messaging service with numbers in its pool."""
        self.services[sid] = {
            "sid": sid,
            "account_sid": self.account_sid,
            "inbound_request_url": None,
            "inbound_method": "POST",
            "use_inbound_webhook_on_number": True,  # "Service": the default for new ones
        }
        self.pools[sid] = list(numbers)

    def add_sender(self, number: str, status: str = "ONLINE") -> None:
        """A WhatsApp sender."""
        self.senders[f"whatsapp:{number}"] = {
            "sid": SENDER_SID,
            "sender_id": f"whatsapp:{number}",
            "status": status,
            "webhook": {
                "callback_url": "https://demo.twilio.com/reply",
                "callback_method": "POST",
                "status_callback_url": "https://elsewhere.example.org/status",
            },
        }

    def routes(self) -> list[Route]:
        """To be served beside the rest."""
        root = "/2010-04-01/Accounts/{account}"
        served = [
            (root + ".json", self._account, "GET"),
            (root + "/IncomingPhoneNumbers.json", self._phones, "GET"),
            (root + "/IncomingPhoneNumbers/{sid}.json", self._update_phone, "POST"),
            ("/v1/Services/{sid}", self._service, "GET"),
            ("/v1/Services/{sid}", self._update_service, "POST"),
            ("/v1/Services/{sid}/PhoneNumbers", self._pool, "GET"),
            ("/v2/Channels/Senders", self._senders, "GET"),
            ("/v2/Channels/Senders/{sid}", self._update_sender, "POST"),
        ]
        return [Route(path, self._guarded(endpoint), methods=[method]) for path, endpoint, method in served]

    def _guarded(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            refused = self.unauthorised(request)
            answered: Response = refused if refused is not None else await endpoint(request)
            return answered

        return answer

    async def _account(self, request: Request) -> Response:
        # "Account": status active, suspended or closed; type Trial or Full
        return JSONResponse({"sid": self.account_sid, "status": self.status, "type": self.kind, "friendly_name": "Test"})

    async def _phones(self, request: Request) -> Response:
        """ "IncomingPhoneNumber", list: PhoneNumber filters by pattern; our numbers are whole ones."""
        wanted = request.query_params.get("PhoneNumber", "")
        found = [phone for number, phone in self.phones.items() if wanted in number]
        page = {"page": 0, "page_size": 50, "start": 0, "end": len(found), "uri": request.url.path, "next_page_uri": None}
        return JSONResponse({"incoming_phone_numbers": found, **page})

    async def _update_phone(self, request: Request) -> Response:
        form = await _form(request)
        phone = next(each for each in self.phones.values() if each["sid"] == request.path_params["sid"])
        names = {"SmsUrl": "sms_url", "SmsMethod": "sms_method", "SmsApplicationSid": "sms_application_sid"}
        phone.update({names[name]: value for name, value in form.items() if name in names})
        self.updates.append(form)
        return JSONResponse(phone)

    async def _service(self, request: Request) -> Response:
        found = self.services.get(request.path_params["sid"])
        return JSONResponse(found) if found else _missing(request)

    async def _update_service(self, request: Request) -> Response:
        form = await _form(request)
        service = self.services[request.path_params["sid"]]
        service["inbound_request_url"] = form["InboundRequestUrl"]
        service["inbound_method"] = form["InboundMethod"]
        service["use_inbound_webhook_on_number"] = form["UseInboundWebhookOnNumber"].lower() == "true"
        self.updates.append(form)
        return JSONResponse(service)

    async def _pool(self, request: Request) -> Response:
        numbers = self.pools.get(request.path_params["sid"])
        if numbers is None:
            return _missing(request)
        rows = [{"sid": PHONE_SID, "phone_number": number, "service_sid": request.path_params["sid"]} for number in numbers]
        meta = {"page": 0, "page_size": 50, "url": str(request.url), "next_page_url": None, "key": "phone_numbers"}
        return JSONResponse({"meta": meta, "phone_numbers": rows})

    async def _senders(self, request: Request) -> Response:
        if not self.senders_api:
            return _missing(request)
        meta = {"page": 0, "page_size": 50, "url": str(request.url), "next_page_url": None, "key": "senders"}
        return JSONResponse({"meta": meta, "senders": list(self.senders.values())})

    async def _update_sender(self, request: Request) -> Response:
        body = json.loads(await request.body())
        sender = next(each for each in self.senders.values() if each["sid"] == request.path_params["sid"])
        sender.update(body)  # a null would be taken for a value: what is not to change must not be sent
        self.updates.append(body)
        return JSONResponse(sender, status_code=202)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _missing(request: Request) -> Response:
    text = f"The requested resource {request.url.path} was not found"  # Error dictionary 20404
    body = {"code": 20404, "message": text, "more_info": "https://www.twilio.com/docs/errors/20404", "status": 404}
    return JSONResponse(body, status_code=404)
