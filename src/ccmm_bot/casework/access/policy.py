"""Who may see and do what. Decided here and nowhere else.

Two layers. *Agency*: a session of :class:`ccmm_bot.store.session.Store` shows one agency's rows only, so that another agency's
person does not exist for the reader. *Role*: the table below. Whatever is not found and whatever is another agency's raise the
same :class:`NotFound`: nobody learns from the answer that something exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from ccmm_bot.errors import CcmmError
from ccmm_bot.store.tables import Role


class NotFound(CcmmError):
    """There is no such thing, or it belongs to another agency."""


class Forbidden(CcmmError):
    """The reader's role does not include this."""


class Permission(StrEnum):
    """What a page or a button needs."""

    READ_CASES = "read_cases"  # people, conversations, answers, flags, consents
    RESOLVE_FLAGS = "resolve_flags"
    WRITE_TO_PEOPLE = "write_to_people"  # reply as a human, hand back, start a dialogue
    WRITE_CASES = "write_cases"  # stages, needs, plans, contacts, forms
    SUPERVISE = "supervise"  # rule on intakes and plans, assign, audit files, see every case manager's clocks
    EXPORT_PEOPLE = "export_people"  # everything of one person as a file, and activity as a table
    ERASE_PEOPLE = "erase_people"  # everything of one person, for good
    READ_AUDIT = "read_audit"  # who did what
    SEE_SERVICE = "see_service"  # channels, dialogues that are live, what was not delivered: nothing about anybody
    EVALUATE = "evaluate"  # tables of the agency, and pseudonymous data of people who agree to research
    RUN_INSTALLATION = "run_installation"  # make agencies and connect their channels; nothing of what happens there
    ADMINISTER = "administer"  # the agency's settings, its staff, and the systems that ask and are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody signed in, as far as decisions about them need."""

    staff_id: UUID
    agency_id: UUID
    role: Role
    name: str
    interface_language: str = "en"
    session_id: UUID | None = None  # None: not through a browser


_CASE_WORK: Final = frozenset({Permission.READ_CASES, Permission.RESOLVE_FLAGS, Permission.WRITE_TO_PEOPLE, Permission.WRITE_CASES})
_LEADING: Final = frozenset(
    {
        Permission.SUPERVISE,
        Permission.EXPORT_PEOPLE,
        Permission.ERASE_PEOPLE,
        Permission.READ_AUDIT,
        Permission.SEE_SERVICE,
    }
)
_GRANTS: Final = MappingProxyType(
    {
        # Runs the installation; case data is none of its business.
        Role.OPERATOR: frozenset({Permission.SEE_SERVICE, Permission.RUN_INSTALLATION}),
        Role.ADMINISTRATOR: frozenset(Permission) - {Permission.RUN_INSTALLATION},
        Role.SUPERVISOR: _CASE_WORK | _LEADING,
        Role.CASE_MANAGER: _CASE_WORK,
        Role.AUDITOR: frozenset({Permission.READ_CASES, Permission.READ_AUDIT}),
        Role.EVALUATOR: frozenset({Permission.EVALUATE}),  # pseudonymous data only
    }
)


def allows(role: Role, permission: Permission) -> bool:
    """Whether the role includes the permission."""
    return permission in _GRANTS[role]


def require(reader: Reader, permission: Permission) -> None:
    """Raise :class:`Forbidden` unless the reader's role includes the permission."""
    if not allows(reader.role, permission):
        raise Forbidden("This account is not made for that page.")
