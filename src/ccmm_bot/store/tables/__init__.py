"""The tables, split by meaning. The UNIQUE constraints carry the promises of the service."""

from __future__ import annotations

from ccmm_bot.store.tables.agencies import Agency, ChannelAccount, Role, Staff, StaffSession
from ccmm_bot.store.tables.answers import Consent, Flag, FlagStatus, Response, ResponseHistory
from ccmm_bot.store.tables.attachments import Attachment, AttachmentState
from ccmm_bot.store.tables.audit import Actor, Audit
from ccmm_bot.store.tables.base import AgencyRow
from ccmm_bot.store.tables.casework import Case, CaseModel, FollowUp, FollowUpAttempt, FollowUpStatus, Stage
from ccmm_bot.store.tables.conversations import Conversation, DialogueArchive, DialogueRun, Timer, TimerState
from ccmm_bot.store.tables.invitations import Invitation, InvitationKind, InvitationMiss
from ccmm_bot.store.tables.notices import FlagEscalation, Notification, NotificationStatus
from ccmm_bot.store.tables.optouts import OptOutEntry, OptOutSource
from ccmm_bot.store.tables.people import ContactPoint, ContactSafety, Household, Person, PersonContactPoint
from ccmm_bot.store.tables.processes import Process
from ccmm_bot.store.tables.templates import ApprovalStatus, MessageTemplate
from ccmm_bot.store.tables.traffic import DeliveryReceipt, Inbound, Outbox, Purpose, Quarantine

__all__ = [
    "Actor",
    "Agency",
    "AgencyRow",
    "ApprovalStatus",
    "Attachment",
    "AttachmentState",
    "Audit",
    "Case",
    "CaseModel",
    "ChannelAccount",
    "Consent",
    "ContactPoint",
    "ContactSafety",
    "Conversation",
    "DeliveryReceipt",
    "DialogueArchive",
    "DialogueRun",
    "Flag",
    "FlagEscalation",
    "FlagStatus",
    "FollowUp",
    "FollowUpAttempt",
    "FollowUpStatus",
    "Household",
    "Inbound",
    "Invitation",
    "InvitationKind",
    "InvitationMiss",
    "MessageTemplate",
    "Notification",
    "NotificationStatus",
    "OptOutEntry",
    "OptOutSource",
    "Outbox",
    "Person",
    "PersonContactPoint",
    "Process",
    "Purpose",
    "Quarantine",
    "Response",
    "ResponseHistory",
    "Role",
    "Staff",
    "StaffSession",
    "Stage",
    "Timer",
    "TimerState",
]
