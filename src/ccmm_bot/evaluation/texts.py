"""Marks texts for the staff catalogue."""

from __future__ import annotations


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text
