"""The pages of the head of every staff page: what the reader's role may open, and nothing else.

Whether a role may open a page is asked of the table of routes (:mod:`ccmm_bot.web.access`) and of the policy behind it: an entry
here names the page only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ccmm_bot.casework.access.policy import Permission, Reader, allows
from ccmm_bot.web.access import ACCESS, needed
from ccmm_bot.web.words import N_


@dataclass(frozen=True, slots=True)
class Entry:
    """One link. ``key`` is what a page calls itself (``here``)."""

    key: str
    path: str
    label: str


#: In the order of the head.
MAIN: Final = (
    Entry("today", "/staff/today", N_("Today")),
    Entry("search", "/staff/search", N_("Search")),
    Entry("cases", "/staff/cases", N_("Cases")),
    Entry("appointments", "/staff/appointments", N_("Appointments")),
    Entry("intake", "/staff/intake", N_("Intake")),
    Entry("supervision", "/staff/supervision", N_("Supervision")),
    Entry("forms", "/staff/forms", N_("Forms")),
    Entry("evaluation", "/staff/evaluation", N_("Evaluation")),
)
#: The second row, on the pages of administration.
ADMINISTRATION: Final = (
    Entry("agencies", "/staff/admin/agencies", N_("Agencies")),
    Entry("agency", "/staff/admin/agency", N_("Agency")),
    Entry("staff", "/staff/admin/staff", N_("Staff")),
    Entry("systems", "/staff/admin/systems", N_("Systems")),
    Entry("studies", "/staff/admin/studies", N_("Studies")),
    Entry("service", "/staff/admin/service", N_("Service")),
    Entry("activity", "/staff/admin/activity", N_("Activity")),
    Entry("audit", "/staff/admin/audit", N_("Audit")),
    Entry("access", "/staff/admin/access", N_("Who looked at whom")),
)
#: Pages that the page of the service leads on to, where this installation has them.
LINKED: Final = (
    Entry("languages", "/staff/languages", N_("Languages and their review")),
    Entry("help-lines", "/staff/help-lines", N_("Help lines")),
)


def may_open(reader: Reader, path: str) -> bool:
    """Whether the reader's role includes the page at ``path``, which is a route without ids in it."""
    need = needed("GET", path)
    return not isinstance(need, Permission) or allows(reader.role, need)


def may_open_if_there(reader: Reader, path: str) -> bool:
    """The same of a page that this installation may not have."""
    return ("GET", path) in ACCESS and may_open(reader, path)


def menu(reader: Reader) -> tuple[Entry, ...]:
    """The head's links for a reader. Administration is one link: to the first of its pages the role may open."""
    first = next(iter(administration(reader)), None)
    last = () if first is None else (Entry("administration", first.path, N_("Administration")),)
    return (*_open(reader, MAIN), *last)


def administration(reader: Reader) -> tuple[Entry, ...]:
    """The links of the second row for a reader."""
    return _open(reader, ADMINISTRATION)


def first_page(reader: Reader) -> str:
    """Where a day begins for this role."""
    return next((entry.path for entry in menu(reader)), "/staff/today")


def _open(reader: Reader, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if may_open(reader, entry.path))
