"""The common ground of everything that happens to a conversation: read it, let the engine decide, write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ccmm_bot.conversation.apply import Applied
from ccmm_bot.conversation.speaking import Voice
from ccmm_bot.conversation.state import Account, Standing, by_id, standing
from ccmm_bot.conversation.stored import stored_answers
from ccmm_bot.conversation.turn import Turn, not_processed
from ccmm_bot.dialogue.effects import Flag
from ccmm_bot.dialogue.machine import UnknownDialogueError
from ccmm_bot.dialogue.model import DialogueRef, Severity
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.errors import CcmmError
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import Content, OutboundMessage
from ccmm_bot.store.hot.work import Apply, Rows, Work, as_id
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.types import dashed

_log = get_logger(__name__)


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
class Deciding:
    """What units of work are made of. They may run more than once and in another thread, and change only the database."""

    keys: KeyRing
    voice: Voice
    now: Callable[[], datetime]

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
        not_live = self.voice.waiting.languages(here.require_reviewed)
        lost = False
        while True:
            turn = Turn(self.voice.machine, session, now, not_live=not_live)
            if lost:
                turn.effects.append(Flag(run=0, reason="version_lost", severity=Severity.HIGH))
            try:
                happen(turn)
                stored = yield from stored_answers(self.keys, here, turn.effects)
                withheld = yield from self.voice.withholding.phones(turn.effects, here.account.agency_id)
                return turn, self.voice.say(turn.effects, turn, here, stored, withheld)
            except UnknownDialogueError as missing:
                if not (yield from self.voice.archive.fetch(missing.ref)):
                    _log.error("a dialogue version is in no archive; the conversation starts afresh", dialogue=missing.ref)
                    session, lost = _afresh(session), True
            except Exception as error:
                _log.error("a turn failed", error=type(error), conversation=here.conversation_id)
                turn = Turn(self.voice.machine, session, now, not_live=not_live)
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
