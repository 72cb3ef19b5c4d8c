"""The units of work behind the receiver: each reads, lets the engine decide, and writes, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ccmm_bot.conversation.beginning import begin_writes
from ccmm_bot.conversation.deciding import Receipt, UnknownConversationError
from ccmm_bot.conversation.hearing import Hearing
from ccmm_bot.conversation.ledger import Because
from ccmm_bot.conversation.once import begun, hindrance
from ccmm_bot.conversation.rows import recorded_consent_row
from ccmm_bot.conversation.state import Account, Standing
from ccmm_bot.conversation.turn import Turn
from ccmm_bot.dialogue.effects import OptedIn
from ccmm_bot.dialogue.events import Resume, TimerFired, TimerKind
from ccmm_bot.dialogue.opening import asks_by_name, unprompted
from ccmm_bot.dialogue.session import Status
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.followup.hours import next_moment
from ccmm_bot.messages import Content
from ccmm_bot.store.hot import writes as rows
from ccmm_bot.store.hot.work import Query, Rows, Work, as_id
from ccmm_bot.store.tables import Actor, ContactSafety, OptOutSource, Purpose, TimerState
from ccmm_bot.store.types import dashed, stamp

__all__ = ["Receipt", "UnknownConversationError", "Works"]

#: While a human talks with the person, reminders wait.
_AFTER_HUMAN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Works(Hearing):
    """Makes units of work."""

    # --- we start, or time passes -------------------------------------------------------------------------------------

    def fire(self, timer_id: str, accounts: Callable[[str], Account]) -> Work[Receipt]:
        """A timer is due. In quiet hours, and while a human talks with the person, it is put off, not dropped."""
        answer: Rows = yield Query("SELECT conversation_id, wait, kind, n, status FROM timer WHERE id = ?", (timer_id,))
        if not answer:
            return Receipt(conversation_id="", rejected="unknown_timer")
        conversation, wait, kind, n, status = answer[0]
        key = as_id(conversation)
        if status != TimerState.PENDING:
            return Receipt(conversation_id=dashed(key), duplicate=True)
        here = yield from self._standing(key, accounts)
        now = self.now()
        later = now + _AFTER_HUMAN if here.human_since is not None else _allowed(here, now)
        if later > now:
            yield Query("UPDATE timer SET due_at = ? WHERE id = ? AND status = 0", (later, timer_id))
            return Receipt(conversation_id=dashed(key), rejected="put_off")
        event = TimerFired(at=now, wait=wait, kind=TimerKind(kind), n=n)
        turn, contents = yield from self._decide(here, now, lambda turn: turn.feed(event), answer=False)
        if turn.rejected is not None:
            yield Query("UPDATE timer SET status = ? WHERE id = ? AND status = 0", (TimerState.VOID.value, timer_id))
            return Receipt(conversation_id=dashed(key), rejected=turn.rejected)
        applied = begin_writes(self.keys, here, turn, self.voice.wordings(turn, here))
        applied.effects(turn.effects)
        if not applied.clears(wait):
            applied.writes.add(rows.TIMER_FIRED, TimerState.FIRED.value, timer_id)
        outbound = applied.send([] if here.opted_out else contents, purpose=Purpose.UNPROMPTED, to=here.address(self.keys))
        applied.audit("timer.fired", "conversation", key, actor=Actor.SYSTEM, detail={"kind": kind, "n": n})
        return (yield from self._commit(applied, turn, outbound))

    def begin(
        self,
        conversation_id: str,
        dialogue: str,
        facts: Mapping[str, Fact],
        accounts: Callable[[str], Account],
        follow_up: str | None,
        by: str | None,
    ) -> Work[Receipt]:
        """We start a dialogue, through the program's opening. What it says first waits for the sending hours."""
        here = yield from self._standing(conversation_id, accounts)
        refused = "opted_out" if here.opted_out else "human" if here.human_since is not None else None
        if refused is None and follow_up is not None:
            refused = yield from hindrance(follow_up, here)
        if refused is not None:
            return Receipt(conversation_id=dashed(conversation_id), rejected=refused)
        now = self.now()
        event = unprompted(self.voice.machine, dialogue, now, {"channel": here.account.channel.value, **facts})
        if event is None:
            return Receipt(conversation_id=dashed(conversation_id), rejected="not_unprompted")
        if not here.initials and asks_by_name(self.voice.machine, event.dialogue):
            return Receipt(conversation_id=dashed(conversation_id), rejected="no_name")
        turn, contents = yield from self._decide(here, now, lambda turn: turn.feed(event), answer=False)
        if turn.rejected is not None:
            return Receipt(conversation_id=dashed(conversation_id), rejected=turn.rejected)
        applied = begin_writes(self.keys, here, turn, self.voice.wordings(turn, here))
        applied.effects(turn.effects, follow_up=follow_up)
        allowed = _allowed(here, now)
        not_before = allowed if allowed > now else None
        outbound = applied.send(contents, purpose=Purpose.UNPROMPTED, to=here.address(self.keys), not_before=not_before)
        actor = Actor.SYSTEM if by is None else Actor.STAFF
        applied.audit("dialogue.begun", "conversation", conversation_id, actor=actor, by=by, detail={"dialogue": dialogue})
        receipt = yield from self._commit(applied, turn, outbound if not_before is None else ())
        if follow_up is not None:
            yield from begun(follow_up, here, now)
        return receipt

    # --- a human takes part -------------------------------------------------------------------------------------------

    def say_as_human(
        self, conversation_id: str, text: str | None, staff_id: str, accounts: Callable[[str], Account]
    ) -> Work[Receipt]:
        """Somebody at the agency takes the conversation over, and writes ``text`` unless it is ``None``."""
        here = yield from self._standing(conversation_id, accounts)
        if here.opted_out and text is not None:
            return Receipt(conversation_id=dashed(conversation_id), rejected="opted_out")
        if here.snapshot.session.status is Status.SILENT and text is not None:
            return Receipt(conversation_id=dashed(conversation_id), rejected="silent")
        turn = Turn(self.voice.machine, here.snapshot.session, self.now())
        applied = begin_writes(self.keys, here, turn, {})
        applied.writes.human_since = stamp(here.human_since or turn.at)
        contents = [] if text is None else [Content(text=text, language=turn.session.language or "en")]
        outbound = applied.send(contents, purpose=Purpose.ANSWER, to=here.address(self.keys), written_by=staff_id)
        action = "conversation.taken_over" if text is None else "message.written"
        applied.audit(action, "conversation", conversation_id, actor=Actor.STAFF, by=staff_id)
        return (yield from self._commit(applied, turn, outbound))

    def resume(self, conversation_id: str, staff_id: str, accounts: Callable[[str], Account]) -> Work[Receipt]:
        """The human is done: the bot asks its open question again."""
        here = yield from self._standing(conversation_id, accounts)
        now = self.now()

        def again(turn: Turn) -> None:
            if turn.session.status is Status.WAITING:
                turn.feed(Resume(at=now))

        turn, contents = yield from self._decide(here, now, again, answer=False)
        applied = begin_writes(self.keys, here, turn, {})
        applied.writes.human_since = None
        applied.effects(turn.effects)
        outbound = applied.send([] if here.opted_out else contents, purpose=Purpose.ANSWER, to=here.address(self.keys))
        applied.audit("conversation.handed_back", "conversation", conversation_id, actor=Actor.STAFF, by=staff_id)
        return (yield from self._commit(applied, turn, outbound))

    def safe_again(self, conversation_id: str, how: str, staff_id: str, accounts: Callable[[str], Account]) -> Work[Receipt]:
        """Somebody at the agency knows that the phone is safe again. Nothing is sent; the person's next message is answered."""
        here = yield from self._standing(conversation_id, accounts)
        session = here.snapshot.session
        if session.status is not Status.SILENT:
            return Receipt(conversation_id=dashed(conversation_id), rejected="not_silent")
        turn = Turn(self.voice.machine, replace(session, status=Status.IDLE), self.now())
        applied = begin_writes(self.keys, here, turn, {})
        applied.writes.add(rows.CONTACT_SAFETY, ContactSafety.UNKNOWN.value, here.contact_point_id)
        point, detail = here.contact_point_id, {"how": how}
        applied.audit("contact.safe_again", "contact_point", point, actor=Actor.STAFF, by=staff_id, detail=detail)
        return (yield from self._commit(applied, turn, ()))

    def consent_again(self, conversation_id: str, how: str, staff_id: str, accounts: Callable[[str], Account]) -> Work[Receipt]:
        """The person has told somebody at the agency that she wants our messages again. Nothing is sent."""
        here = yield from self._standing(conversation_id, accounts)
        if not here.opted_out:
            return Receipt(conversation_id=dashed(conversation_id), rejected="not_opted_out")
        session = here.snapshot.session
        awake = replace(session, status=Status.IDLE) if session.status is Status.STOPPED else session
        turn = Turn(self.voice.machine, awake, self.now())
        turn.effects.append(OptedIn())
        applied = begin_writes(self.keys, here, turn, {})
        applied.because = Because(source=OptOutSource.STAFF, code=how, staff=staff_id)
        applied.writes.add(rows.CONSENT, *recorded_consent_row(here, "contact", True, applied.at, staff_id))
        applied.effects(turn.effects)
        return (yield from self._commit(applied, turn, ()))


def _allowed(here: Standing, now: datetime) -> datetime:
    """When we may write there first: now, or later; tomorrow it is asked again where her safe hours leave no time at all."""
    return next_moment(now, ZoneInfo(here.account.timezone), here.safe) or now + timedelta(days=1)
