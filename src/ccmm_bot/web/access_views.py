"""Which pages show anybody's data, and so are written down when somebody opens them; part of :data:`ccmm_bot.web.access.ACCESS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission

#: Who has one of these sees people.
PEOPLE: Final = frozenset(
    {
        Permission.READ_CASES,
        Permission.RESOLVE_FLAGS,
        Permission.WRITE_TO_PEOPLE,
        Permission.WRITE_CASES,
        Permission.OPEN_OTHERS,
        Permission.SUPERVISE,
        Permission.EXPORT_PEOPLE,
        Permission.ERASE_PEOPLE,
    }
)
#: What an address names, and the table it is a row of.
TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {"person_id": "person", "case_id": "case", "flag_id": "flag", "subject_id": "case", "attachment_id": "attachment"}
)
#: Pages that are not written down, and why.
NOT_WATCHED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "/staff/people/{person_id}/live": "refreshes a page whose opening is written down",
        "/staff/today/live": "refreshes a page whose opening is written down",
        "/staff/attachments/{attachment_id}": "writes its own entry, attachment.opened, with the kind of the file",
        "/staff/attachments/{attachment_id}/picture": "writes its own entry, attachment.opened, with the kind of the file",
        "/staff/opening": "shows codes of people whose opening is written down",
        "/staff/absences": "shows colleagues only",
        "/staff/import": "a form",
        "/staff/import/template.csv": "an empty form",
        "/staff/import/{import_id}/live": "says how many rows of an upload are done: nothing about anybody",
        "/staff/search": "an empty form: what is found is the answer to a POST, which is written down",
        "/staff/admin/activity": "a form",
    }
)
#: Lists that are the answer to a POST.
LISTS_BY_POST: Final = frozenset({"/staff/search"})
