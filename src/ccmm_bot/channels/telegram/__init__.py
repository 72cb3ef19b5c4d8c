"""Telegram bots: updates in, by polling or webhook; the Bot API out."""

import os

# python-telegram-bot's own switch to durations as timedelta, which a later version makes the only way.
os.environ.setdefault("PTB_TIMEDELTA", "true")
