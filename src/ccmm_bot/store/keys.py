"""The keys of the installation, and the file they live in.

A :class:`KeyRing` is read from a file apart from the database. It holds one or more installation keys (one of them active: new data
is written with it, old data stays readable) and one look-up key for the keyed hashes by which an address is found without being
readable. What belongs to nobody (credentials of a channel, a colleague's second factor) is sealed with an installation key::

    1 byte   layout (1)
    4 bytes  number of the installation key, big-endian
    12 bytes nonce, random
    rest     AES-256-GCM ciphertext and tag, the field's name as associated data

What is somebody's is sealed with that person's own key, which is kept in the key store, itself sealed with an installation key
(:mod:`ccmm_bot.store.datakeys`). The field's name as associated data means that a value copied into another column does not open. A
random nonce allows 2**32 values a key (NIST SP 800-38D §8.3).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import stat
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from ccmm_bot.errors import CcmmError, ConfigurationError

_LAYOUT: Final = 1
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_HEADER_BYTES: Final = 5
#: The layout of a value that is sealed with somebody's own key.
OWN_LAYOUT: Final = 2
#: A running process looks so often whether its key file has got another key, in seconds.
_LOOK_EVERY: Final = 5.0


class UnreadableValue(CcmmError):
    """A sealed value does not open: wrong key, wrong field, or damaged bytes. The message never holds the value."""


class ErasedValue(UnreadableValue):
    """The key of a sealed value was destroyed: whoever it belonged to was erased."""


class Sealer(Protocol):
    """Seals with one key, opens whatever there is a key for."""

    def seal(self, field: bytes, data: bytes) -> bytes:
        """``data`` sealed for the column ``field`` (``b"table.column"``)."""

    def open(self, field: bytes, blob: bytes) -> bytes:
        """What was sealed for the same column. Raises :class:`UnreadableValue`."""

    def seal_text(self, field: bytes, text: str) -> bytes:
        """Text of any kind, also with NUL or lone surrogates, as typed."""

    def open_text(self, field: bytes, blob: bytes) -> str:
        """What :meth:`seal_text` sealed."""


class OwnKeys(Protocol):
    """The keys of people, for the ring to lead to; :class:`ccmm_bot.store.datakeys.DataKeys`."""

    def of(self, key: str) -> Sealer:
        """Whoever seals with the key of this id."""

    def take(self) -> str:
        """The id of a key that nobody has."""

    def open(self, field: bytes, blob: bytes) -> bytes:
        """Open a value of layout 2."""

    def prepare(self, blobs: Iterable[bytes]) -> None:
        """Have the keys of many values at hand."""

    def warm(self) -> None:
        """Have keys at hand before anybody asks."""

    def close(self) -> None:
        """Close the connections."""


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
        self._hash = HMAC(lookup, SHA256())  # begun once: the key's part of the work is the same every time
        self._cipher = self._ciphers[active]
        self._header = bytes([_LAYOUT]) + active.to_bytes(4, "big")
        self._own: OwnKeys | None = None
        self._path: Path | None = None
        self._looked = 0.0

    # --- making and keeping --------------------------------------------------------------------------------------------

    @classmethod
    def generate(cls) -> Self:
        """A new ring with one fresh key."""
        return cls(keys={1: os.urandom(_KEY_BYTES)}, active=1, lookup=os.urandom(_KEY_BYTES))

    def with_new_key(self) -> KeyRing:
        """The same ring with one more key, which becomes the active one. Values sealed before still open."""
        number = max(self._raw) + 1
        return KeyRing(keys={**self._raw, number: os.urandom(_KEY_BYTES)}, active=number, lookup=self._lookup)

    def without(self, number: int) -> KeyRing:
        """The same ring without one of its older keys: what was sealed with it opens no more."""
        if number not in self._raw:
            raise ConfigurationError(f"There is no installation key {number} in the key file.")
        if number == self.active:
            raise ConfigurationError(f"Installation key {number} is the active one. Make another one first: ccmm-bot keys new")
        rest = {each: key for each, key in self._raw.items() if each != number}
        return KeyRing(keys=rest, active=self.active, lookup=self._lookup)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the installation keys, oldest first."""
        return tuple(sorted(self._raw))

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
            ring = cls(keys=keys, active=int(data["active"]), lookup=base64.b64decode(data["lookup"], validate=True))
            ring._path = path
            return ring
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

    def refresh(self) -> None:
        """Read the file again: another process may have added a key, and made it the active one. No file: no change."""
        if self._path is None:
            return
        try:
            newer = KeyRing.load(self._path)
        except ConfigurationError:
            return
        if newer._lookup != self._lookup:
            return  # another installation's file
        self._ciphers, self._raw = {**self._ciphers, **newer._ciphers}, {**self._raw, **newer._raw}
        self.active, self._cipher, self._header = newer.active, newer._cipher, newer._header

    # --- whose key ----------------------------------------------------------------------------------------------------

    def attach(self, own: OwnKeys) -> None:
        """From here on people have keys of their own."""
        self._own = own

    @property
    def own(self) -> OwnKeys | None:
        """The keys of people; ``None`` where this ring was opened without a key store, and seals everything itself."""
        return self._own

    def of(self, key: str | None) -> Sealer:
        """Whoever seals with somebody's own key (its id as 32 hexadecimal digits); the ring itself for who has none yet."""
        return self if key is None or self._own is None else self._own.of(key)

    def prepare(self, blobs: Iterable[bytes]) -> None:
        """Have the keys of many sealed values at hand before they are opened one by one."""
        if self._own is not None:
            self._own.prepare(blobs)

    def warm(self) -> None:
        """Have keys at hand before anybody asks: for a process that is about to answer people."""
        if self._own is not None:
            self._own.warm()

    def take(self) -> str | None:
        """The id of a key for somebody new; ``None`` without a key store."""
        return None if self._own is None else self._own.take()

    def close(self) -> None:
        """Close the key store's connections; it opens them again by itself."""
        if self._own is not None:
            self._own.close()

    # --- sealing -------------------------------------------------------------------------------------------------------

    def seal(self, field: bytes, data: bytes) -> bytes:
        """``data`` sealed for the column ``field`` (``b"table.column"``) with the active installation key."""
        if self._path is not None and (now := time.monotonic()) - self._looked > _LOOK_EVERY:
            self._looked = now
            self.refresh()
        nonce = os.urandom(_NONCE_BYTES)
        return self._header + nonce + self._cipher.encrypt(nonce, data, field)

    def open(self, field: bytes, blob: bytes) -> bytes:
        """What was sealed for the same column, with an installation key or with somebody's. Raises :class:`UnreadableValue`."""
        layout = blob[0] if blob else 0
        if layout == OWN_LAYOUT and self._own is not None:
            return self._own.open(field, blob)
        start = _HEADER_BYTES + _NONCE_BYTES
        number = int.from_bytes(blob[1:_HEADER_BYTES], "big") if layout == _LAYOUT else -1
        if number not in self._ciphers and layout == _LAYOUT:
            self.refresh()
        cipher = self._ciphers.get(number)
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
        hashed = self._hash.copy()
        hashed.update(purpose + b"\0" + value.encode("utf-8", "surrogatepass"))
        return hashed.finalize()


def sealed_by(blob: bytes) -> int | str | None:
    """What sealed a value: the number of an installation key, or the id of somebody's own; ``None`` for no sealed value."""
    layout = blob[0] if blob else 0
    if layout == _LAYOUT:
        return int.from_bytes(blob[1:_HEADER_BYTES], "big")
    return blob[1:17].hex() if layout == OWN_LAYOUT else None
