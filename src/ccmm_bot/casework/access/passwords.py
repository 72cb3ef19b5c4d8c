"""Passwords: how strong, and how kept (argon2id, RFC 9106 §4, the second recommended option)."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ccmm_bot.errors import CcmmError

#: ASVS 5.0 §6.2.1 and §6.2.9: at least 15 characters is strongly recommended, 64 must be possible; no rules of composition.
MINIMUM = 12
MAXIMUM = 256
#: What everybody who attacks this service would try first (ASVS 5.0 §6.1.2).
CONTEXT: Final = (
    "ccmm",
    "ccmm-bot",
    "ccmmbot",
    "settlement",
    "newcomer",
    "refugee",
    "casemanager",
    "british",
    "columbia",
    "vancouver",
)
#: Of the estimate's scores 0 to 4: "safely unguessable: moderate protection from offline slow-hash scenario" (zxcvbn).
_ENOUGH: Final = 3
#: The estimate looks at so much of a password; what is longer is no easier.
_LOOKED_AT: Final = 72

_hasher = PasswordHasher()
# Each verification takes 64 MiB: a rush at the sign-in page must not take the machine's memory.
_places = threading.BoundedSemaphore(4)


class WeakPassword(CcmmError):
    """The password is too easy to guess; the message says what to do."""


def check_strength(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Raise :class:`WeakPassword` for a password that is short, uniform, known from leaks, or made of what everybody knows about
    its owner or about this service.

    How easy it is to guess is estimated by zxcvbn, against its lists of leaked passwords, names, words and keyboard patterns.
    """
    if len(password) < MINIMUM:
        raise WeakPassword("Use at least {least} characters. Four unrelated words make a good password.", least=MINIMUM)
    if len(password) > MAXIMUM:
        raise WeakPassword("Use at most {most} characters.", most=MAXIMUM)
    folded = password.casefold()
    if len(set(folded)) < 6:
        raise WeakPassword("The password repeats the same few characters. Four unrelated words make a good password.")
    for part in about:
        if len(part) >= 4 and part.casefold() in folded and len(folded) - len(part) < MINIMUM:
            raise WeakPassword("The password contains the name or the e-mail. Choose something nobody would expect.")
    from zxcvbn import zxcvbn  # its lists are ten megabytes: only where a password is chosen

    estimate = zxcvbn(password[:_LOOKED_AT], user_inputs=[*CONTEXT, *(part.casefold() for part in about)])
    if estimate["score"] < _ENOUGH:
        raise WeakPassword("The password is among the first that would be tried. Four unrelated words make a good password.")


def hash_password(password: str) -> str:
    """The encoded argon2id hash to keep."""
    with _places:
        return _hasher.hash(_normal(password))


def verify(encoded: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed. ``None`` (no such account) takes as long and is always false."""
    with _places:
        try:
            _hasher.verify(encoded or _nobody(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return encoded is not None


def outdated(encoded: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(encoded)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    # The same keys give different code points on different keyboards (RFC 8265 §4.2).
    return unicodedata.normalize("NFC", password)
