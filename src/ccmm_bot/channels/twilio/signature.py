"""Is this request from Twilio? Twilio, "Webhooks security": ``X-Twilio-Signature``.

The signature covers the address *as Twilio called it*, so behind a proxy the request's own address is of no use: the
configured public address, with the path and query as they came, is. It covers the form's fields joined without separators,
so that a signed request can be folded (the end of one value read as the next field's name): what the fields claim is
checked again by :mod:`ccmm_bot.channels.twilio.fields`.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.hmac import HMAC
from twilio.request_validator import RequestValidator

SIGNATURE_HEADER = "X-Twilio-Signature"


class _Fields:
    """Form fields as the validator wants them where a name may come twice: every value of it counts."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def __iter__(self) -> object:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def getall(self, name: str) -> Sequence[str]:
        return self._fields[name]


def signed_form(*, auth_token: str, url: str, fields: Mapping[str, Sequence[str]], signature: str | None) -> bool:
    """Whether a form post was signed with our token. ``url`` is the public address with path and query.

    Looked at first as Twilio documents it: the address, then every field's name and value in the order of the names. What does not
    fit like that may still be signed with a port in the address, or give a field twice: that is left to Twilio's own library.
    """
    if signature and fields and max(map(len, fields.values())) == 1:
        signed = url + "".join([name + values[0] for name, values in sorted(fields.items())])
        expected = base64.b64encode(_signature(auth_token, signed))
        if hmac.compare_digest(expected, signature.encode()):
            return True
    return bool(RequestValidator(auth_token).validate(url, _Fields(fields), signature or ""))


@lru_cache(maxsize=16)
def _begun(auth_token: str) -> HMAC:
    return HMAC(auth_token.encode(), SHA1())  # noqa: S303  # nosec B303 - Twilio's choice


def _signature(auth_token: str, signed: str) -> bytes:
    hashed = _begun(auth_token).copy()
    hashed.update(signed.encode())
    return hashed.finalize()


def signed_json(*, auth_token: str, url: str, body: str, signature: str | None) -> bool:
    """Whether a JSON post was signed with our token: its hash is in the address (``bodySHA256``), and the address is signed.

    Without that parameter nothing ties the body to the signature, so it is refused.
    """
    query = url.partition("?")[2]
    hashes = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "bodySHA256"]
    if len(hashes) != 1:
        return False
    return bool(RequestValidator(auth_token).validate(url, body, signature or ""))
