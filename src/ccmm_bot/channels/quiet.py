"""Keeping the provider libraries' own logs from saying what must not be written down.

httpx logs every request's address at INFO, and a Telegram address contains the bot's token, a Twilio list request the
person's number. python-telegram-bot logs a body it cannot read with its content, and its own debug lines carry whole
messages. What matters to an operator is logged by this project, without either.
"""

from __future__ import annotations

import logging

_LOUD = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "telegram": logging.CRITICAL,
    "twilio": logging.WARNING,
}


def quiet_provider_logs() -> None:
    """Raise the levels of the libraries' loggers. Calling it again changes nothing."""
    for name, level in _LOUD.items():
        logger = logging.getLogger(name)
        if logger.level < level:
            logger.setLevel(level)
