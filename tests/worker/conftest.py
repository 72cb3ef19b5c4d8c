from __future__ import annotations

from tests.standins.fixtures import bot, caller, sms, telegram, twilio, whatsapp

__all__ = ["bot", "caller", "sms", "telegram", "twilio", "whatsapp"]
