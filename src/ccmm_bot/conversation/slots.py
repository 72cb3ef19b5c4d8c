"""What fills the slots of a text: names of the agency and the person, and what was given with the beginning of a dialogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ccmm_bot.conversation.state import Standing
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.i18n.moments import moment

#: Facts that are moments: ISO 8601, UTC where no offset is written.
_MOMENTS: Final = ("appointment_when", "read_by")
_WORDS: Final = ("appointment_where", "referral_to")


def slots(standing: Standing, facts: Mapping[str, Fact], language: str) -> dict[str, str]:
    """Slot → text, in ``language`` and the agency's time zone. A fact that was not given fills its slot with nothing."""
    account = standing.account
    filled = {"service_name": account.service_name, "agency_name": account.agency_name, "initials": standing.initials}
    filled |= {name: str(facts.get(name, "")) for name in _WORDS}
    filled |= {name: _moment(str(facts.get(name, "")), account.timezone, language) for name in _MOMENTS}
    return filled


def _moment(written: str, timezone: str, language: str) -> str:
    if not written:
        return ""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return written  # whoever began it wrote it in words
    return moment(at if at.tzinfo is not None else at.replace(tzinfo=UTC), ZoneInfo(timezone), language)
