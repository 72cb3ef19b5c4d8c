"""The agency's identity provider: OpenID Connect, authorization code with PKCE (RFC 7636), through Authlib and its JOSE library."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson

from ccmm_bot.errors import CcmmError
from ccmm_bot.settings import Settings

_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
#: As the providers in use sign; none of them is "none" or a shared secret.
_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
_LEEWAY_S: Final = 60


class ProviderError(CcmmError):
    """The provider cannot be asked, or what it said is not to be believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What the browser carries, sealed, until it comes back."""

    state: str
    nonce: str
    verifier: str
    after: str
    until: float

    def as_bytes(self) -> bytes:
        """For sealing."""
        return orjson.dumps(asdict(self))

    @classmethod
    def read(cls, data: bytes) -> Pending:
        """What :meth:`as_bytes` made."""
        return cls(**orjson.loads(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Who the provider says it is. ``strong``: it took a second factor."""

    issuer: str
    subject: str
    verified_email: str | None
    strong: bool


def provider_name(settings: Settings) -> str:
    """What staff call the provider; empty where there is none."""
    return settings.oidc_name or (urlsplit(settings.oidc_issuer).hostname or "") if settings.oidc_issuer else ""


def begin(settings: Settings, back: str, after: str, until: datetime) -> tuple[str, Pending]:
    """Where the browser goes, and what it carries."""
    from authlib.oauth2.client import OAuth2Client  # a quarter of a second, for the few installations that have a provider

    told = _discovered(settings)
    pending = Pending(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        after=after,
        until=until.timestamp(),
    )
    client = OAuth2Client(
        session=None, client_id=settings.oidc_client_id, scope="openid email", redirect_uri=back, code_challenge_method="S256"
    )
    url, _state = client.create_authorization_url(
        told["authorization_endpoint"], state=pending.state, code_verifier=pending.verifier, nonce=pending.nonce
    )
    return str(url), pending


def finish(settings: Settings, back: str, pending: Pending, code: str, now: datetime) -> Known:
    """Who it is. Raises :class:`ProviderError`."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    told = _discovered(settings)
    try:
        with httpx.Client(timeout=_TIMEOUT) as client:
            answer = client.post(
                told["token_endpoint"],
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": back,
                    "code_verifier": pending.verifier,
                },
                auth=(settings.oidc_client_id, settings.oidc_client_secret.get_secret_value()),
            )
            keys = client.get(told["jwks_uri"])
        answer.raise_for_status()
        keys.raise_for_status()
        token = jwt.decode(answer.json()["id_token"], KeySet.import_key_set(keys.json()), algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": told["issuer"]},
                "aud": {"essential": True, "value": settings.oidc_client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": pending.nonce},
            },
            params={"nonce": pending.nonce, "client_id": settings.oidc_client_id},
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_S)
    except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderError(type(error).__name__) from None
    email = claims.get("email")
    return Known(
        issuer=told["issuer"],
        subject=str(claims["sub"]),
        verified_email=email if isinstance(email, str) and claims.get("email_verified") is True else None,
        strong="mfa" in (claims.get("amr") or []),
    )


def _discovered(settings: Settings) -> dict[str, Any]:
    """The provider's own description (OpenID Connect Discovery 1.0); its issuer has to be the one that was set."""
    issuer = settings.oidc_issuer.rstrip("/")
    try:
        answer = httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=_TIMEOUT)
        answer.raise_for_status()
        told = answer.json()
        if str(told["issuer"]).rstrip("/") != issuer or not all(
            told[name] for name in ("authorization_endpoint", "token_endpoint")
        ):
            raise ProviderError("the provider is another one")
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise ProviderError(type(error).__name__) from None
    return dict(told)
