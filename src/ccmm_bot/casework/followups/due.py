"""Looking at a follow-up whose moment has come: read what is known, decide (:mod:`ccmm_bot.followup.deciding`), write it down.

Reading, deciding and writing are one transaction, on rows that nobody else changes meanwhile. Only beginning a dialogue is left to
the conversation's own door, whose transaction asks once more whether it may.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from ccmm_bot.conversation.gate import WINDOW
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.followup.deciding import BeginIn, Decision, Hindrance, Point, Settle, Situation, Wait, decide, wait_for
from ccmm_bot.followup.hours import safe_hours
from ccmm_bot.followup.kinds import KINDS, Kind
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.hot.work import Query, Rows, Work, as_id, as_time, as_uuid, marks
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.templates import approved, knock
from ccmm_bot.store.types import new_id, stamp

#: Looked at again where whoever was to look did not: its process died, and its job was lost with it.
WATCHDOG: Final = timedelta(minutes=15)

_ROW: Final = (
    "SELECT f.id, f.kind, f.status, f.due_at, f.waiting_since, f.reason, f.agency_id, f.case_id, f.person_id, g.timezone, "
    "p.name IS NOT NULL, "
    "(SELECT k.given FROM consent k WHERE k.person_id = f.person_id AND k.kind = 'contact' ORDER BY k.at DESC LIMIT 1), "
    '(SELECT e.exit_date FROM "case" e WHERE e.id = f.case_id) '
    "FROM follow_up f JOIN agency g ON g.id = f.agency_id JOIN person p ON p.id = f.person_id WHERE f.id = ?"
)
_POINTS: Final = (
    "SELECT c.id, cp.channel, cp.shared OR EXISTS (SELECT 1 FROM person_contact_point o WHERE o.contact_point_id = cp.id "
    "AND o.person_id <> c.person_id AND o.current), cp.safety, cp.opted_out_at, c.last_inbound_at, c.status, c.human_since, "
    "cp.safe_from, "
    "cp.safe_until, (SELECT k.given FROM consent k WHERE k.person_id = c.person_id AND k.kind = 'service' "
    "AND k.conversation_id = c.id ORDER BY k.at DESC LIMIT 1), l.current, a.id, a.active, COALESCE(c.language, p.language), "
    "p.second_language FROM conversation c JOIN contact_point cp ON cp.id = c.contact_point_id "
    "JOIN channel_account a ON a.id = cp.account_id JOIN person p ON p.id = c.person_id "
    "LEFT JOIN person_contact_point l ON l.contact_point_id = cp.id AND l.person_id = c.person_id WHERE c.person_id = ?"
)
_TRIED: Final = "SELECT conversation_id FROM follow_up_attempt WHERE follow_up_id = ?"
_WAIT: Final = (
    "UPDATE follow_up SET status = CASE WHEN status = 'scheduled' THEN 'due' ELSE status END, reason = ?, waiting_since = ?, "
    "wake_at = ?, updated_at = ? WHERE id = ?"
)
_SETTLE: Final = (
    "UPDATE follow_up SET status = COALESCE(?, status), reason = ?, waiting_since = NULL, wake_at = NULL, updated_at = ? "
    "WHERE id = ?"
)
_CLEAR: Final = (
    "UPDATE follow_up SET status = 'cancelled', reason = 'answered', waiting_since = NULL, wake_at = NULL, updated_at = ? "
    "WHERE person_id = ? AND id <> ? AND status IN ('scheduled', 'due') AND due_at <= ? AND kind IN ({kinds})"
)
_FLAG: Final = (
    "INSERT INTO flag (id, agency_id, person_id, case_id, reason, severity, items, status, occurrences, first_at, last_at) "
    "VALUES (?, ?, ?, ?, ?, 'normal', '[]', 'open', 1, ?, ?) ON CONFLICT (person_id, reason) WHERE status = 'open' "
    "DO UPDATE SET occurrences = flag.occurrences + 1, last_at = excluded.last_at"
)
#: A kind that this version does not know, of a row that a later one wrote.
_UNKNOWN: Final = Kind(name="", dialogue="", priority=100, group="", late=timedelta(days=60))


def look(follow_up_id: str, now: datetime, rejected: str | None = None) -> Work[BeginIn | None]:
    """Decide about one follow-up and write the decision down; where it is to begin, say in which conversation.

    ``rejected``: why beginning it was refused a moment ago.
    """
    found: Rows = yield Query(_ROW, (follow_up_id,), lock="f")
    if not found:
        return None  # erased
    row = found[0]
    points: Rows = yield Query(_POINTS, (as_id(row[8]),))
    tried: Rows = yield Query(_TRIED, (follow_up_id,))
    closed = yield from _closed(points, now)
    at = _situation(row, points, tried, closed, now)
    decision = decide(at) if rejected is None else _refused(at, rejected)
    if isinstance(decision, BeginIn):
        return decision
    yield from _write(at, decision, row)
    return None


def said_by(keys: KeyRing, follow_up_id: str) -> Work[tuple[str, dict[str, Fact]] | None]:
    """The dialogue of a follow-up and the facts it is begun with; ``None`` where there is no such follow-up any more."""
    rows: Rows = yield Query("SELECT kind, facts FROM follow_up WHERE id = ?", (follow_up_id,))
    if not rows:
        return None
    kind, sealed = rows[0]
    facts = {} if sealed is None else orjson.loads(keys.open(b"follow_up.facts", bytes(sealed)))
    return KINDS.get(kind, _UNKNOWN).dialogue, facts


def _refused(at: Situation, rejected: str) -> Decision | None:
    reasons: dict[str, Hindrance] = {
        "busy": "busy",
        "human": "human",
        "unknown_dialogue": "no_dialogue",
        "not_unprompted": "no_dialogue",
    }
    if rejected in reasons:
        return wait_for(at, reasons[rejected])
    if rejected == "not_due":
        return None  # somebody else was faster
    return decide(at)  # opted out a moment ago: that is known by now


def _closed(points: Rows, now: datetime) -> Work[frozenset[str]]:
    """The conversations in which nothing can be said now: their sender is switched off, or WhatsApp's window is shut and no
    template is approved in a language of the person's.
    """
    shut: set[str] = set()
    for each in points:
        if not each[13]:
            shut.add(as_id(each[0]))
        elif each[1] == ChannelKind.WHATSAPP and (each[5] is None or now - as_time(each[5]) >= WINDOW):
            templates = yield from approved(as_uuid(each[12]))
            if knock((each[14], each[15]), {}, templates) is None:
                shut.add(as_id(each[0]))
    return frozenset(shut)


def _situation(row: Any, points: Rows, tried: Rows, closed: frozenset[str], now: datetime) -> Situation:
    zone = ZoneInfo(row[9])
    return Situation(
        id=as_id(row[0]),
        kind=KINDS.get(row[1], _UNKNOWN),
        status=row[2],
        due_at=as_time(row[3]),
        waiting_since=None if row[4] is None else as_time(row[4]),
        reason=row[5],
        now=now,
        zone=zone,
        named=bool(row[10]),
        refused=row[11] is not None and not row[11],
        willing=bool(row[11]),
        points=[
            Point(
                conversation=as_id(each[0]),
                channel=each[1],
                shared=bool(each[2]),
                never=each[3] == "never",
                opted_out=each[4] is not None or each[6] in ("stopped", "silent"),
                last_inbound_at=None if each[5] is None else as_time(each[5]),
                busy=each[6] == "waiting",
                human=each[7] is not None,
                safe=safe_hours(each[8], each[9]),
                agreed=bool(each[10]),
                closed=as_id(each[0]) in closed,
            )
            for each in points
            if each[11] is None or each[11]
        ],
        tried={as_id(each[0]) for each in tried},
        exited=row[12] is not None and date.fromisoformat(str(row[12])) <= now.astimezone(zone).date(),
    )


def _write(at: Situation, decision: Wait | Settle | None, row: Any) -> Work[None]:
    now = stamp(at.now)
    match decision:
        case Wait(until=until, reason=reason):
            same = reason == at.reason and at.waiting_since is not None
            since = None if reason is None else at.waiting_since if same else at.now
            yield Query(_WAIT, (reason, since, until, at.now, at.id))
        case Settle(status=status, reason=reason, flag=flag, clears=clears):
            yield Query(_SETTLE, (status, reason, now, at.id))
            if clears:
                group = [kind.name for kind in KINDS.values() if kind.group == at.kind.group]
                sql = _CLEAR.format(kinds=marks(len(group)))
                yield Query(sql, (now, as_id(row[8]), at.id, now, *group))
            if flag is not None:
                ids = (new_id(), as_id(row[6]), as_id(row[8]), as_id(row[7]))
                yield Query(_FLAG, (*ids, flag, now, now))
        case None:
            pass
