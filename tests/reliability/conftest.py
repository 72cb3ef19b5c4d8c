"""The provider these tests talk to."""

from __future__ import annotations

from tests.standins.fixtures import caller, twilio

__all__ = ["caller", "twilio"]
