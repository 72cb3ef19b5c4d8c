"""Whose the thing may be that a route's address names; part of :data:`ccmm_bot.web.access.ACCESS`.

With the permission a route needs and the roles that have it, this is the whole policy: *route × method × role × own or another
agency × assigned or not*. What is not the reader's looks like what never was: 404, with the same page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Whose(StrEnum):
    """What an id in an address has to be for the reader."""

    PERSON = "person"  # in her agency and, for a case manager, hers to see (ccmm_bot.casework.access.sight)
    AGENCY = "agency"  # in her agency
    OWN = "own"  # her own: her sessions, her passkeys, whom she has opened
    INSTALLATION = "installation"  # anything of the installation, for its operator
    NOBODY = "nobody"  # nothing of anybody: a language, the name of a form; or a secret that is checked by itself


#: By the name an address has for it. An address with a name that is not here does not start.
PARAMETERS: Final[Mapping[str, Whose]] = MappingProxyType(
    {
        "person_id": Whose.PERSON,
        "case_id": Whose.PERSON,
        "conversation_id": Whose.PERSON,
        "flag_id": Whose.PERSON,
        "attachment_id": Whose.PERSON,
        "invitation_id": Whose.PERSON,
        "appointment_id": Whose.PERSON,
        "goal_id": Whose.PERSON,
        "merge_id": Whose.PERSON,
        "contact_point_id": Whose.PERSON,
        "referral_id": Whose.PERSON,
        "step_id": Whose.PERSON,
        "subject_id": Whose.PERSON,  # what a form is about: a case; or the agency itself
        "import_id": Whose.AGENCY,
        "absence_id": Whose.AGENCY,
        "staff_id": Whose.AGENCY,
        "token_id": Whose.AGENCY,
        "endpoint_id": Whose.AGENCY,
        "link_id": Whose.AGENCY,
        "agency_id": Whose.INSTALLATION,
        "session_id": Whose.OWN,
        "passkey_id": Whose.OWN,
        "opening_id": Whose.OWN,
        "export_id": Whose.OWN,
        "account": Whose.NOBODY,
        "hash": Whose.NOBODY,
        "kind": Whose.NOBODY,
        "lang": Whose.NOBODY,
        "name": Whose.NOBODY,
        "study_id": Whose.NOBODY,  # every administrator sees the studies there are, and decides for her own agency
        "print": Whose.NOBODY,
        "token": Whose.NOBODY,
    }
)
_PARAMETER: Final = re.compile(r"{(\w+)(?::\w+)?}")


def parameters(path: str) -> list[str]:
    """The names in an address."""
    return _PARAMETER.findall(path)


def whose(path: str) -> Whose:
    """What an address names, the strictest of it. Raises :class:`KeyError` for a name nobody has said anything about."""
    found = {PARAMETERS[name] for name in parameters(path)}
    return next((each for each in Whose if each in found), Whose.NOBODY)
