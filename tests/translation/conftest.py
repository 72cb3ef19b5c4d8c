"""The toy models, installed."""

from __future__ import annotations

from tests.translation.fixtures import models

__all__ = ["models"]
