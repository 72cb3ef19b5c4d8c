"""Identifiers of the day's work in words that staff read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text


DESK_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "flag_event": {
            "raised": N_("Raised"),
            "raised_again": N_("Raised again"),
            "escalated": N_("Nobody looked in time: the next one up was told"),
            "resolved": N_("Resolved"),
            "reassigned": N_("Given to a colleague"),
            "snoozed": N_("Put off"),
            "woken": N_("Taken back"),
        },
        "work_list": {
            "unanswered": N_("Conversations that wait for an answer"),
            "steps": N_("Next steps"),
            "appointments": N_("Appointments of the next seven days"),
            "due": N_("Follow-ups that are due"),
            "missed": N_("Missed or not reached"),
            "referrals": N_("Referrals of which nobody knows what came"),
        },
        "work_list_empty": {
            "unanswered": N_("Nobody you talk with waits for an answer."),
            "steps": N_("Nothing you planned is due."),
            "appointments": N_("No appointments."),
            "due": N_("No follow-up is due until tomorrow."),
            "missed": N_("Nothing was missed in the last 60 days."),
            "referrals": N_("Of every referral it is known whether help came."),
        },
        "hand_back": {
            "2h": N_("in two hours"),
            "1d": N_("after a day"),
            "3d": N_("after three days"),
            "7d": N_("after a week"),
        },
        "happened": {
            "came": N_("The person wrote"),
            "went": N_("We wrote"),
            "answered": N_("Answered"),
            "began": N_("Began"),
            "agreed": N_("Agreed to"),
            "refused": N_("Did not agree to"),
            "flagged": N_("Flag"),
            "stage": N_("Stage"),
            "referred": N_("Referred"),
            "contact": N_("Contact"),
            "appointment": N_("Appointment"),
        },
        "referral": {
            "received": N_("Help came"),
            "not_received": N_("No help came"),
            "unknown": N_("Not known"),
            "waiting": N_("Nobody has said yet"),
        },
    }
)
