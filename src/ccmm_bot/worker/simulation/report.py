"""What came of a simulated year, and whether every promise was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ccmm_bot.followup.quiet_hours import next_allowed, sending_hours
from ccmm_bot.store.tables import FollowUp, FollowUpStatus

#: Still waiting for something to happen in the conversation when the time is over.
OPEN = (FollowUpStatus.SENT, FollowUpStatus.IN_PROGRESS)
_WITH_A_REASON = (FollowUpStatus.UNREACHABLE, FollowUpStatus.CANCELLED, FollowUpStatus.MISSED)


@dataclass(slots=True, kw_only=True)
class Report:
    """Counts, and every broken promise by name."""

    cases: int
    started: datetime
    ended: datetime
    seconds: float = 0.0
    messages: int = 0
    follow_ups: Counter[str] = field(default_factory=Counter)  # by kind
    states: Counter[str] = field(default_factory=Counter)  # by state and reason
    broken: Counter[str] = field(default_factory=Counter)
    outcome: dict[str, tuple[str, str | None, int]] = field(default_factory=dict)  # what two runs are compared by

    def lines(self) -> list[str]:
        """To print."""
        rows = [
            f"{self.cases} cases, {self.started:%d %b %Y} to {self.ended:%d %b %Y}, simulated in {self.seconds:.0f} s",
            f"{sum(self.follow_ups.values())} follow-ups were planned, {self.messages} messages sent",
            "",
            *(f"  {count:>7}  {name}" for name, count in sorted(self.states.items())),
            "",
        ]
        if not self.broken:
            return [*rows, "Every follow-up was begun once, in the sending hours, on its day, or carries its reason."]
        return [*rows, "Broken promises:", *(f"  {count:>7}  {name}" for name, count in sorted(self.broken.items()))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that left."""

    id: str
    to: str
    at: datetime
    unprompted: bool


def judge(
    report: Report,
    rows: Iterable[FollowUp],
    attempts: dict[str, list[tuple[str, datetime]]],
    sent: list[Sent],
    zone: ZoneInfo,
    *,
    patient: timedelta = timedelta(0),
) -> None:
    """Compare what was promised with what was done. ``patient``: how late a clock that was set may have made us."""
    report.messages = len(sent)
    for name, count in Counter(each.id for each in sent).items():
        if count > 1:
            report.broken[f"message sent twice ({name[:0]}the same)"] += 1
    for each in sent:
        local = each.at.astimezone(zone)
        hours = sending_hours(local.date())
        if each.unprompted and not (hours and hours[0] <= local.time() < hours[1]):
            report.broken["sent outside the sending hours"] += 1
    for row in rows:
        report.follow_ups[row.kind] += 1
        begun = sorted(attempts.get(row.id.hex, ()), key=lambda pair: pair[1])
        state = row.status.value + (f" ({row.reason})" if row.reason else "")
        report.states[f"{row.kind}: {state}"] += 1
        for problem in _problems(row, begun, report, zone, patient):
            report.broken[f"{row.kind}: {problem}"] += 1


def _problems(
    row: FollowUp, begun: list[tuple[str, datetime]], report: Report, zone: ZoneInfo, patient: timedelta
) -> Iterable[str]:
    if len(begun) > 2 or len({conversation for conversation, _ in begun}) != len(begun):
        yield "begun too often"
    if not begun:
        if row.due_at < report.ended - timedelta(days=1) - patient and not (row.status in _WITH_A_REASON and row.reason):
            yield f"neither begun nor explained ({row.status.value})"
        return
    if row.status in _WITH_A_REASON and not row.reason:
        yield f"{row.status.value} without a reason"
    # Due before we began: at the next allowed hour. Otherwise on its day, or the next one on which we may write.
    wanted = _day(max(row.due_at, report.started), zone)
    if not wanted <= begun[0][1].astimezone(zone).date() <= wanted + patient:
        yield "begun on another day" if row.reason != "busy" else "begun late"
    if row.status in OPEN and begun[-1][1] < report.ended - timedelta(days=30) - patient:
        yield "left open"


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return next_allowed(moment, zone).astimezone(zone).date()
