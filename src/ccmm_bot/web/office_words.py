"""Identifiers of administration in words that staff read; :mod:`ccmm_bot.web.words` holds the others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text


OFFICE_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "method": {
            "totp": N_("App"),
            "passkey": N_("Passkey"),
            "recovery": N_("Recovery code"),
            "oidc": N_("The agency's own sign-in"),
        },
        "scope": {"read": N_("Read only"), "write": N_("Read, and write what a case manager may")},
        "actor": {"person": N_("A person"), "staff": N_("Staff"), "system": N_("The service")},
        "agency_setting": {
            "office_hours": N_("Office hours"),
            "on_call_email": N_("On-call contact"),
            "urgent": N_("Response time, urgent"),
            "high": N_("Response time, high"),
            "normal": N_("Response time, normal"),
            "sending_from": N_("Sending hours, from"),
            "sending_until": N_("Sending hours, until"),
            "keep_raw_days": N_("Payloads are kept, days"),
        },
        "missing": {
            "administrator": N_("Nobody administers it yet."),
            "sender": N_("No channel is connected: people have no number to write to."),
            "help_lines": N_("Its administrator has not confirmed all of the help lines (Service, Help lines)."),
        },
        "subject": {
            "staff": N_("An account"),
            "staff_link": N_("A link"),
            "agency": N_("The agency"),
            "flag": N_("A flag"),
            "case": N_("A case"),
            "conversation": N_("A conversation"),
            "inbound": N_("A message"),
            "person": N_("A person"),
        },
        "table": {
            "person": N_("The person"),
            "household": N_("Household"),
            "contact_point": N_("Telephones and accounts"),
            "person_contact_point": N_("Who uses which telephone"),
            "former_address": N_("Numbers from before"),
            "conversation": N_("Conversations"),
            "inbound": N_("Messages from the person"),
            "outbox": N_("Messages to the person"),
            "delivery_receipt": N_("Receipts of messages"),
            "attachment": N_("Files"),
            "dialogue_run": N_("Dialogues"),
            "timer": N_("Reminders and time-outs"),
            "response": N_("Answers"),
            "response_history": N_("Answers that were changed"),
            "consent": N_("Consents"),
            "opt_out_entry": N_("Stopping and wanting messages again"),
            "flag": N_("Flags"),
            "flag_escalation": N_("Flags that nobody looked at in time"),
            "notification": N_("Notices to staff"),
            "case": N_("Cases"),
            "follow_up": N_("Follow-ups"),
            "follow_up_attempt": N_("Attempts of follow-ups"),
            "invitation": N_("Invitations"),
            "invitation_miss": N_("Wrong codes"),
            "appointment": N_("Appointments"),
            "case_criterion": N_("Criteria of IRCC"),
            "case_need": N_("Needs"),
            "case_step": N_("Steps"),
            "contact_note": N_("Contacts"),
            "decision": N_("Decisions"),
            "file_audit": N_("File audits"),
            "flag_event": N_("What was done about flags"),
            "hand_back": N_("Conversations that are handed back"),
            "next_step": N_("Next steps"),
            "person_merge": N_("Merged entries"),
            "person_opening": N_("Who opened the file with a reason"),
            "plan_goal": N_("Goals"),
            "referral": N_("Referrals"),
            "staff_form": N_("Forms"),
            "stage_change": N_("Stages"),
            "translation": N_("Machine translations"),
        },
    }
)
