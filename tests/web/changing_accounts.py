"""One valid request to every route of administration, of one's own account and of signing in; as in :mod:`tests.web.changing`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx

from ccmm_bot.casework.access import accounts, second_factor, sessions, staff_telegram
from ccmm_bot.evaluation import studies
from ccmm_bot.store.tables import (
    Agency,
    ApiToken,
    Passkey,
    Role,
    Staff,
    StaffLink,
    StaffSession,
    Study,
    WebhookEndpoint,
)
from tests.web.authenticator import Authenticator
from tests.web.changing import Ask, Changing
from tests.web.html import document
from tests.web.serving import PASSWORD

NEW = "four other words there"


def changes_of_accounts(world: Changing) -> Iterator[Ask]:
    """Every one of them."""
    yield from _administration(world)
    yield from _installation(world)
    yield from _studies(world)
    yield from _account(world)
    yield from _signing_in(world)


def _administration(world: Changing) -> Iterator[Ask]:
    hours: dict[str, Any] = {"urgent": "2", "high": "1", "normal": "3", "office_hours": "mon-fri 08:30-16:30"}
    yield world.post("/staff/admin/agency", "administrator", **hours)
    names = ("payloads", "messages", "files", "uploads", "sign_ins", "deliveries")
    days: dict[str, Any] = dict.fromkeys(names, "365") | {"people": ""}
    yield world.post("/staff/admin/retention", "administrator", **days)
    yield world.post("/staff/admin/tokens", "administrator", name="Reports", scope="read")
    token = world.row(ApiToken, agency_id=world.agency).id
    yield world.post("/staff/admin/tokens/{token_id}/revoke", "administrator", {"token_id": token})
    yield world.post("/staff/admin/webhooks", "administrator", url="https://example.org/hook", events=["flag.raised"])
    told = world.row(WebhookEndpoint, agency_id=world.agency).id
    yield world.post("/staff/admin/webhooks/{endpoint_id}/remove", "administrator", {"endpoint_id": told})
    yield world.post("/staff/admin/activity", "administrator", since=world.day(-20), until=world.day(0))
    yield world.post("/staff/help-lines/confirm", "administrator", line="suicide_crisis", asked="yes")
    yield world.post("/staff/help-lines/withdraw", "administrator", line="suicide_crisis")
    for email in ("invited@example.org", "other@example.org"):
        yield world.post("/staff/admin/staff", "administrator", email=email, name="Invited", role="case_manager")
    link = world.row(StaffLink, email="other@example.org").id
    yield world.post("/staff/admin/invitations/{link_id}/withdraw", "administrator", {"link_id": link})
    key = {"staff_id": _somebody(world, "spare")}
    yield world.post("/staff/admin/staff/{staff_id}", "administrator", key, role="evaluator", active="true", languages=["sw"])
    yield world.post("/staff/admin/staff/{staff_id}/way-back", "administrator", key)
    yield world.post("/staff/admin/staff/{staff_id}/way-back", "administrator", key, lost_phone="true")
    yield world.post("/staff/evaluation/export", "evaluator", name="final", purpose="Comparing entry with exit")


def _installation(world: Changing) -> Iterator[Ask]:
    made: dict[str, Any] = {
        "name": "Lumière du Fraser",
        "service_name": "Lumière",
        "email": "amal@example.org",
        "administrator": "Amal",
    }
    yield world.post("/staff/admin/agencies", "operator", **made)
    new = {"agency_id": world.row(Agency, name=made["name"]).id}
    again: dict[str, Any] = {"email": "sara@example.org", "name": "Sara"}
    yield world.post("/staff/admin/agencies/{agency_id}/administrator", "operator", new, **again)
    sender: dict[str, Any] = {
        "channel": "sms",
        "sender": "+16045550123",
        "account_sid": "AC" + "0" * 32,
        "token": "not to be seen again",
    }
    yield world.post("/staff/admin/agencies/{agency_id}/senders", "operator", new, **sender)


def _studies(world: Changing) -> Iterator[Ask]:
    at, who = "/staff/admin/studies", "administrator"
    yield world.post(at, who, name="Final report", evaluators="evaluator@example.org")
    study = world.row(Study)
    studies.leave(world.store, world.site.reader(who), study.id, world.now)
    yield world.post(f"{at}/{{study_id}}/join", who, {"study_id": study.id})
    yield world.post(f"{at}/{{study_id}}/leave", who, {"study_id": study.id})


def _somebody(world: Changing, name: str, role: Role = Role.CASE_MANAGER) -> UUID:
    """An account without a second factor."""
    email = f"{name}@example.org"
    return accounts.create(
        world.store, email=email, name="New Here", password=PASSWORD, now=world.now, role=role, agency_id=world.agency
    )


def _offered(page: httpx.Response) -> dict[str, Any]:
    """The form of an app that was read in, with its code."""
    tree = document(page.text)
    return {"sealed": tree.xpath("//input[@name='sealed']/@value")[0], "secret": tree.xpath("//code[@class='secret']/text()")[0]}


def _options(page: httpx.Response) -> str:
    return str(document(page.text).xpath("//form[@data-options]/@data-options")[0])


def _account(world: Changing) -> Iterator[Ask]:
    who, at = "supervisor", "/staff/account"
    her, mine = world.browser(who), world.site.service.staff[who]
    yield world.post(f"{at}/language", who, tag="fr")
    yield world.post(f"{at}/language", who, tag="en")
    sessions.open_session(world.store, mine, world.now)
    other = world.row(StaffSession, staff_id=mine).id
    yield world.post(f"{at}/sessions/{{session_id}}/end", who, {"session_id": other})
    sessions.open_session(world.store, mine, world.now)
    yield world.post(f"{at}/sessions/end-others", who)
    yield world.post(f"{at}/recovery-codes", who, password=PASSWORD)
    app = _offered(her.get(f"{at}/app"))
    code = second_factor.current_code(app["secret"], world.site.clock.now())
    yield world.post(f"{at}/app", who, password=PASSWORD, sealed=app["sealed"], code=code)
    key = Authenticator(world.site.url, "127.0.0.1")
    answer = key.made(_options(her.get(f"{at}/passkey")))
    yield world.post(f"{at}/passkey", who, password=PASSWORD, answer=answer, name="Mine")
    passkey = world.row(Passkey, staff_id=mine).id
    yield world.post(f"{at}/passkeys/{{passkey_id}}/remove", who, {"passkey_id": passkey}, password=PASSWORD)
    yield world.post(f"{at}/telegram", who)
    staff_telegram.offer(world.store, world.leading, world.now)
    yield world.post(f"{at}/telegram/unlink", who)
    yield world.post(f"{at}/password", who, password=PASSWORD, new=NEW, again=NEW)


def _signing_in(world: Changing) -> Iterator[Ask]:
    def ask(client: httpx.Client, path: str, by: UUID | None = None, **typed: Any) -> Ask:
        return Ask(client=client, route=("POST", path), body={"data": typed}, by=by)

    at = "/staff/sign-in"
    half: dict[str, Any] = {"email": "new@example.org", "password": PASSWORD}
    new, keyed = _somebody(world, "new"), _somebody(world, "keyed")
    client = world.open.enter_context(world.site.browser())
    yield ask(client, at, **half)
    app = _offered(client.get(f"{at}/set-up"))
    now = world.site.clock.now()
    yield ask(client, f"{at}/set-up", new, sealed=app["sealed"], code=second_factor.current_code(app["secret"], now))
    yield ask(client, "/staff/sign-out", new)
    codes = second_factor.new_recovery_codes(world.store, new, now)
    client.post(at, data=half)
    yield ask(client, f"{at}/second/recovery", new, code=codes[0])
    client.post(at, data={"email": "case_manager@example.org", "password": PASSWORD})
    yield ask(client, f"{at}/second", world.me.staff_id, code=world.site.code())
    key = Authenticator(world.site.url, "127.0.0.1")
    half = {"email": "keyed@example.org", "password": PASSWORD}
    client.post(at, data=half)
    yield ask(client, f"{at}/set-up/passkey", keyed, answer=key.made(_options(client.get(f"{at}/set-up"))))
    client.post(at, data=half)
    yield ask(client, f"{at}/second/passkey", keyed, answer=key.shown(_options(client.get(f"{at}/second"))))
    admin = world.browser("administrator")
    shown = admin.post("/staff/admin/staff", data={"email": "last@example.org", "name": "Last", "role": "auditor"})
    token = str(document(shown.text).xpath("//input[@id='link']/@value")[0]).rpartition("/")[2]
    yield Ask(
        client=client,
        route=("POST", "/staff/welcome/{token}"),
        names={"token": token},
        body={"data": {"password": NEW, "again": NEW}},
    )
    assert world.row(Staff, email="last@example.org") is not None
