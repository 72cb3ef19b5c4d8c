"""The codes of invitations: made, written down, and read again from what a person sends.

Twelve random signs of Crockford's Base32 (60 bits; "Base 32", crockford.com) and one check sign: no I, L, O and U, so that it can
be copied by hand, and read out on the telephone. In a message a code may stand alone, or behind START and a language: "START
7K3M-9QWX-2T4VB", "/start ti_7K3M9QWX2T4VB" (a Telegram deep link: at most 64 of ``A-Za-z0-9_-``; Telegram, "Deep Linking").
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from ccmm_bot.i18n.languages import TAGS

SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SIGNS: Final = 12
LENGTH: Final = RANDOM_SIGNS + 1

_VALUE: Final = {sign: value for value, sign in enumerate(SIGNS)}
_LOOKS_LIKE: Final = str.maketrans("ILO", "110")  # Crockford: "when decoding, … i and l are treated like 1 and o like 0"
_CLEARLY_DIGITS: Final = frozenset("23456789")
_CHECK: Final = 31  # prime: with weights it tells any one wrong sign and any two that changed places (0 and Z aside)
_A_DIGIT: Final = re.compile("[2-9]")
_APART: Final = re.compile(r"[\s/_.:·\-‐-―]+")
_LONGEST: Final = 80
_START: Final = "START"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a message gives away: a code (``None`` where it is miswritten for certain) and perhaps a language."""

    code: str | None
    language: str | None = None


def new_code() -> str:
    """A random code. It has a letter and a digit, so that neither a word nor a telephone number is ever taken for one."""
    while True:
        body = "".join(secrets.choice(SIGNS) for _ in range(RANDOM_SIGNS))
        if _is_mixed(body):
            return body + _check(body)


def written(code: str) -> str:
    """The code as people copy it: ``7K3M-9QWX-2T4VB``."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def payload(code: str, language: str | None = None) -> str:
    """The code as a Telegram deep link carries it."""
    return f"{language}_{code}" if language else code


def sentence(code: str, language: str | None = None) -> str:
    """The code as a message: what a link to SMS or WhatsApp has already written for the person.

    It begins with START because that is what people are told everywhere. A message of more than that one word is none of the
    keywords which Twilio answers by itself (Twilio, "Twilio support for opt-out keywords": the keyword alone).
    """
    return " ".join(["START", *([language] if language else []), written(code)])


def given(text: str) -> Given | None:
    """The code a message is, as a whole; ``None`` for any other message."""
    if not LENGTH - 1 <= len(text) <= _LONGEST:  # nearly every message, at the cost of one comparison
        return None
    if text.isascii() and not _A_DIGIT.search(text):
        return None  # nearly every longer one
    parts = [part for part in _APART.split(_plain(text)) if part]
    behind_start = bool(parts) and parts[0] == _START
    if behind_start:
        parts = parts[1:]
    language = None
    if len(parts) > 1 and parts[0].lower() in TAGS:
        language, parts = parts[0].lower(), parts[1:]
    typed = "".join(parts)
    code = typed.translate(_LOOKS_LIKE)
    if not _is_mixed(typed) or any(sign not in _VALUE for sign in code):
        return None
    if len(code) == LENGTH and _check(code[:-1]) == code[-1]:
        return Given(code=code, language=language)
    # Behind START, something nearly as long as a code is one with a slip in it; elsewhere it is just what somebody wrote.
    return Given(code=None, language=language) if behind_start and abs(len(code) - LENGTH) <= 1 else None


def _plain(text: str) -> str:
    """Compatibility forms and every script's digits as ASCII, letters upper-case, invisible signs gone."""
    signs = (sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return "".join(
        str(unicodedata.decimal(sign)) if unicodedata.decimal(sign, None) is not None else sign for sign in signs
    ).upper()


def _is_mixed(typed: str) -> bool:
    return bool(_CLEARLY_DIGITS & set(typed)) and any(sign.isalpha() for sign in typed)


def _check(body: str) -> str:
    return SIGNS[sum(weight * _VALUE[sign] for weight, sign in enumerate(body, 1)) % _CHECK]
