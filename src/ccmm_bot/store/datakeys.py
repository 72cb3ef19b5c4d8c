"""People's own keys in use: handed out, opened once, and kept open for a while.

Every person (and every household, contact point and uploaded list) has a key of her own. Everything of hers is sealed with it::

    1 byte   layout (2)
    16 bytes id of the key
    12 bytes nonce, random
    rest     AES-256-GCM ciphertext and tag, the field's name as associated data

Destroying the key makes all of it unreadable, wherever copies of it lie. Keys are made ahead in blocks, on the disk before the
first of them is handed out: somebody new takes one by writing its id into her row, in the transaction that makes the row. What a
process that ended had not handed out stays behind unused.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ccmm_bot.store.keys import OWN_LAYOUT, ErasedValue, KeyRing, UnreadableValue
from ccmm_bot.store.keystore import KeyStore, KeyStoreError

_KEY_BYTES: Final = 32
_ID_END: Final = 17
_NONCE_BYTES: Final = 12
_NONCE_END: Final = _ID_END + _NONCE_BYTES
_LAYOUT: Final = bytes([OWN_LAYOUT])

#: Keys that are kept ready for use, at about 2.5 KB each, and those that are only kept in mind, at some 200 bytes.
KEPT_OPEN: Final = 2048
KEPT_IN_MIND: Final = 65_536
_WARM: Final = 20_000
#: Keys made at once: few at first (a command needs one or none), many where many are needed.
_FIRST_BLOCK: Final = 16
_LARGEST_BLOCK: Final = 512


def wrapping_field(key: bytes) -> bytes:
    """What a sealed key is tied to: it does not open under another key's id."""
    return b"data_key:" + key


class OwnSealer:
    """Seals with one person's key; opens anything."""

    __slots__ = ("_header", "_ring", "cipher")

    def __init__(self, ring: KeyRing, key: bytes, cipher: AESGCM) -> None:
        self._ring = ring
        self._header = _LAYOUT + key
        self.cipher = cipher

    def seal(self, field: bytes, data: bytes) -> bytes:
        """``data`` sealed for the column ``field`` (``b"table.column"``)."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._header + nonce + self.cipher.encrypt(nonce, data, field)

    def open(self, field: bytes, blob: bytes) -> bytes:
        """What was sealed for the same column, with whichever key. Raises :class:`UnreadableValue`."""
        return self._ring.open(field, blob)

    def seal_text(self, field: bytes, text: str) -> bytes:
        """Text of any kind, as typed."""
        return self.seal(field, text.encode("utf-8", "surrogatepass"))

    def open_text(self, field: bytes, blob: bytes) -> str:
        """What :meth:`seal_text` sealed."""
        return self._ring.open_text(field, blob)


class DataKeys:
    """The keys of people as one process uses them. Safe to share between threads."""

    def __init__(self, ring: KeyRing, store: KeyStore) -> None:
        self.store = store
        self._ring = ring
        self._open: dict[bytes, OwnSealer] = {}
        self._mind: dict[bytes, bytes] = {}
        self._ahead: deque[str] = deque()
        self._block = _FIRST_BLOCK
        self._making = threading.Lock()
        self._keeping = threading.Lock()

    # --- handing out --------------------------------------------------------------------------------------------------

    def take(self) -> str:
        """The id of a key that nobody has, as 32 hexadecimal digits. It is on the disk already."""
        while True:
            try:
                key = self._ahead.popleft()
            except IndexError:
                self.make_ahead()
                continue
            if len(self._ahead) * 4 < self._block and not self._making.locked():
                threading.Thread(target=self._make_quietly, name="ccmm-keys", daemon=True).start()
            return key

    def make_ahead(self) -> None:
        """Have a block of keys at hand: one commit in the key store, none later on."""
        with self._making:
            if len(self._ahead) * 4 >= self._block:
                return  # another thread was faster
            made = [(os.urandom(16), os.urandom(_KEY_BYTES)) for _ in range(self._block)]
            wrapped = [(key, self._ring.seal(wrapping_field(key), raw)) for key, raw in made]
            self.store.add([(key, int.from_bytes(blob[1:5], "big"), blob) for key, blob in wrapped])
            for key, raw in made:
                self._keep(key, raw)
            self._ahead.extend(key.hex() for key, _ in made)
            self._block = min(self._block * 2, _LARGEST_BLOCK)

    def warm(self) -> None:
        """In a thread of its own, have keys at hand: some that nobody has, and those of whoever came last."""
        threading.Thread(target=self._warm, name="ccmm-keys", daemon=True).start()

    def _warm(self) -> None:
        self._make_quietly()
        with contextlib.suppress(KeyStoreError, UnreadableValue, OSError):
            for key, wrapped in self.store.newest(_WARM).items():
                if key not in self._mind:
                    self._remember(key, self._ring.open(wrapping_field(key), wrapped))

    def begin_anew(self) -> None:
        """Hand out nothing that was made before now."""
        with self._making:
            self._ahead.clear()

    def _make_quietly(self) -> None:
        try:
            self.make_ahead()
        except (KeyStoreError, OSError):
            return  # whoever finds no key ahead makes some, and is told why that fails

    # --- using ----------------------------------------------------------------------------------------------------------

    def of(self, key: str) -> OwnSealer:
        """Whoever seals with the key of this id. Raises :class:`ErasedValue` for a destroyed one."""
        return self._sealer(bytes.fromhex(key))

    def open(self, field: bytes, blob: bytes) -> bytes:
        """A value of layout 2. Raises :class:`UnreadableValue`, of which :class:`ErasedValue` says that its key was destroyed."""
        try:
            return self._sealer(blob[1:_ID_END]).cipher.decrypt(blob[_ID_END:_NONCE_END], blob[_NONCE_END:], field)
        except (InvalidTag, ValueError):
            raise UnreadableValue(f"A value of {field.decode()} does not open: damaged, or moved from another column.") from None

    def _sealer(self, key: bytes) -> OwnSealer:
        found = self._open.get(key)
        if found is not None:
            return found
        raw = self._mind.get(key)
        if raw is None:
            wrapped = self.store.get(key)
            if wrapped is None:
                raise ErasedValue("The key of this value was destroyed: whoever it belonged to was erased.")
            raw = self._ring.open(wrapping_field(key), wrapped)
        return self._keep(key, raw)

    def prepare(self, blobs: Iterable[bytes]) -> None:
        """Have the keys of many values at hand, by one look at the key store instead of one for each."""
        wanted = {bytes(blob[1:_ID_END]) for blob in blobs if blob[:1] == _LAYOUT}
        missing = [key for key in wanted if key not in self._mind and key not in self._open]
        for key, wrapped in self.store.get_many(missing).items() if missing else ():
            self._remember(key, self._ring.open(wrapping_field(key), wrapped))

    def _keep(self, key: bytes, raw: bytes) -> OwnSealer:
        sealer = OwnSealer(self._ring, key, AESGCM(raw))
        with self._keeping:
            while len(self._open) >= KEPT_OPEN:
                del self._open[next(iter(self._open))]
            self._open[key] = sealer
        self._remember(key, raw)
        return sealer

    def _remember(self, key: bytes, raw: bytes) -> None:
        with self._keeping:
            while len(self._mind) >= KEPT_IN_MIND:
                del self._mind[next(iter(self._mind))]
            self._mind[key] = raw

    # --- ending -----------------------------------------------------------------------------------------------------------

    def destroy(self, keys: list[str], *, erased: bool = True) -> int:
        """Destroy keys for good; how many there were. ``erased``: because whoever they belonged to was erased."""
        ids = [bytes.fromhex(key) for key in keys]
        with self._keeping:
            for each in ids:
                self._open.pop(each, None)
                self._mind.pop(each, None)
        return self.store.destroy(ids, erased=erased)

    def close(self) -> None:
        """Close the key store's connections."""
        self.store.close()


def attach(ring: KeyRing, url: str) -> DataKeys:
    """Give a ring the keys of people in the key store at ``url``, which is made with the first of them."""
    own = DataKeys(ring, KeyStore(url))
    ring.attach(own)
    return own
