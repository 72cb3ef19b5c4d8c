"""Every route and who may call it. A route that is not listed here does not start: see :func:`check_routes`.

What a permission means, and which role has it, is decided in :mod:`ccmm_bot.casework.access.policy`; whose the thing may be that an
address names, in :mod:`ccmm_bot.web.access_whose`. ``docs/access.md`` is written from these three.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from ccmm_bot.casework.access.policy import Permission
from ccmm_bot.web.access_admin import ADMINISTRATION
from ccmm_bot.web.access_caseload import CASELOAD
from ccmm_bot.web.access_cases import CASE_FILE
from ccmm_bot.web.access_desk import DESK
from ccmm_bot.web.access_evaluation import EVALUATION
from ccmm_bot.web.access_systems import SYSTEMS
from ccmm_bot.web.access_whose import PARAMETERS, parameters


class Door(StrEnum):
    """Doors that no role opens."""

    PUBLIC = "public"  # nothing personal behind it
    WATCHER = "watcher"  # this machine, or a token of its own; figures without anybody in them
    PROVIDER = "provider"  # a provider's webhook: signature or secret, checked by the route
    SYSTEM = "system"  # a token of another system of an agency; what it may do is in access_systems.py
    HALFWAY = "halfway"  # the password was right, the second factor is still missing
    SIGNED_IN = "signed_in"  # any account
    DEMONSTRATION = "demonstration"  # this machine only, and only in the demonstration


ACCESS: Final[Mapping[tuple[str, str], Door | Permission]] = MappingProxyType(
    {
        ("GET", "/"): Door.PUBLIC,
        ("GET", "/healthz"): Door.PUBLIC,
        ("GET", "/readyz"): Door.PUBLIC,
        ("GET", "/privacy"): Door.PUBLIC,
        ("GET", "/privacy/{lang}"): Door.PUBLIC,
        ("GET", "/metrics"): Door.WATCHER,
        ("GET", "/static/{print}/{name:path}"): Door.PUBLIC,
        ("GET", "/audio/{lang}/{hash}.ogg"): Door.PUBLIC,
        ("POST", "/webhooks/twilio"): Door.PROVIDER,
        ("POST", "/webhooks/twilio/status"): Door.PROVIDER,
        ("POST", "/webhooks/twilio/{account}"): Door.PROVIDER,
        ("POST", "/webhooks/twilio/status/{account}"): Door.PROVIDER,
        ("POST", "/webhooks/telegram"): Door.PROVIDER,
        ("POST", "/webhooks/telegram/{account}"): Door.PROVIDER,
        ("GET", "/staff/sign-in"): Door.PUBLIC,
        ("POST", "/staff/sign-in"): Door.PUBLIC,
        ("POST", "/staff/sign-out"): Door.PUBLIC,
        ("GET", "/staff/oidc"): Door.PUBLIC,
        ("GET", "/staff/oidc/back"): Door.PUBLIC,
        ("GET", "/staff/sign-in/second"): Door.HALFWAY,
        ("POST", "/staff/sign-in/second"): Door.HALFWAY,
        ("POST", "/staff/sign-in/second/passkey"): Door.HALFWAY,
        ("POST", "/staff/sign-in/second/recovery"): Door.HALFWAY,
        ("GET", "/staff/sign-in/set-up"): Door.HALFWAY,
        ("POST", "/staff/sign-in/set-up"): Door.HALFWAY,
        ("POST", "/staff/sign-in/set-up/passkey"): Door.HALFWAY,
        ("GET", "/staff/welcome/{token}"): Door.PUBLIC,
        ("POST", "/staff/welcome/{token}"): Door.PUBLIC,
        ("GET", "/staff/account"): Door.SIGNED_IN,
        ("POST", "/staff/account/password"): Door.SIGNED_IN,
        ("POST", "/staff/account/language"): Door.SIGNED_IN,
        ("POST", "/staff/account/sessions/{session_id}/end"): Door.SIGNED_IN,
        ("POST", "/staff/account/sessions/end-others"): Door.SIGNED_IN,
        ("POST", "/staff/account/recovery-codes"): Door.SIGNED_IN,
        ("GET", "/staff/account/app"): Door.SIGNED_IN,
        ("POST", "/staff/account/app"): Door.SIGNED_IN,
        ("GET", "/staff/account/passkey"): Door.SIGNED_IN,
        ("POST", "/staff/account/passkey"): Door.SIGNED_IN,
        ("POST", "/staff/account/passkeys/{passkey_id}/remove"): Door.SIGNED_IN,
        ("POST", "/staff/account/telegram"): Door.SIGNED_IN,
        ("POST", "/staff/account/telegram/unlink"): Door.SIGNED_IN,
        ("GET", "/staff"): Door.SIGNED_IN,
        ("GET", "/staff/today"): Permission.READ_CASES,
        ("GET", "/staff/today/live"): Permission.READ_CASES,
        ("GET", "/staff/events"): Permission.READ_CASES,
        ("GET", "/staff/people/{person_id}"): Permission.READ_CASES,
        ("GET", "/staff/people/{person_id}/live"): Permission.READ_CASES,
        ("GET", "/staff/attachments/{attachment_id}"): Permission.READ_CASES,
        ("GET", "/staff/attachments/{attachment_id}/picture"): Permission.READ_CASES,
        ("POST", "/staff/people/{person_id}/name"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/people/{person_id}/second-language"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/people/{person_id}/invitation"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/people/{person_id}/invitation/sheet"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/invitations/{invitation_id}/withdraw"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/people/{person_id}/case"): Permission.WRITE_TO_PEOPLE,
        **CASE_FILE,
        **CASELOAD,
        **DESK,
        **EVALUATION,
        **ADMINISTRATION,
        **dict.fromkeys(SYSTEMS, Door.SYSTEM),
        ("GET", "/api/v1/openapi.json"): Door.PUBLIC,
        ("POST", "/staff/cases/{case_id}/exit"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/cases/{case_id}/exit/clear"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/cases/{case_id}/reopen"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/conversations/{conversation_id}/reply"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/conversations/{conversation_id}/take-over"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/conversations/{conversation_id}/hand-back"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/conversations/{conversation_id}/follow-up"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/conversations/{conversation_id}/consent-again"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/conversations/{conversation_id}/safety"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/conversations/{conversation_id}/safe-again"): Permission.WRITE_TO_PEOPLE,
        ("GET", "/demo"): Door.DEMONSTRATION,
        ("GET", "/demo/staff"): Door.DEMONSTRATION,
        ("GET", "/demo/phones/{kind}"): Door.DEMONSTRATION,
        ("POST", "/demo/phones/{kind}/write"): Door.DEMONSTRATION,
        ("POST", "/demo/phones/{kind}/tap"): Door.DEMONSTRATION,
        ("POST", "/demo/phones/{kind}/forward"): Door.DEMONSTRATION,
        ("POST", "/demo/phones/{kind}/reset"): Door.DEMONSTRATION,
    }
)


class UnlistedRoute(RuntimeError):
    """A route is missing in :data:`ACCESS`."""


def entries(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """(method, path) of every route; HEAD counts as the GET it comes with."""
    for route in routes:
        if isinstance(route, Mount):
            raise UnlistedRoute(f"{route.path} is a mounted application; list its routes instead.")
        if isinstance(route, APIRoute | Route):
            for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                yield method, route.path
        else:
            raise UnlistedRoute(f"{type(route).__name__} is a kind of route this table does not know.")


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raise :class:`UnlistedRoute` unless the table has every route."""
    for method, path in entries(routes):
        if (method, path) not in ACCESS:
            raise UnlistedRoute(f"{method} {path} is not in ccmm_bot.web.access.ACCESS: say who may call it.")
        if unknown := [name for name in parameters(path) if name not in PARAMETERS]:
            raise UnlistedRoute(f"{method} {path}: say in ccmm_bot.web.access_whose whose {', '.join(unknown)} may be.")


def needed(method: str, path: str) -> Door | Permission:
    """What a request to a route needs."""
    return ACCESS["GET" if method == "HEAD" else method, path]
