"""Setting a Twilio account up: where its numbers call when a message comes in, and whether all of it works.

Receipts need no setting: every message carries the address for its own ("StatusCallback" of the Message resource).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import RequestValidator

from ccmm_bot.channels import reach
from ccmm_bot.channels.checks import Check, all_well, by_hand, ok, problem
from ccmm_bot.channels.twilio.account import WHATSAPP_PREFIX, TwilioAccount, is_messaging_service
from ccmm_bot.channels.twilio.http import Door, TooManyRequests
from ccmm_bot.channels.twilio.send import STATUS_PATH
from ccmm_bot.channels.twilio.signature import SIGNATURE_HEADER

API: Final = "https://api.twilio.com"
INBOUND_PATH: Final = "/webhooks/twilio"

_FORM = "application/x-www-form-urlencoded"
_SETTINGS = "CCMM_TWILIO_ACCOUNT_SID and CCMM_TWILIO_AUTH_TOKEN"
_TROUBLE = (httpx.HTTPError, TooManyRequests, TwilioException)


def inbound_url(account: TwilioAccount) -> str:
    """Where Twilio is to call when a message comes in."""
    return f"{account.public_base_url.rstrip('/')}{INBOUND_PATH}/{account.account_sid}"


async def set_up(account: TwilioAccount, *, now: datetime) -> list[Check]:
    """Set every webhook that the API can set, and say how each thing stands."""
    async with _Api(account) as client:
        found = await _account(client, account)
        if not all_well(found):
            return found
        address = await reach.public_address(account.public_base_url)
        found += address
        if all_well(address[1:]):
            found.append(await _probe(account))
        if account.sms_from:
            found.append(await _guarded("SMS", _sms, client, account))
        if account.whatsapp_from:
            found.append(await _guarded("WhatsApp", _whatsapp, client, account))
    return [*found, await reach.clock("Twilio", account.api_base_url or API, now)]


async def numbers_of(account: TwilioAccount) -> tuple[str, ...]:
    """The numbers people can write to by SMS: the sender itself, or those in the messaging service's pool.

    :raises TwilioException, httpx.HTTPError, TooManyRequests: Twilio could not be asked
    """
    if not is_messaging_service(account.sms_from):
        return (account.sms_from,) if account.sms_from else ()
    async with _Api(account) as client:
        pool = await client.messaging.v1.services(account.sms_from).phone_numbers.list_async(limit=20)
        return tuple(str(each.phone_number) for each in pool)


class _Api:
    """``async with _Api(account) as client``: the library's client, its connections closed in the end."""

    def __init__(self, account: TwilioAccount) -> None:
        self._http = Door(api_base_url=account.api_base_url)
        self._account = account

    async def __aenter__(self) -> Any:
        from ccmm_bot.channels.twilio.library import library

        return library(self._account, self._http)

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()


async def _account(client: Any, account: TwilioAccount) -> list[Check]:
    try:
        held = await client.api.v2010.accounts(account.account_sid).fetch_async()
    except TwilioRestException as error:
        if error.status in (401, 403, 404):
            fix = f"Copy both again from the Twilio Console (Account Info) into {_SETTINGS}."
            return [problem("account", "Twilio refuses the account's SID or token", fix)]
        return [_not_now("account", error)]
    except _TROUBLE as error:
        return [_not_now("account", error)]
    if held.status != "active":
        return [problem("account", f"is {held.status}", "See the Twilio Console, Account; a suspended account sends nothing.")]
    found = [ok("account", f"{account.account_sid} is active")]
    if held.type == "Trial":
        fix = 'Upgrade it before people use it (Twilio, "Twilio Free Trial": a trial account sends to verified numbers only).'
        found.append(by_hand("trial", "this is a trial account", fix))
    return found


async def _probe(account: TwilioAccount) -> Check:
    """A receipt for a message that does not exist, signed with our token, from outside."""
    url = f"{account.public_base_url.rstrip('/')}{STATUS_PATH}/{account.account_sid}"
    fields = {
        "MessageSid": "SM" + 32 * "0",
        "AccountSid": account.account_sid,
        "MessageStatus": "sent",
        "From": "+15005550006",  # Twilio's own number for tests
        "To": "+15005550006",
    }
    signature = str(RequestValidator(account.auth_token).compute_signature(url, fields))
    headers = {"Content-Type": _FORM, SIGNATURE_HEADER: signature}
    return await reach.webhook("webhook", url, body=urlencode(fields).encode(), headers=headers, settings=_SETTINGS)


async def _guarded(name: str, step: Callable[[Any, TwilioAccount], Awaitable[Check]], client: Any, account: TwilioAccount) -> Check:
    try:
        return await step(client, account)
    except _TROUBLE as error:
        return _not_now(name, error)


async def _sms(client: Any, account: TwilioAccount) -> Check:
    if is_messaging_service(account.sms_from):
        return await _service(client, account)
    url = inbound_url(account)
    held = await client.incoming_phone_numbers.list_async(phone_number=account.sms_from, limit=20)
    number = next((each for each in held if each.phone_number == account.sms_from), None)
    if number is None:
        fix = "Correct CCMM_TWILIO_SMS_FROM, or buy the number: Twilio Console, Phone Numbers, Buy a number."
        return problem("SMS", f"the account has no number {account.sms_from}", fix)
    if not (number.capabilities or {}).get("sms"):
        return problem("SMS", f"{account.sms_from} cannot send SMS", "Buy a number with the capability SMS.")
    if number.sms_url == url and number.sms_method == "POST" and not number.sms_application_sid:
        return ok("SMS", f"{account.sms_from} calls {url}")
    # IncomingPhoneNumber resource: "If an sms_application_sid is present, we ignore all of the sms_*_url urls".
    await number.update_async(sms_url=url, sms_method="POST", sms_application_sid="")
    return ok("SMS", f"{account.sms_from} now calls {url} (before: {number.sms_url or 'nobody'})")


async def _service(client: Any, account: TwilioAccount) -> Check:
    """A messaging service: its own webhook, for every number in its pool."""
    url = inbound_url(account)
    service = await client.messaging.v1.services(account.sms_from).fetch_async()
    pool = await client.messaging.v1.services(account.sms_from).phone_numbers.list_async(limit=20)
    if not pool:
        fix = "Add a number: Twilio Console, Messaging, Services, Sender Pool."
        return problem("SMS", f"the messaging service {account.sms_from} has no number", fix)
    if service.inbound_request_url == url and service.inbound_method == "POST" and not service.use_inbound_webhook_on_number:
        return ok("SMS", f"the messaging service calls {url}")
    await service.update_async(inbound_request_url=url, inbound_method="POST", use_inbound_webhook_on_number=False)
    return ok("SMS", f"the messaging service now calls {url} (before: {service.inbound_request_url or 'nobody'})")


class _WebhookOnly:
    """The body of an update that touches the webhook and nothing else: the library's own would null what it leaves out."""

    def __init__(self, webhook: dict[str, Any]) -> None:
        self._webhook = webhook

    def to_dict(self) -> dict[str, Any]:
        return {"webhook": self._webhook}


async def _whatsapp(client: Any, account: TwilioAccount) -> Check:
    """Twilio, "Senders API" (channels senders of Messaging v2)."""
    url, sender_id = inbound_url(account), f"{WHATSAPP_PREFIX}{account.whatsapp_from}"
    hand = (
        f"Enter it yourself: Twilio Console, Messaging, Senders, WhatsApp senders, {account.whatsapp_from}, "
        f'"Webhook URL for incoming messages": {url} (HTTP POST).'
    )
    try:
        senders = await client.messaging.v2.channels_senders.list_async(channel="whatsapp", limit=200)
    except TwilioException:  # a list that is refused raises the library's root error, without the status
        return by_hand("WhatsApp", "the Senders API does not answer for this account", hand)
    sender = next((each for each in senders if each.sender_id == sender_id), None)
    if sender is None:
        fix = "Register it: Twilio Console, Messaging, Senders, WhatsApp senders; or correct CCMM_TWILIO_WHATSAPP_FROM."
        return problem("WhatsApp", f"the account has no WhatsApp sender {account.whatsapp_from}", fix)
    webhook = dict(sender.webhook or {})
    said = f"{account.whatsapp_from} calls {url}"
    if webhook.get("callback_url") != url or webhook.get("callback_method") != "POST":
        try:
            await sender.update_async(_WebhookOnly({**webhook, "callback_url": url, "callback_method": "POST"}))
        except TwilioRestException as error:
            return by_hand("WhatsApp", f"the webhook could not be set (HTTP {error.status})", hand)
        said = f"{account.whatsapp_from} now calls {url} (before: {webhook.get('callback_url') or 'nobody'})"
    if str(sender.status).upper() not in ("ONLINE", "ONLINE:UPDATING"):
        return problem("WhatsApp", f"{said}; but the sender is {sender.status}", "Follow Meta's review in the Twilio Console.")
    return ok("WhatsApp", said)


def _not_now(name: str, error: Exception) -> Check:
    match error:
        case TooManyRequests():
            return problem(name, "Twilio asks to wait", "Run this command again in a minute; what is set stays set.")
        case TwilioRestException():
            said = f"Twilio answered HTTP {error.status}" + (f", code {error.code}" if error.code else "")
            return problem(name, said, f"See https://www.twilio.com/docs/api/errors/{error.code or ''} and run this command again.")
        case _:
            return problem(name, f"Twilio cannot be reached ({type(error).__name__})", "Does this machine reach api.twilio.com?")
