"""The units of work behind the receiver: each reads, lets the engine decide, and writes, in one transaction."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from ccmm_bot.conversation.apply import Applied, begin_writes
from ccmm_bot.conversation.codes import new_code
from ccmm_bot.conversation.invitations import redeem
from ccmm_bot.conversation.speaking import Voice
from ccmm_bot.conversation.state import Account, Hashes, Standing, by_id, by_sender, newcomer, standing
from ccmm_bot.conversation.turn import TEXT_KEPT, Turn, not_processed, take_message
from ccmm_bot.dialogue.effects import Flag
from ccmm_bot.dialogue.events import Begin, Resume, TimerFired, TimerKind
from ccmm_bot.dialogue.machine import UnknownDialogueError
from ccmm_bot.dialogue.model import DialogueRef, Severity
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.errors import CcmmError
from ccmm_bot.followup.quiet_hours import next_allowed
from ccmm_bot.messages import Content, InboundMessage, OutboundMessage
from ccmm_bot.store.hot import writes as rows
from ccmm_bot.store.hot.work import Apply, Query, Rows, Work, as_id
from ccmm_bot.store.hot.writes import NewContact
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.tables import Actor, Purpose, TimerState
from ccmm_bot.store.types import dashed, new_id, stamp

_log = logging.getLogger(__name__)

_RAW_KEPT: Final = 64 * 1024
_ID_KEPT: Final = 200
#: While a human talks with the person, reminders wait.
_AFTER_HUMAN: Final = timedelta(days=1)


class UnknownConversationError(CcmmError):
    """There is no such conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of something that happened to a conversation; it is on the disk.

    ``outbound`` is what is to be sent now, in order. ``rejected`` says why nothing was done (a timer of an older question, a
    dialogue that cannot begin now), ``duplicate`` that it had been done before.
    """

    conversation_id: str
    outbound: tuple[OutboundMessage, ...] = ()
    duplicate: bool = False
    rejected: str | None = None
    refs: frozenset[DialogueRef] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """Makes units of work. They may run more than once and in another thread, so they change nothing outside the database."""

    keys: KeyRing
    voice: Voice
    now: Callable[[], datetime]

    # --- a person writes ----------------------------------------------------------------------------------------------

    def receive(self, account: Account, message: InboundMessage, found: Hashes) -> Work[Receipt]:
        """One message from a person."""
        provider_id = _provider_id(message)
        answer: Rows = yield by_sender(account, provider_id, found)
        row = answer[0]
        if row[0] is not None:
            conversation = "" if row[1] is None else dashed(as_id(row[1]))
            return Receipt(conversation_id=conversation, duplicate=True)
        here = newcomer(account, message.sender, found) if row[1] is None else standing(self.keys, account, row[1:])
        now = self.now()
        invited = yield from redeem(self.keys, here, message, now)
        if invited is not None:
            here = invited.here

        def happen(turn: Turn) -> None:
            if invited is not None:
                invited.happen(turn, message, self.voice.guess)
                return
            human = here.human_since is not None
            take_message(turn, message, opted_out=here.opted_out, human=human, guess=self.voice.guess)

        turn, contents = yield from self._decide(here, now, happen, answer=True)
        applied = begin_writes(self.keys, here, turn, self.voice.wordings(turn, here))
        inbound = new_id()
        self._keep(applied, message, provider_id, inbound)
        self._know(applied, message, found, alone=len(answer) == 1)
        applied.effects(turn.effects)
        silent = here.opted_out and turn.session.status is Status.STOPPED and not turn.opted_out
        outbound = applied.send(
            [] if silent else contents,
            purpose=Purpose.CONFIRMATION if turn.opted_out else Purpose.ANSWER,
            to=message.sender,
            in_reply_to=inbound,
        )
        applied.audit("message.received", "inbound", inbound, detail={"kind": message.kind.value, "answers": len(outbound)})
        if invited is not None and invited.invitation is not None:
            applied.audit("invitation.used", "invitation", invited.invitation)
        receipt = yield from self._commit(applied, turn, outbound)
        if invited is not None:
            yield from invited.keep()
        return receipt

    def _keep(self, applied: Applied, message: InboundMessage, provider_id: str, inbound: str) -> None:
        here, keys, text = applied.standing, self.keys, message.text
        media = [{"url": each.url, "content_type": each.content_type} for each in message.media]
        received = stamp(message.received_at)
        applied.writes.last_inbound_at = received
        applied.writes.add(
            rows.INBOUND,
            inbound,
            here.account.agency_id,
            here.account.id,
            provider_id,
            here.conversation_id,
            message.kind.value,
            keys.seal_text(b"inbound.text", text[:TEXT_KEPT]),
            len(text),
            _code(message.payload),
            keys.seal(b"inbound.media", orjson.dumps(media)) if media else None,
            keys.seal(b"inbound.raw", message.raw[:_RAW_KEPT]) if message.raw else None,
            received,
        )

    def _know(self, applied: Applied, message: InboundMessage, found: Hashes, *, alone: bool) -> None:
        """Who wrote: a new contact point, or a known one with a number or an id we had not seen with it."""
        here, writes = applied.standing, applied.writes
        if here.new:
            writes.contact = NewContact(
                account_id=here.account.id,
                channel=here.account.channel.value,
                address=self.keys.seal_text(b"contact_point.address", message.sender),
                address_hash=found.address,
                external_user_hash=found.user,
                person_code=None if here.invited else new_code(),
            )
            writes.add(rows.LINK, new_id(), here.account.agency_id, here.person_id, here.contact_point_id, True)
            return
        if found.user is not None and here.user_hash is None:
            writes.add(rows.CONTACT_USER, found.user, here.contact_point_id)
        if alone and here.address_hash != found.address:
            sealed = self.keys.seal_text(b"contact_point.address", message.sender)
            writes.add(rows.CONTACT_ADDRESS, sealed, found.address, here.contact_point_id)

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
        later = now + _AFTER_HUMAN if here.human_since is not None else next_allowed(now, ZoneInfo(here.account.timezone))
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
        outbound = applied.send([] if here.opted_out else contents, purpose=Purpose.UNPROMPTED, to=here.address)
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
        """We start a dialogue. What it says first waits for the sending hours."""
        here = yield from self._standing(conversation_id, accounts)
        refused = "opted_out" if here.opted_out else "human" if here.human_since is not None else None
        if refused is not None:
            return Receipt(conversation_id=dashed(conversation_id), rejected=refused)
        now = self.now()
        event = Begin(at=now, dialogue=dialogue, facts={"channel": here.account.channel.value, **facts})
        turn, contents = yield from self._decide(here, now, lambda turn: turn.feed(event), answer=False)
        if turn.rejected is not None:
            return Receipt(conversation_id=dashed(conversation_id), rejected=turn.rejected)
        applied = begin_writes(self.keys, here, turn, self.voice.wordings(turn, here))
        applied.effects(turn.effects, follow_up=follow_up)
        allowed = next_allowed(now, ZoneInfo(here.account.timezone))
        not_before = allowed if allowed > now else None
        outbound = applied.send(contents, purpose=Purpose.UNPROMPTED, to=here.address, not_before=not_before)
        actor = Actor.SYSTEM if by is None else Actor.STAFF
        applied.audit("dialogue.begun", "conversation", conversation_id, actor=actor, by=by, detail={"dialogue": dialogue})
        return (yield from self._commit(applied, turn, outbound if not_before is None else ()))

    # --- a human takes part -------------------------------------------------------------------------------------------

    def say_as_human(
        self, conversation_id: str, text: str | None, staff_id: str, accounts: Callable[[str], Account]
    ) -> Work[Receipt]:
        """Somebody at the agency takes the conversation over, and writes ``text`` unless it is ``None``."""
        here = yield from self._standing(conversation_id, accounts)
        if here.opted_out and text is not None:
            return Receipt(conversation_id=dashed(conversation_id), rejected="opted_out")
        turn = Turn(self.voice.machine, here.snapshot.session, self.now())
        applied = begin_writes(self.keys, here, turn, {})
        applied.writes.human_since = stamp(here.human_since or turn.at)
        contents = [] if text is None else [Content(text=text, language=turn.session.language or "en")]
        outbound = applied.send(contents, purpose=Purpose.ANSWER, to=here.address, written_by=staff_id)
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
        outbound = applied.send([] if here.opted_out else contents, purpose=Purpose.ANSWER, to=here.address)
        applied.audit("conversation.handed_back", "conversation", conversation_id, actor=Actor.STAFF, by=staff_id)
        return (yield from self._commit(applied, turn, outbound))

    # --- parts --------------------------------------------------------------------------------------------------------

    def _standing(self, conversation_id: str, accounts: Callable[[str], Account]) -> Work[Standing]:
        answer: Rows = yield by_id(conversation_id)
        if not answer:
            raise UnknownConversationError("There is no such conversation.")
        return standing(self.keys, accounts(as_id(answer[0][0])), answer[0][1:])

    def _decide(
        self, here: Standing, now: datetime, happen: Callable[[Turn], None], *, answer: bool
    ) -> Work[tuple[Turn, list[Content]]]:
        """Let it happen to the session, with the dialogue versions it needs, and put the result into words.

        Where the engine fails, the conversation stays as it is, a human is called, and whoever wrote is told so.
        """
        session = here.snapshot.session
        lost = False
        while True:
            turn = Turn(self.voice.machine, session, now)
            if lost:
                turn.effects.append(Flag(run=0, reason="version_lost", severity=Severity.HIGH))
            try:
                happen(turn)
                return turn, self.voice.say(turn.effects, turn, here)
            except UnknownDialogueError as missing:
                if not (yield from self.voice.archive.fetch(missing.ref)):
                    _log.error("dialogue version %s is in no archive; the conversation starts afresh", missing.ref)
                    session, lost = _afresh(session), True
            except Exception as error:
                _log.error("a turn failed: %s", type(error).__name__, extra={"conversation_id": here.conversation_id})
                turn = Turn(self.voice.machine, session, now)
                not_processed(turn, answer=answer)
                return turn, self.voice.say(turn.effects, turn, here)

    def _commit(self, applied: Applied, turn: Turn, outbound: tuple[OutboundMessage, ...]) -> Work[Receipt]:
        applied.close(turn)
        for ref in applied.refs:
            self.voice.archive.keep(applied.writes, ref, applied.at)
        yield Apply(applied.writes)
        return Receipt(
            conversation_id=dashed(applied.standing.conversation_id),
            outbound=outbound,
            rejected=turn.rejected,
            refs=frozenset(applied.refs),
        )


def _afresh(session: Session) -> Session:
    """The same person with nothing running."""
    return Session(
        language=session.language, facts=session.facts, next_wait=session.next_wait, next_run=session.next_run, status=Status.IDLE
    )


def _provider_id(message: InboundMessage) -> str:
    """The provider's id, or its hash where no provider writes such ids (a control character, a thousand letters)."""
    return _code(message.provider_message_id) or "empty"


def _code(text: str | None) -> str | None:
    if text is None or (len(text) <= _ID_KEPT and text.isprintable()):
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
