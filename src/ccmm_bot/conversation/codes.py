"""The short public code of a person: to be read out on the telephone, and saying nothing about her."""

from __future__ import annotations

import secrets
from typing import Final

#: Without vowels (no words by accident) and without what looks or sounds like something else.
LETTERS: Final = "CDFHJKLMNPRTVWXYZ"
DIGITS: Final = "23456789"
_SIGNS: Final = LETTERS + DIGITS


def new_code() -> str:
    """A random code like ``K7-4F2Q``: some 53 million of them; two alike are told apart by the UNIQUE constraint."""
    tail = "".join(secrets.choice(_SIGNS) for _ in range(4))
    return f"{secrets.choice(LETTERS)}{secrets.choice(DIGITS)}-{tail}"
