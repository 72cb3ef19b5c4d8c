"""What a parser raises for a payload it cannot make sense of."""

from __future__ import annotations

from ccmm_bot.errors import CcmmError


class Malformed(CcmmError):
    """A payload has not the shape its provider documents. The reason names fields, never their contents."""
