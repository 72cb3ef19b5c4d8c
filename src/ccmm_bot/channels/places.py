"""A place on the map as staff read it."""

from __future__ import annotations


def place(latitude: float, longitude: float) -> str:
    """Degrees north and east with five decimals (about a metre), as any map takes them: "49.24966, -123.11934"."""
    return f"{latitude:.5f}, {longitude:.5f}"
