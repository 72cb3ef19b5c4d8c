"""A passkey that lives in a test: what a browser sends for one (W3C Web Authentication, §6.1, §6.5.4 "none" and §7)."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _NEW_KEY = 0x01, 0x04, 0x40
_P256 = 32  # bytes of a coordinate


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """One key for the pages of one origin."""

    def __init__(self, origin: str, host: str) -> None:
        self._origin = origin
        self._host = hashlib.sha256(host.encode()).digest()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = uuid4().bytes

    def made(self, options: str) -> str:
        """The answer to a page that offers to make a passkey."""
        point = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(_P256) for number in (point.x, point.y))
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # RFC 9053: EC2, ES256, P-256
        named = bytes(16) + len(self._id).to_bytes(2) + self._id + key
        told = {"fmt": "none", "attStmt": {}, "authData": self._data(_NEW_KEY) + named}
        return self._answer({"clientDataJSON": self._client("create", options), "attestationObject": cbor2.dumps(told)})

    def shown(self, options: str) -> str:
        """The answer to a page that asks for it."""
        client, data = self._client("get", options), self._data()
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _client(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": self._origin}).encode()

    def _data(self, more: int = 0) -> bytes:
        return self._host + bytes([_PRESENT | _VERIFIED | more]) + bytes(4)

    def _answer(self, response: dict[str, bytes]) -> str:
        told: dict[str, Any] = {name: _text(value) for name, value in response.items()}
        return json.dumps({"id": _text(self._id), "rawId": _text(self._id), "type": "public-key", "response": told})
