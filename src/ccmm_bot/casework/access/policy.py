"""Who may see and do what. Decided here and nowhere else.

Three layers. *Agency*: a session of :class:`ccmm_bot.store.session.Store` shows one agency's rows only, so that another agency's
person does not exist for the reader. *Person*: opened for a :class:`Reader`, it shows a case manager only who is hers
(:mod:`ccmm_bot.casework.access.sight`). *Role*: the table below. Whatever is not found, is another agency's or is a colleague's
raises the same :class:`NotFound`: nobody learns from the answer that something exists. And nobody writes to what is left of an
entry that was merged (:mod:`ccmm_bot.casework.access.merged`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlmodel import Session

from ccmm_bot.casework.access import sight
from ccmm_bot.casework.access.merged import refuse_merged
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Narrowing
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
    OPEN_OTHERS = "open_others"  # somebody who is not one's own, with a reason and for some hours
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
    machine: bool = False  # another system of the agency: it sees the agency's people, as the system of record it stands for
    covers: frozenset[UUID] = frozenset()  # colleagues who are away, and whose cases are hers meanwhile
    opened: frozenset[UUID] = frozenset()  # persons she has opened with a reason, for some hours
    merging: bool = False  # while she merges two entries, or takes that back

    @property
    def sees_everybody(self) -> bool:
        """Whether every person of the agency is hers to see, as far as her role sees people at all."""
        return self.machine or self.role is not Role.CASE_MANAGER

    def narrowing(self) -> Narrowing | None:
        """What a session that is opened for her puts on a query."""
        return None if self.sees_everybody else sight.of_reader(self.staff_id, self.covers, self.opened).narrow

    def check(self, session: Session) -> None:
        """Refuse what nobody writes: see :mod:`ccmm_bot.casework.access.merged`."""
        if not self.merging:
            refuse_merged(session)

    def while_merging(self) -> Reader:
        """The same, for the one work that writes to the entry that is merged."""
        return replace(self, merging=True)


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
        Role.CASE_MANAGER: _CASE_WORK | {Permission.OPEN_OTHERS},
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
