"""The identifiers of the case file in words that staff read; :mod:`ccmm_bot.web.words` holds the others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text


CASE_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "domain": {
            "family": N_("Family"),
            "housing": N_("Housing"),
            "education": N_("Education"),
            "financial": N_("Financial"),
            "immigration": N_("Immigration"),
            "benefits": N_("Benefits"),
            "health": N_("Health"),
            "legal": N_("Legal"),
            "labour_market": N_("Labour market"),
            "adjustment": N_("Adjustment"),
            "other": N_("Other (does not count)"),
        },
        "criteria_group": {
            "individual": N_("The person"),
            "health": N_("Health of body and mind"),
            "family": N_("Family, community, structures"),
            "other": N_("Other factor"),
        },
        "criterion": {
            "limited_schooling": N_("Limited or interrupted schooling"),
            "little_official_language": N_("Little or no English or French"),
            "limited_self_advocacy": N_("Limited ability to speak up for oneself"),
            "little_use_of_services": N_("Little or no use of mainstream services: transit, digital, money, social network"),
            "physical_condition": N_("Known physical condition"),
            "mental_health_or_substance_use": N_("Mental health or substance use"),
            "caregiver": N_("Cares for a family member with a disability or chronic illness"),
            "pre_arrival_trauma": N_("Trauma, violence or a long stay in camps before arrival"),
            "single_parent_or_large_family": N_("Single parent or large family"),
            "conflict_or_violence_at_home": N_("High conflict or suspected violence at home"),
            "child_at_risk": N_("Child at risk"),
            "custody_or_school_problems": N_("Custody or school problems"),
            "systemic_discrimination": N_("Systemic discrimination"),
            "lack_of_basic_goods": N_("Lack of basic goods or income"),
            "other_factor": N_("Another factor, by professional judgement"),
        },
        "step": {
            "met_client": N_("Met the client"),
            "documentation": N_("Intake documentation handed in"),
            "reviewed": N_("Intake approved"),
            "assigned": N_("Assigned"),
            "first_meeting": N_("First meeting"),
            "plan_submitted": N_("Service plan handed in"),
            "plan_approved": N_("Service plan approved"),
            "exit_notice": N_("Notice of exit given"),
            "exit_meeting": N_("Exit meeting"),
            "exchange_consent": N_("Consent to exchange information"),
        },
        "clock": {
            "documentation": N_("Hand in the intake documentation"),
            "review": N_("Review the intake"),
            "assignment": N_("Assign a case manager"),
            "first_meeting": N_("First meeting"),
            "plan": N_("Hand in the service plan"),
            "plan_approval": N_("Approve the service plan"),
            "monthly_contact": N_("Meet the client this month"),
            "exit_meeting": N_("Exit meeting, a month before the end"),
            "questionnaire": N_("Fill in the exit questionnaire"),
        },
        "clock_state": {
            "kept": N_("Done in time"),
            "late": N_("Done late"),
            "running": N_("Running"),
            "overdue": N_("Overdue"),
        },
        "ruling": {
            "approved": N_("Approved"),
            "sent_back": N_("Sent back"),
            "declined": N_("Declined"),
        },
        "about": {"intake": N_("Intake"), "plan": N_("Service plan")},
        "intensity": {
            "low": N_("Low needs: 4-5 contacts a month"),
            "high": N_("High needs: 2-5 contacts a week"),
        },
        "goal": {"open": N_("Open"), "met": N_("Met"), "dropped": N_("Dropped")},
        "method": {
            "in_person": N_("Face to face"),
            "phone": N_("Telephone"),
            "video": N_("Video call"),
            "message": N_("Messages"),
            "email": N_("E-mail"),
            "home_visit": N_("Home visit"),
            "accompaniment": N_("Accompaniment"),
            "workshop": N_("Workshop"),
        },
        "appointment": {
            "planned": N_("Planned"),
            "cancelled": N_("Called off"),
            "held": N_("Held"),
            "missed": N_("Nobody came"),
        },
        "double": {"same_phone": N_("uses the same phone"), "same_name": N_("has the same name")},
        "column": {
            "name": N_("Name"),
            "language": N_("Language"),
            "phone": N_("Phone"),
            "channel": N_("Channel"),
            "agreed_to_messages": N_("Agreed to messages"),
            "household": N_("Household"),
            "stage": N_("Stage"),
            "opened_on": N_("Opened on"),
            "exit_date": N_("Exit date"),
            "planned_end": N_("Planned end"),
            "case_manager": N_("Case manager"),
            "need_intensity": N_("Need intensity"),
            "model": N_("Model"),
        },
        "model": {"original": N_("Original model"), "enhanced": N_("Enhanced model")},
        "left_out": {
            "number_known": N_(
                "Somebody uses this number here by now. Search for it: if it is the same person, open the case on that entry; "
                "if it is not, upload the row without the number."
            ),
            "no_sender": N_("An administrator connects a sender on this channel; or upload the row with another channel."),
            "unknown_staff": N_("Upload the row with a colleague who has an account, or without one and assign the case later."),
        },
        "problem": {
            "empty": N_("Write something here."),
            "unreadable": N_("This could not be read. Please look at it again."),
            "too_long": N_("This is longer than we keep."),
            "no_date": N_("Choose a date."),
            "date_far": N_("This date lies too far away to be meant."),
            "urgent": N_("An urgent flag cannot be put off: resolve it, or give it to somebody."),
            "no_case": N_("This needs a case of the person's own: open one first, or leave it empty."),
            "consent_needed": N_("Without the person's consent nobody is sent anywhere."),
            "date_future": N_("This has not happened yet: choose today or an earlier day."),
            "before_start": N_("This lies before the case was opened."),
            "out_of_range": N_("This number cannot be right."),
            "unknown": N_("Choose one of those that are offered."),
            "same": N_("The case is in this stage already."),
            "exited": N_("The case has ended. Take the exit date back first, or open the case again."),
            "exit_needs_date": N_("An exit needs its date: write the exit date down below."),
            "not_yours": N_("This step is written down by what a supervisor decides."),
            "no_goal": N_("A plan needs at least one goal."),
            "open_case": N_("One of these people has an open case already."),
            "other_household": N_("These people belong to different households."),
            "no_case_manager": N_("This account does not manage cases, or is switched off."),
            "nothing_to_draw": N_("One in five closed cases has been drawn already."),
            "no_such_code": N_("There is no person with this code at your agency."),
            "nobody_found": N_("Nobody at your agency has this code or telephone."),
            "several_found": N_("More than one person uses this telephone: write the code."),
            "say_why": N_("Say why, in words a colleague understands later."),
            "resolved_before": N_(
                "Somebody else has resolved this flag already. Their entry is kept and shown; what you typed is still in the form."
            ),
            "date_past": N_("This lies in the past: choose a later moment."),
            "odd_hour": N_("Appointments are between 5:00 and 22:00."),
            "same_person": N_("Choose somebody else."),
            "merged_already": N_("One of these entries has been merged already."),
            "two_open_cases": N_("Both have an open case. Say which one goes on."),
            "undone_already": N_("This has been taken back already."),
            "away_too": N_("This colleague is away at that time too."),
            "no_number": N_("This is no telephone number."),
            "number_known": N_("This number is known already, as somebody's."),
            "no_sender": N_("Your agency has no sender on this channel."),
            "twice_in_file": N_("This number stands twice in the file."),
            "unknown_language": N_("This is none of the languages of the service."),
            "unknown_staff": N_("Nobody at your agency has this address."),
            "applied_already": N_("This list has been taken over already."),
            "has_faults": N_("Some rows have faults. Mend them in the file and upload it again."),
            "too_large": N_("This file is too large: 240 KB at most. Upload it in parts."),
            "no_header": N_("The first line has to name the columns; at least name and stage."),
            "column_twice": N_("A column stands twice in the first line."),
            "too_many_rows": N_("More rows or columns than we take at once: 2,000 rows. Upload it in parts."),
            "changed": N_(
                "Somebody else has changed this since you opened it. What is there now is shown; what you typed is still in the "
                "form. Look at both, then keep it again."
            ),
        },
    }
)
