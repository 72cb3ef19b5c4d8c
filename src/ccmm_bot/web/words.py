"""Canonical identifiers in words that staff read. An identifier without words here is shown with its underscores as spaces."""

from __future__ import annotations

from types import MappingProxyType

from ccmm_bot.web.audit_words import ACTIONS
from ccmm_bot.web.case_words import CASE_WORDS
from ccmm_bot.web.desk_words import DESK_WORDS
from ccmm_bot.web.office_words import OFFICE_WORDS


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
            "moved": N_("Sent another way: see the other conversation"),
        },
        "outcome": {
            "information_given": N_("Information given"),
            "referral_made": N_("Referral made"),
            "returned_to_intake": N_("Returned to intake"),
            "no_need": N_("No need"),
            "not_reached": N_("Not reached"),
            "other": N_("Other"),
        },
        "attachment": {
            "pending": N_("The file is being fetched"),
            "too_large": N_("The file was too large to keep"),
            "type": N_("The file is of a kind we do not keep"),
            "gone": N_("The file could not be fetched any more"),
            "not_reached": N_("The file could not be fetched"),
            "kept_long_enough": N_("Removed: the agency does not keep files for longer"),
            "address": N_("The file could not be fetched"),
        },
        "consent_how": {
            "in_person": N_("Face to face"),
            "by_phone": N_("On the telephone"),
            "in_writing": N_("In writing"),
        },
        "reason": {
            "appointment_confirmed": N_("Comes to the appointment"),
            "appointment_move": N_("Wants another time for the appointment"),
            "appointment_not_coming": N_("Does not come to the appointment"),
            "asked_for_contact": N_("Asks to be contacted"),
            "asked_for_human": N_("Wants to talk to a person"),
            "channel_setup": N_("A channel is not set up right"),
            "child_not_safe": N_("A child is not safe"),
            "consent_withdrawn": N_("Took back a consent"),
            "content_for_staff": N_("Sent something to look at"),
            "crisis": N_("Does not want to live"),
            "crisis_words": N_("Wrote words of crisis or violence"),
            "delivery_unknown": N_("Not known whether a message arrived"),
            "erasure_requested": N_("Wants the data deleted"),
            "follow_up_missed": N_("A follow-up could not be done"),
            "four_or_more_needs": N_("Four or more needs: look at eligibility"),
            "intake_request": N_("Asks for intake"),
            "invited_on_known_phone": N_("An invitation was used on a phone we know"),
            "language_not_live": N_("Writes in a language that waits for a review"),
            "mental_health_affected": N_("Sadness, worry or stress"),
            "message_not_sent": N_("A message could not be delivered"),
            "new_needs": N_("New needs"),
            "no_basic_income": N_("Not enough money for basics"),
            "no_safe_housing": N_("No safe place to live"),
            "not_enough_food": N_("Not enough food"),
            "not_processed": N_("A message could not be worked on"),
            "not_well": N_("Is not well"),
            "opened_with_reason": N_("A colleague opened this person, with a reason"),
            "phone_is_shared": N_("The phone is shared"),
            "phone_not_safe": N_("The phone is not safe to write to"),
            "physical_health_affected": N_("Health problems"),
            "plan_not_right": N_("The plan is not right any more"),
            "late_message": N_("A message came late and was not answered"),
            "possible_auto_responder": N_("Answers like a machine"),
            "ran_out_of_money": N_("Ran out of money"),
            "ready_for_exit": N_("May not need the service any more"),
            "referral_not_received": N_("A referral brought no help"),
            "referral_unknown": N_("Not known what came of a referral"),
            "research_withdrawn": N_("Took back the consent to research"),
            "safety": N_("Asked for help with safety"),
            "safety_call": N_("Asked for help with safety: please call"),
            "safety_no_contact": N_("Asked for help with safety: do not write or call"),
            "stuck": N_("Cannot get on without a person"),
            "too_many_messages": N_("Very many messages at once"),
            "under_16": N_("May be younger than 16"),
            "unreachable": N_("Could not be reached"),
            "version_lost": N_("A conversation had to begin again"),
            "wants_to_return": N_("Wants to come back to the service"),
            "wrong_person": N_("The phone belongs to somebody else"),
        },
        "dialogue": {
            "age": N_("Adult or young person"),
            "appointment": N_("Appointment"),
            "come_back": N_("Coming back to the service"),
            "consent": N_("Consent to service"),
            "erase_my_data": N_("Request to delete answers"),
            "household": N_("Household"),
            "intake_request": N_("Request for intake"),
            "my_answers": N_("Own answers shown"),
            "opening": N_("We wrote first: who is reading?"),
            "quiet": N_("Phone not safe"),
            "research_consent": N_("Consent to research"),
            "safety": N_("Help with safety"),
            "contacts": N_("Contacts of agencies"),
            "follow_up_3_month": N_("Follow-up after 3 months"),
            "appointment_reminder": N_("Reminder of an appointment"),
            "quarterly_check_in": N_("Quarterly check-in"),
            "entry_survey": N_("Entry survey"),
            "exit_survey": N_("Exit survey"),
            "referral_check": N_("Check of a referral"),
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
            "referral": N_("Being referred to another service"),
        },
        "run": {
            "completed": N_("Finished"),
            "partial": N_("Left before the end"),
            "declined": N_("Declined"),
            "running": N_("Running"),
        },
        "stage": {
            "pre_intake": N_("Before intake"),
            "intake": N_("Intake"),
            "assessment_planning": N_("Assessment and plan"),
            "implementation_monitoring": N_("Service"),
            "exit": N_("Exit"),
            "follow_up": N_("Follow-up"),
        },
        "follow_up": {
            "scheduled": N_("Planned"),
            "due": N_("Due"),
            "sent": N_("Sent"),
            "in_progress": N_("Being answered"),
            "answered": N_("Answered"),
            "partly_answered": N_("Partly answered"),
            "declined": N_("Declined"),
            "missed": N_("Missed"),
            "unreachable": N_("Could not be reached"),
            "cancelled": N_("Cancelled"),
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


_TABLES = (WORDS, CASE_WORDS, DESK_WORDS, OFFICE_WORDS, {"action": ACTIONS})


def words(family: str, name: str) -> str:
    """The English words for an identifier."""
    found = next((told for table in _TABLES if (told := table.get(family, {}).get(name))), None)
    return found or name.replace("_", " ").capitalize()
