"""Canonical identifiers in words that staff read. An identifier without words here is shown with its underscores as spaces."""

from __future__ import annotations

from types import MappingProxyType


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text


WORDS = MappingProxyType(
    {
        "channel": {"sms": N_("SMS"), "whatsapp": N_("WhatsApp"), "telegram": N_("Telegram"), "console": N_("Terminal")},
        "severity": {"urgent": N_("Urgent"), "high": N_("High"), "normal": N_("Normal")},
        "delivery": {
            "pending": N_("Waiting to be sent"),
            "held": N_("Waits until the person writes"),
            "sending": N_("Being sent"),
            "unknown": N_("Not known whether it arrived"),
            "sent": N_("Sent"),
            "delivered": N_("Delivered"),
            "read": N_("Read"),
            "failed": N_("Not delivered"),
            "suppressed": N_("Held back"),
        },
        "outcome": {
            "information_given": N_("Information given"),
            "referral_made": N_("Referral made"),
            "returned_to_intake": N_("Returned to intake"),
            "no_need": N_("No need"),
            "not_reached": N_("Not reached"),
            "other": N_("Other"),
        },
        "reason": {
            "asked_for_human": N_("Wants to talk to a person"),
            "stuck": N_("Cannot get on without a person"),
            "asked_for_contact": N_("Asks to be contacted"),
            "consent_withdrawn": N_("Took back a consent"),
            "channel_setup": N_("A channel is not set up right"),
            "delivery_unknown": N_("Not known whether a message arrived"),
            "four_or_more_needs": N_("Four or more needs: look at eligibility"),
            "mental_health_affected": N_("Sadness, worry or stress"),
            "message_not_sent": N_("A message could not be delivered"),
            "new_needs": N_("New needs"),
            "no_basic_income": N_("Not enough money for basics"),
            "no_safe_housing": N_("No safe place to live"),
            "not_enough_food": N_("Not enough food"),
            "physical_health_affected": N_("Health problems"),
            "ran_out_of_money": N_("Ran out of money"),
            "referral_not_received": N_("A referral brought no help"),
            "unreachable": N_("Could not be reached"),
            "wrong_person": N_("The phone belongs to somebody else"),
        },
        "dialogue": {
            "consent": N_("Consent to service"),
            "contacts": N_("Contacts of agencies"),
            "follow_up_3_month": N_("Follow-up after 3 months"),
            "handoff": N_("Asked for a person"),
            "language": N_("Choice of language"),
            "menu": N_("Menu"),
            "permission": N_("Consents"),
            "pre_intake": N_("Information before intake"),
            "self_screening": N_("Self-screening of needs"),
            "start": N_("Start again"),
            "stop": N_("Stop"),
            "welcome": N_("Welcome"),
        },
        "consent": {
            "service": N_("Service by messages"),
            "research": N_("Use of answers in research"),
            "contact": N_("Being contacted later"),
        },
        "run": {
            "completed": N_("Finished"),
            "partial": N_("Left before the end"),
            "declined": N_("Declined"),
            "running": N_("Running"),
        },
        "role": {
            "operator": N_("Operator"),
            "administrator": N_("Administrator"),
            "supervisor": N_("Supervisor"),
            "case_manager": N_("Case manager"),
            "auditor": N_("Auditor"),
            "evaluator": N_("Evaluator"),
        },
        "kind": {
            "voice": N_("Voice message"),
            "image": N_("Picture"),
            "video": N_("Video"),
            "document": N_("Document"),
            "location": N_("Place on the map"),
            "contact": N_("Contact card"),
            "sticker": N_("Sticker"),
            "correction": N_("Corrected message"),
            "unsupported": N_("Something we cannot show"),
        },
    }
)


def words(family: str, name: str) -> str:
    """The English words for an identifier."""
    return WORDS.get(family, {}).get(name) or name.replace("_", " ").capitalize()
