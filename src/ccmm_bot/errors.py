"""The one root of every error this project raises on purpose."""

from __future__ import annotations


class CcmmError(Exception):
    """Something went wrong that a person can act on; the message says how, in plain words."""


class ConfigurationError(CcmmError):
    """A setting is missing or contradicts another; the message names the setting."""
