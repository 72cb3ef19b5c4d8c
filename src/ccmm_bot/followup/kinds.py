"""What we start by ourselves for a case, and what each of them is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of follow-up. ``name`` is stored; never rename one."""

    name: str
    dialogue: str  # what is said and asked
    priority: int  # of several that are due for one person, the lowest goes first
    group: str  # an answer to one clears what is still waiting of the same group
    late: timedelta  # so long after its time it is still worth sending
    in_service: bool = False  # about the service as it goes on: not to be begun once the service has ended


_KINDS: Final = (
    Kind(
        name="appointment_reminder",
        dialogue="appointment",
        priority=10,
        group="appointment",
        late=timedelta(hours=12),
    ),
    Kind(
        name="follow_up_3_month",
        dialogue="follow_up_3_month",
        priority=20,
        group="follow_up",
        late=timedelta(days=92),
    ),
    Kind(name="referral_check", dialogue="referral_check", priority=30, group="referral", late=timedelta(days=60)),
    Kind(name="exit_survey", dialogue="exit_survey", priority=40, group="exit_survey", late=timedelta(days=60)),
    Kind(name="entry_survey", dialogue="entry_survey", priority=50, group="entry_survey", late=timedelta(days=60), in_service=True),
    Kind(
        name="quarterly_check_in",
        dialogue="quarterly_check_in",
        priority=60,
        group="check_in",
        late=timedelta(days=45),
        in_service=True,
    ),
)

KINDS: Final = MappingProxyType({kind.name: kind for kind in _KINDS})

FOLLOW_UP: Final = "follow_up_3_month"
CHECK_IN: Final = "quarterly_check_in"
REFERRAL_CHECK: Final = "referral_check"
ENTRY_SURVEY: Final = "entry_survey"
EXIT_SURVEY: Final = "exit_survey"
APPOINTMENT: Final = "appointment_reminder"
