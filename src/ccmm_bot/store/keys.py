"""The keys that keep personal data unreadable at rest, and the file they live in.

A :class:`KeyRing` is read from a file apart from the database. It holds one or more data keys (one of them active: new data is
written with it, old data stays readable) and one look-up key for the keyed hashes by which an address is found without being
readable. A sealed value is::

    1 byte   layout (1)
    4 bytes  number of the data key, big-endian
    12 bytes nonce, random
    rest     AES-256-GCM ciphertext and tag, the field's name as associated data

The field's name as associated data means that a value copied into another column does not open. A random nonce allows 2**32
values a key (NIST SP 800-38D §8.3).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ccmm_bot.errors import CcmmError, ConfigurationError

_LAYOUT: Final = 1
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_HEADER_BYTES: Final = 5


class UnreadableValue(CcmmError):
    """A sealed value does not open: wrong key, wrong field, or damaged bytes. The message never holds the value."""


class KeyRing:
    """Seals and opens personal fields, and hashes addresses for look-up. Safe to share between threads."""

    def __init__(self, *, keys: Mapping[int, bytes], active: int, lookup: bytes) -> None:
        if active not in keys:
            raise ConfigurationError("The key file names an active key that it does not hold.")
        if any(len(key) != _KEY_BYTES for key in (*keys.values(), lookup)):
            raise ConfigurationError(f"Every key in the key file has to be {_KEY_BYTES} bytes.")
        self.active = active
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self._raw = dict(keys)
        self._lookup = lookup
        self._cipher = self._ciphers[active]
        self._header = bytes([_LAYOUT]) + active.to_bytes(4, "big")

    # --- making and keeping --------------------------------------------------------------------------------------------

    @classmethod
    def generate(cls) -> Self:
        """A new ring with one fresh key."""
        return cls(keys={1: os.urandom(_KEY_BYTES)}, active=1, lookup=os.urandom(_KEY_BYTES))

    def with_new_key(self) -> KeyRing:
        """The same ring with one more key, which becomes the active one. Values sealed before still open."""
        number = max(self._raw) + 1
        return KeyRing(keys={**self._raw, number: os.urandom(_KEY_BYTES)}, active=number, lookup=self._lookup)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file.

        Raises :class:`ConfigurationError` when it is missing, readable by others than its owner, or not a key file.
        """
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"The key file {path} cannot be read ({error.strerror}). Set CCMM_SECRET_KEY_FILE.") from None
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(f"The key file {path} can be read by others than its owner. Run: chmod 600 {path}")
        try:
            data = json.loads(text)
            keys = {int(number): base64.b64decode(key, validate=True) for number, key in data["keys"].items()}
            return cls(keys=keys, active=int(data["active"]), lookup=base64.b64decode(data["lookup"], validate=True))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationError(f"The file {path} is not a key file of this service.") from None

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Read the key file, or make one (owner only, mode 0600) where there is none yet."""
        with contextlib.suppress(FileExistsError):
            cls.generate().save(path, replace=False)
        return cls.load(path)

    def save(self, path: Path, *, replace: bool) -> None:
        """Write the key file with mode 0600, all or nothing. Raises ``FileExistsError`` unless ``replace``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        encoded = {str(number): base64.b64encode(key).decode() for number, key in self._raw.items()}
        data = {"active": self.active, "keys": encoded, "lookup": base64.b64encode(self._lookup).decode()}
        draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                draft.replace(path)
            else:
                os.link(draft, path)  # fails where the file exists: two processes starting at once agree on one key
        finally:
            draft.unlink(missing_ok=True)

    # --- sealing -------------------------------------------------------------------------------------------------------

    def seal(self, field: bytes, data: bytes) -> bytes:
        """``data`` sealed for the column ``field`` (``b"table.column"``) with the active key."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._header + nonce + self._cipher.encrypt(nonce, data, field)

    def open(self, field: bytes, blob: bytes) -> bytes:
        """What :meth:`seal` sealed for the same column. Raises :class:`UnreadableValue`."""
        start = _HEADER_BYTES + _NONCE_BYTES
        cipher = self._ciphers.get(int.from_bytes(blob[1:_HEADER_BYTES], "big")) if blob[:1] == bytes([_LAYOUT]) else None
        if cipher is None:
            raise UnreadableValue(f"A value of {field.decode()} was sealed with a key this installation does not hold.")
        try:
            return cipher.decrypt(blob[_HEADER_BYTES:start], blob[start:], field)
        except (InvalidTag, ValueError):
            raise UnreadableValue(f"A value of {field.decode()} does not open: damaged, or moved from another column.") from None

    def seal_text(self, field: bytes, text: str) -> bytes:
        """Text of any kind, also with NUL or lone surrogates, as typed."""
        return self.seal(field, text.encode("utf-8", "surrogatepass"))

    def open_text(self, field: bytes, blob: bytes) -> str:
        """What :meth:`seal_text` sealed."""
        return self.open(field, blob).decode("utf-8", "surrogatepass")

    def lookup(self, purpose: bytes, value: str) -> bytes:
        """A keyed hash (HMAC-SHA256, 32 bytes) that finds an address without telling it."""
        message = purpose + b"\0" + value.encode("utf-8", "surrogatepass")
        return hmac.digest(self._lookup, message, hashlib.sha256)
