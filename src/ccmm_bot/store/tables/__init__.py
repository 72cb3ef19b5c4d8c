"""The tables, split by meaning. The UNIQUE constraints carry the promises of the service."""

from __future__ import annotations

from ccmm_bot.store.tables.acting import FlagEvent, FlagEventKind, HandBack, NextStep, Referral, ReferralOutcome
from ccmm_bot.store.tables.agencies import Agency, ChannelAccount, Role, SessionStage, Staff, StaffSession
from ccmm_bot.store.tables.answers import Consent, Flag, FlagStatus, Response, ResponseHistory, is_open
from ccmm_bot.store.tables.attachments import Attachment, AttachmentState
from ccmm_bot.store.tables.audit import Actor, Audit
from ccmm_bot.store.tables.base import AgencyRow
from ccmm_bot.store.tables.casefile import (
    CaseCriterion,
    CaseNeed,
    CaseStep,
    ContactMethod,
    ContactNote,
    Decision,
    FileAudit,
    GoalStatus,
    NeedMoment,
    PlanGoal,
    Ruling,
    StaffForm,
    StageChange,
    Step,
)
from ccmm_bot.store.tables.caseload import Absence, Appointment, AppointmentStatus, CaseloadImport, PersonMerge
from ccmm_bot.store.tables.casework import Case, CaseModel, FollowUp, FollowUpAttempt, FollowUpStatus, NeedIntensity, Stage
from ccmm_bot.store.tables.conversations import Conversation, DialogueArchive, DialogueRun, Timer, TimerState
from ccmm_bot.store.tables.disposals import DisposalReason, KeyDisposal
from ccmm_bot.store.tables.exports import ExportLog
from ccmm_bot.store.tables.gaps import Gap, GapCause, GapState
from ccmm_bot.store.tables.invitations import Invitation, InvitationKind, InvitationMiss
from ccmm_bot.store.tables.notices import FlagEscalation, Notification, NotificationStatus
from ccmm_bot.store.tables.openings import PersonOpening
from ccmm_bot.store.tables.optouts import OptOutEntry, OptOutSource
from ccmm_bot.store.tables.outside import ApiToken, TokenScope, WebhookDelivery, WebhookEndpoint, WebhookState
from ccmm_bot.store.tables.people import ContactPoint, ContactSafety, FormerAddress, Household, Person, PersonContactPoint
from ccmm_bot.store.tables.processes import Process
from ccmm_bot.store.tables.release import HelpLineConfirmation
from ccmm_bot.store.tables.signin import Passkey, RecoveryCode, StaffLink, StaffLinkKind
from ccmm_bot.store.tables.studies import ExportRequest, ExportState, Study, StudyAgency, StudyEvaluator
from ccmm_bot.store.tables.templates import ApprovalStatus, MessageTemplate
from ccmm_bot.store.tables.traffic import DeliveryReceipt, Inbound, Outbox, Purpose, Quarantine
from ccmm_bot.store.tables.translations import Translation, TranslationState

__all__ = [
    "Absence",
    "Actor",
    "Agency",
    "AgencyRow",
    "ApiToken",
    "Appointment",
    "AppointmentStatus",
    "ApprovalStatus",
    "Attachment",
    "AttachmentState",
    "Audit",
    "Case",
    "CaseCriterion",
    "CaseModel",
    "CaseNeed",
    "CaseStep",
    "CaseloadImport",
    "ChannelAccount",
    "Consent",
    "ContactMethod",
    "ContactNote",
    "ContactPoint",
    "ContactSafety",
    "Conversation",
    "Decision",
    "DeliveryReceipt",
    "DialogueArchive",
    "DialogueRun",
    "DisposalReason",
    "ExportLog",
    "ExportRequest",
    "ExportState",
    "FileAudit",
    "Flag",
    "FlagEscalation",
    "FlagEvent",
    "FlagEventKind",
    "FlagStatus",
    "FollowUp",
    "FollowUpAttempt",
    "FollowUpStatus",
    "FormerAddress",
    "Gap",
    "GapCause",
    "GapState",
    "GoalStatus",
    "HandBack",
    "HelpLineConfirmation",
    "Household",
    "Inbound",
    "Invitation",
    "InvitationKind",
    "InvitationMiss",
    "KeyDisposal",
    "MessageTemplate",
    "NeedIntensity",
    "NeedMoment",
    "NextStep",
    "Notification",
    "NotificationStatus",
    "OptOutEntry",
    "OptOutSource",
    "Outbox",
    "Passkey",
    "Person",
    "PersonContactPoint",
    "PersonMerge",
    "PersonOpening",
    "PlanGoal",
    "Process",
    "Purpose",
    "Quarantine",
    "RecoveryCode",
    "Referral",
    "ReferralOutcome",
    "Response",
    "ResponseHistory",
    "Role",
    "Ruling",
    "SessionStage",
    "Staff",
    "StaffForm",
    "StaffLink",
    "StaffLinkKind",
    "StaffSession",
    "Stage",
    "StageChange",
    "Step",
    "Study",
    "StudyAgency",
    "StudyEvaluator",
    "Timer",
    "TimerState",
    "TokenScope",
    "Translation",
    "TranslationState",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookState",
    "is_open",
]
