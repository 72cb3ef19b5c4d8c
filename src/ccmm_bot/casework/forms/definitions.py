"""The forms of the model. A change of a field or option needs a new version: what was handed in keeps its own."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission
from ccmm_bot.casework.forms.model import Field, FieldType, Form, Period, Section, Subject
from ccmm_bot.casework.texts import N_

_METHODS: Final = {
    "in_person": N_("Face to face"),
    "phone": N_("Telephone"),
    "video": N_("Video call"),
    "message": N_("Messages"),
    "email": N_("E-mail"),
    "home_visit": N_("Home visit"),
    "accompaniment": N_("Accompaniment"),
    "workshop": N_("Workshop"),
}
_FREQUENCY: Final = {
    "more_than_weekly": N_("More than once a week"),
    "weekly": N_("Once a week"),
    "every_two_weeks": N_("Every two weeks"),
    "monthly": N_("Once a month"),
    "every_two_months": N_("Every two months"),
    "less_often": N_("Less than every two months"),
}
_STAGES: Final = {
    "pre_intake": N_("Pre-intake"),
    "intake": N_("Intake"),
    "assessment_planning": N_("Assessment and planning"),
    "implementation_monitoring": N_("Implementation and monitoring"),
    "exit": N_("Exit"),
    "follow_up": N_("Follow-up"),
}


def _number(name: str, label: str, most: int = 1000) -> Field:
    return Field(name=name, type=FieldType.NUMBER, label=label, most=most)


def _text(name: str, label: str, *, required: bool = False) -> Field:
    return Field(name=name, type=FieldType.TEXT, label=label, required=required)


def _yes_no(name: str, label: str) -> Field:
    return Field(name=name, type=FieldType.YES_NO, label=label)


#: CCMM report §5: the agency and case-manager questionnaire, filled in at exit. Needs and duration are read from the case file.
CASE_QUESTIONNAIRE: Final = Form(
    name="case_questionnaire",
    version=1,
    title=N_("Agency and case-manager questionnaire"),
    about=N_("At exit. Needs at entry and exit, and how long the service lasted, are taken from the case file."),
    subject=Subject.CASE,
    period=Period.ONCE,
    writes=Permission.WRITE_CASES,
    sections=(
        Section(
            title=N_("Background"),
            fields=(
                _text("ethnocultural_identity", N_("Ethnocultural identity")),
                _text("country_of_origin", N_("Country of origin")),
                Field(
                    name="household_composition",
                    type=FieldType.CHOICE,
                    label=N_("Household"),
                    options={
                        "individual": N_("Individual"),
                        "couple": N_("Couple"),
                        "family_with_children": N_("Family with children"),
                        "multigenerational": N_("Several generations"),
                        "other": N_("Other"),
                    },
                ),
                _number("household_size", N_("People in the household"), 30),
                _number("number_of_children", N_("Children"), 20),
                Field(
                    name="immigration_category",
                    type=FieldType.CHOICE,
                    label=N_("Immigration category"),
                    options={
                        "government_assisted": N_("Government-assisted refugee"),
                        "privately_sponsored": N_("Privately sponsored refugee"),
                        "blended_sponsorship": N_("Blended sponsorship"),
                        "family_sponsorship": N_("Family sponsorship"),
                        "other_refugee_class": N_("Other refugee class"),
                        "refugee_claimant": N_("Refugee claimant"),
                        "dependant": N_("Dependant"),
                        "cuaet": N_("CUAET"),
                        "work_permit": N_("Work permit"),
                        "skilled_worker": N_("Skilled worker"),
                        "other": N_("Other"),
                    },
                ),
                Field(
                    name="length_of_stay_at_start",
                    type=FieldType.CHOICE,
                    label=N_("Months in Canada at the start"),
                    options={
                        "under_1": N_("Less than 1"),
                        "1_3": N_("1 to 3"),
                        "4_6": N_("4 to 6"),
                        "7_9": N_("7 to 9"),
                        "10_12": N_("10 to 12"),
                        "12_18": N_("More than 12, to 18"),
                        "18_24": N_("More than 18, to 24"),
                        "over_24": N_("More than 24"),
                    },
                ),
                _yes_no("interpreter_used", N_("Was an interpreter used?")),
            ),
        ),
        Section(
            title=N_("Service"),
            fields=(
                Field(name="contact_frequency", type=FieldType.CHOICE, label=N_("Frequency of contact"), options=_FREQUENCY),
                Field(name="main_contact_method", type=FieldType.CHOICE, label=N_("Main way of contact"), options=_METHODS),
                _number("home_visits", N_("Home visits")),
                _text("home_visit_reason", N_("Main reason for home visits")),
                _number("accompaniments", N_("Accompaniments")),
                _text("accompaniment_reason", N_("Main reason for accompaniments")),
                _number("workshops_attended", N_("Workshops attended")),
                _number("referrals_made", N_("Referrals made")),
                Field(
                    name="supervision_frequency", type=FieldType.CHOICE, label=N_("Frequency of supervision"), options=_FREQUENCY
                ),
            ),
        ),
        Section(
            title=N_("Exit"),
            fields=(
                Field(
                    name="exit_reason",
                    type=FieldType.CHOICE,
                    label=N_("Reason for leaving"),
                    options={
                        "all_needs_met": N_("All needs met"),
                        "agreed_duration_reached": N_("Agreed duration reached"),
                        "dropped_out": N_("Dropped out"),
                        "referred_to_other_agency": N_("Referred to another agency"),
                        "no_longer_eligible": N_("No longer eligible"),
                        "other": N_("Other"),
                    },
                ),
                _text("barrier_1", N_("First barrier")),
                _text("barrier_2", N_("Second barrier")),
                _text("barrier_3", N_("Third barrier")),
                Field(
                    name="settlement_referral",
                    type=FieldType.CHOICE,
                    label=N_("Referred to settlement services after exit"),
                    options={
                        "no": N_("No"),
                        "yes_received": N_("Yes, and received"),
                        "yes_not_received": N_("Yes, but not received"),
                        "yes_unknown": N_("Yes, but it is not known"),
                    },
                ),
            ),
        ),
    ),
)

#: CCMM report §5: twice a year, by the supervisor.
ADHERENCE: Final = Form(
    name="adherence",
    version=1,
    title=N_("Agency adherence form"),
    about=N_("Twice a year: how far each stage of the model was followed, in percent."),
    subject=Subject.AGENCY,
    period=Period.HALF_YEAR,
    writes=Permission.SUPERVISE,
    sections=(
        Section(
            title=N_("Stages"),
            fields=(
                *(Field(name=f"adherence_{name}", type=FieldType.PERCENT, label=label) for name, label in _STAGES.items()),
                Field(name="collaboration", type=FieldType.PERCENT, label=N_("Collaboration between agencies")),
            ),
        ),
        Section(
            title=N_("Changes"),
            fields=(
                _text("modified", N_("What was done differently")),
                _text("modified_why", N_("Why")),
                _number("staff_turnover", N_("Staff who left")),
                _number("workshop_clients_referred", N_("Clients referred to other agencies' workshops")),
                _number("workshop_clients_received", N_("Clients received from other agencies in our workshops")),
            ),
        ),
    ),
)

#: CCMM report §5: comfort and competence, five-point scales with a reason.
STAFF_SURVEY: Final = Form(
    name="staff_survey",
    version=1,
    title=N_("Staff survey"),
    about=N_("How comfortable and how able you feel in working by the model: 1 not at all, 5 very."),
    subject=Subject.STAFF,
    period=Period.HALF_YEAR,
    writes=Permission.WRITE_CASES,
    sections=(
        Section(
            title=N_("Working by the model"),
            fields=(
                Field(name="comfort", type=FieldType.SCALE, label=N_("How comfortable are you in applying the model?")),
                _text("comfort_reason", N_("Why?")),
                Field(name="competence", type=FieldType.SCALE, label=N_("How able do you feel to apply it?")),
                _text("competence_reason", N_("Why?")),
            ),
        ),
    ),
)

#: CCMM report §2: supervision with each case manager every three months.
SUPERVISION_NOTE: Final = Form(
    name="supervision_note",
    version=1,
    title=N_("Supervision note"),
    about=N_("Supervision with a case manager, every three months."),
    subject=Subject.STAFF,
    period=Period.QUARTER,
    writes=Permission.SUPERVISE,
    sections=(
        Section(
            title=N_("Supervision"),
            fields=(
                Field(name="held_on", type=FieldType.DATE, label=N_("Held on")),
                _text("discussed", N_("What was talked about"), required=True),
                _text("agreed", N_("What was agreed")),
            ),
        ),
    ),
)

#: CCMM report §2: agencies later called it redundant; nothing waits for it.
THREE_MONTH_SUMMARY: Final = Form(
    name="three_month_summary",
    version=1,
    title=N_("Three-month summary"),
    about=N_("Optional: before the quarterly supervision, where your agency wants one."),
    subject=Subject.CASE,
    period=Period.QUARTER,
    writes=Permission.WRITE_CASES,
    sections=(
        Section(
            title=N_("Summary"),
            fields=(
                _text("progress", N_("Progress on the plan's goals"), required=True),
                _text("barriers", N_("What stands in the way")),
                _text("next", N_("What comes next")),
            ),
        ),
    ),
)

#: CCMM report §2: the audit of one in five closed cases, along the tasks of the stages.
FILE_AUDIT: Final = Form(
    name="file_audit",
    version=1,
    title=N_("File audit"),
    about=N_("One in five closed cases, drawn at random."),
    subject=Subject.CASE,
    period=Period.ONCE,
    writes=Permission.SUPERVISE,
    sections=(
        Section(
            title=N_("Is it in the file?"),
            fields=(
                _yes_no("intake_documentation", N_("Intake documentation")),
                _yes_no("consents", N_("Consents")),
                _yes_no("assessments", N_("Assessments")),
                _yes_no("approved_plan", N_("A service plan that was approved")),
                _yes_no("monthly_contact", N_("A contact every month, or why not")),
                _yes_no("exit_meeting", N_("Exit meeting")),
                _yes_no("entry_survey", N_("Entry survey")),
                _yes_no("exit_survey", N_("Exit survey")),
                _yes_no("questionnaire", N_("Agency and case-manager questionnaire")),
                _text("remarks", N_("Remarks")),
            ),
        ),
    ),
)

FORMS: Final = MappingProxyType(
    {form.name: form for form in (CASE_QUESTIONNAIRE, ADHERENCE, STAFF_SURVEY, SUPERVISION_NOTE, THREE_MONTH_SUMMARY, FILE_AUDIT)}
)
