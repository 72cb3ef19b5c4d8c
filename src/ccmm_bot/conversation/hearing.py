"""A person writes: one message, from the first look at who it is to everything it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from ccmm_bot.conversation import crisis
from ccmm_bot.conversation.apply import Applied
from ccmm_bot.conversation.beginning import begin_writes
from ccmm_bot.conversation.codes import new_code
from ccmm_bot.conversation.deciding import Deciding, Receipt
from ccmm_bot.conversation.invitations import redeem
from ccmm_bot.conversation.late import overtaken
from ccmm_bot.conversation.ledger import Because
from ccmm_bot.conversation.pace import Heard, Pace, calm, listen
from ccmm_bot.conversation.parts import Answered, continues, join, just_answered, with_answer
from ccmm_bot.conversation.state import Account, Hashes, Standing, by_sender, newcomer, standing
from ccmm_bot.conversation.turn import TEXT_KEPT, Turn, readable, take_message
from ccmm_bot.dialogue.effects import Flag
from ccmm_bot.dialogue.machine import Machine, UnknownDialogueError
from ccmm_bot.dialogue.model import Command, ItemType, Severity
from ccmm_bot.dialogue.session import Session, Status, WaitMode
from ccmm_bot.messages import ChannelKind, Content, ContentKind, InboundMessage, OptOutKind
from ccmm_bot.store.hot import writes as rows
from ccmm_bot.store.hot.work import Query, Rows, Work, as_id
from ccmm_bot.store.hot.writes import NewContact
from ccmm_bot.store.tables import AttachmentState, OptOutSource, Purpose
from ccmm_bot.store.types import dashed, new_id, stamp

_RAW_KEPT: Final = 64 * 1024
_ID_KEPT: Final = 200
_TYPE_KEPT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing(Deciding):
    """The work of taking one message in."""

    def receive(self, account: Account, message: InboundMessage, found: Hashes) -> Work[Receipt]:
        """One message from a person."""
        provider_id = _provider_id(message)
        answer: Rows = yield by_sender(account, provider_id, found)
        row = answer[0]
        for found_before, *_ in answer:
            if found_before is not None:
                conversation = "" if row[1] is None else dashed(as_id(row[1]))
                return Receipt(conversation_id=conversation, duplicate=True)
        if row[1] is None:
            here = newcomer(self.keys, account, message.sender, found, row[1:])
        else:
            here = standing(self.keys, account, row[1:])
        now = self.now()
        invited = yield from redeem(self.keys, here, message, now)
        if invited is not None:
            here = invited.here
        longer = (yield from self._longer(here, message)) if invited is None else None
        beside = invited is not None or longer is not None or here.human_since is not None
        late = yield from overtaken(here, message)
        pace, heard = (here.snapshot.pace, Heard.NORMAL) if beside else self._listen(here, message, now, late=late)

        def happen(turn: Turn) -> None:
            if invited is not None:
                invited.happen(turn, message, self.voice.guess)
            elif heard is not Heard.NORMAL:
                turn.effects.append(Flag(run=0, reason=heard.value, severity=Severity.NORMAL))
            elif longer is not None:
                turn.session = with_answer(turn.session, *longer)
            else:
                human = here.human_since is not None
                take_message(turn, message, opted_out=here.opted_out, human=human, guess=self.voice.guess)

        turn, contents = yield from self._heard(here, message, now, happen, longer)
        applied = begin_writes(self.keys, here, turn, self.voice.wordings(turn, here))
        applied.outcomes.by_person = True
        inbound = new_id()
        self._keep(applied, message, provider_id, inbound, late=late)
        self._know(applied, message, found, alone=len(answer) == 1)
        applied.because = _because(message, inbound)
        applied.effects(turn.effects)
        self._remember(applied, turn, message, pace, longer)
        silent = here.opted_out and turn.session.status is Status.STOPPED and not turn.opted_out
        outbound = applied.send(
            [] if silent else contents,
            purpose=Purpose.CONFIRMATION if turn.opted_out else Purpose.ANSWER,
            to=message.sender,
            in_reply_to=inbound,
        )
        detail = {"kind": message.kind.value, "answers": len(outbound)} | ({"more_of": longer[0].item} if longer else {})
        applied.audit("message.received", "inbound", inbound, detail=detail)
        if invited is not None and invited.invitation is not None:
            applied.audit("invitation.used", "invitation", invited.invitation)
        receipt = yield from self._commit(applied, turn, outbound)
        if invited is not None:
            yield from invited.keep()
        return receipt

    def _heard(
        self,
        here: Standing,
        message: InboundMessage,
        now: datetime,
        happen: Callable[[Turn], None],
        longer: tuple[Answered, str] | None,
    ) -> Work[tuple[Turn, list[Content]]]:
        """What the message does. Words of crisis are heard whatever else it is, and whatever the engine makes of it."""
        text = crisis.typed(message) if longer is None else longer[1]
        if not text or self.voice.crisis.find(text) is None:
            return (yield from self._decide(here, now, happen, answer=True))
        where = yield from crisis.place(here)
        turn, contents = yield from self._decide(here, now, lambda turn: crisis.alarm(turn, where, happen), answer=True)
        if not crisis.flagged(turn):  # the engine failed over the message
            turn.effects.append(crisis.flag())
        return turn, contents

    # --- how it is met ------------------------------------------------------------------------------------------------

    def _listen(self, here: Standing, message: InboundMessage, now: datetime, *, late: bool) -> tuple[Pace, Heard]:
        """Whether it is a person who writes. STOP and START are heard from anybody; a late START may be older than a STOP."""
        typed = message.kind is ContentKind.TEXT and message.payload is None and message.opt_out is None
        text = readable(message.text)
        command = self.voice.machine.reader.command(text, here.snapshot.session.language) if typed else None
        if late:
            stop = message.opt_out is OptOutKind.STOP or command is Command.STOP
            return here.snapshot.pace, Heard.NORMAL if stop else Heard.LATE
        at = message.received_at if message.fetched else now  # what is fetched comes all at once, whatever its pace was
        pace, heard = listen(here.snapshot.pace, text if typed and command is None else None, at)
        if message.opt_out is not None or command in (Command.STOP, Command.START):
            heard = Heard.NORMAL
        return pace, heard

    def _longer(self, here: Standing, message: InboundMessage) -> Work[tuple[Answered, str] | None]:
        """The answer before, with this message as one more piece of it; ``None`` where it is a message of its own."""
        before, text = here.snapshot.answered, readable(message.text)
        if before is None or here.opted_out or here.human_since is not None:
            return None
        if not continues(self.voice.machine, here.snapshot.session, before, message, text):
            return None
        found: Rows = yield Query("SELECT raw FROM response WHERE run_id = ? AND item = ?", (before.run_id, before.item))
        return join(before, self.keys.open_text(b"response.raw", bytes(found[0][0])), message, text) if found else None

    def _remember(
        self, applied: Applied, turn: Turn, message: InboundMessage, pace: Pace, longer: tuple[Answered, str] | None
    ) -> None:
        """What the next message is seen by, and the longer answer itself."""
        applied.pace = calm(pace) if _understood(self.voice.machine, applied.standing.snapshot.session, turn.session) else pace
        if longer is None:
            applied.answered = just_answered(turn.effects, turn.session, applied.runs, message, readable(message.text))
            return
        answered, text = longer
        applied.answered = answered
        applied.writes.add(rows.RESPONSE_HISTORY, new_id(), answered.run_id, answered.item)
        applied.writes.add(
            rows.RESPONSE_LONGER,
            applied.keys.seal(b"response.value", orjson.dumps(text)),
            applied.keys.seal_text(b"response.raw", text),
            applied.at,
            answered.run_id,
            answered.item,
        )

    # --- what is kept -------------------------------------------------------------------------------------------------

    def _keep(self, applied: Applied, message: InboundMessage, provider_id: str, inbound: str, *, late: bool) -> None:
        here, keys, text = applied.standing, applied.keys, message.text
        media = [{"url": each.url, "content_type": each.content_type} for each in message.media]
        received = stamp(message.received_at)
        applied.writes.last_inbound_at = None if late else received
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
        for number, each in enumerate(message.media):
            applied.writes.add(
                rows.ATTACHMENT,
                new_id(),
                here.account.agency_id,
                inbound,
                here.account.id,
                number,
                message.kind.value,
                keys.seal_text(b"attachment.source", each.url),
                (_code(each.content_type) or "")[:_TYPE_KEPT],
                AttachmentState.PENDING.value,
                0,
                applied.at,
                applied.at,
            )

    def _know(self, applied: Applied, message: InboundMessage, found: Hashes, *, alone: bool) -> None:
        """Who wrote: a new contact point, or a known one with a number or an id we had not seen with it."""
        here, writes = applied.standing, applied.writes
        if here.new:
            writes.contact = NewContact(
                account_id=here.account.id,
                channel=here.account.channel.value,
                address=self.keys.of(here.contact_key).seal_text(b"contact_point.address", message.sender),
                address_hash=found.address,
                external_user_hash=found.user,
                person_code=None if here.invited else new_code(),
                contact_key=here.contact_key,
                person_key=here.person_key,
                known=here.known_point,
            )
            writes.add(rows.LINK, new_id(), here.account.agency_id, here.person_id, here.contact_point_id, True)
            return
        if found.user is not None and here.user_hash is None:
            writes.add(rows.CONTACT_USER, found.user, here.contact_point_id)
        if here.address_hash == found.address:
            return
        # What was said under one number and what is said under the other is told again by either, wherever they lead then.
        for address in (here.address_hash, found.address):
            of = (here.account.agency_id, here.account.id)
            writes.add(rows.FORMER_ADDRESS, new_id(), *of, address, here.contact_point_id)
        if alone:
            sealed = self.keys.of(here.contact_key).seal_text(b"contact_point.address", message.sender)
            writes.add(rows.CONTACT_ADDRESS, sealed, found.address, here.contact_point_id)


def _because(message: InboundMessage, inbound: str) -> Because:
    """How we would know of an opt-out or opt-in this message makes."""
    if message.opt_out is None:
        return Because(source=OptOutSource.KEYWORD, inbound=inbound)
    code = "blocked" if message.channel is ChannelKind.TELEGRAM else "OptOutType"
    return Because(source=OptOutSource.PROVIDER, code=code, inbound=inbound)


def _understood(machine: Machine, before: Session, after: Session) -> bool:
    """Whether a question that has no free text for an answer was answered: an automatic answer does not do that."""
    if before.wait is None or (after.wait is not None and (after.wait.attempts or after.wait.mode is not WaitMode.ITEM)):
        return False
    frame = before.frames[-1]
    try:
        ask = machine.dialogue(frame.dialogue).states[frame.state].ask
    except (UnknownDialogueError, KeyError):
        return False
    return ask is not None and ask.item.type is not ItemType.TEXT and after.wait != before.wait


def _provider_id(message: InboundMessage) -> str:
    """The provider's id, or its hash where no provider writes such ids (a control character, a thousand letters)."""
    return _code(message.provider_message_id) or "empty"


def _code(text: str | None) -> str | None:
    if text is None or (len(text) <= _ID_KEPT and text.isprintable()):
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
