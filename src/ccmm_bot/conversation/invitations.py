"""A message that is the code of an invitation: whose conversation it becomes, in the transaction that keeps the message.

What a code does, and what it does not:

- It works once, for a limited time, for one agency. Redeeming takes the invitation's row lock, so that two phones which send it at
  the same moment are two phones of which one is too late.
- It gives the phone nothing: no name, no earlier answers, no consent. Links are forwarded and phones are shared, and no question
  we could ask would tell who holds one; so nothing is asked, and everything that matters is asked anew (consent) or by initials
  (whatever we start).
- A conversation in which somebody wrote before becomes the invited person's from here on, with nothing of what that person had
  answered, and staff are told. One that belongs to a person staff know stays hers: the phone is marked as shared, and staff decide.
- A wrong, expired, withdrawn or used code is answered like any greeting. Wrong ones are counted; after a few nothing is looked up
  any more for a while, and the answer is still the same.
- Who has opted out, and who is talking with a human, redeems nothing: only START is heard there, and the human reads the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ccmm_bot.conversation.invitation_codes import Given, given
from ccmm_bot.conversation.state import Standing
from ccmm_bot.conversation.turn import Guess, Turn, take_message
from ccmm_bot.dialogue.effects import ClearTimers, EndRun, Flag
from ccmm_bot.dialogue.model import Command, Outcome, Severity
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.i18n.languages import language as known_language
from ccmm_bot.messages import ContentKind, InboundMessage
from ccmm_bot.store.hot.work import Query, Rows, Work, as_id, as_time
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.tables import InvitationKind
from ccmm_bot.store.types import new_id, stamp

#: Wrong codes within :data:`WINDOW` after which no code is looked up any more.
MISSES_A_CONVERSATION: Final = 5
MISSES_AN_ACCOUNT: Final = 200
WINDOW: Final = timedelta(hours=1)

_FIND: Final = """
SELECT i.id, i.kind, i.person_id, i.household_id, i.language, i.expires_at, i.withdrawn_at, i.used_at, i.used_by, p.language,
 p.data_key
FROM invitation i LEFT JOIN person p ON p.id = i.person_id
WHERE i.code_hash = ? AND i.agency_id = ?
"""
_MISSES: Final = """
SELECT (SELECT count(*) FROM invitation_miss WHERE conversation_id = ? AND at > ?),
       (SELECT count(*) FROM invitation_miss WHERE account_id = ? AND at > ?)
"""
_KNOWN: Final = """
SELECT CASE WHEN p.name IS NOT NULL OR EXISTS (SELECT 1 FROM "case" k WHERE k.person_id = p.id)
            OR EXISTS (SELECT 1 FROM invitation i WHERE i.used_by = ? AND i.kind = 'person') THEN 1 ELSE 0 END
FROM person p WHERE p.id = ?
"""
_LINK: Final = (
    "INSERT INTO person_contact_point (id, agency_id, person_id, contact_point_id, current) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (person_id, contact_point_id) DO UPDATE SET current = excluded.current"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What the code in a message changes. ``here`` is the conversation as it is from now on."""

    here: Standing
    before: Standing
    at: datetime
    invitation: str | None = None  # that was accepted
    language: str | None = None
    person: str | None = None  # who was invited
    household: str | None = None
    missed: bool = False

    @property
    def goes_over(self) -> bool:
        """Whether a conversation in which somebody wrote before becomes another person's."""
        return not self.before.new and self.here.person_id != self.before.person_id

    @property
    def shared(self) -> bool:
        """Whether the invited person uses the phone of somebody staff know."""
        return self.person is not None and self.person != self.here.person_id

    def happen(self, turn: Turn, message: InboundMessage, guess: Guess) -> None:
        """Let the message happen as a greeting: in the invitation's language where none is chosen yet."""
        if self.goes_over:
            _begin_afresh(turn)
            turn.effects.append(Flag(run=0, reason="invited_on_known_phone", severity=Severity.NORMAL))
        if self.shared:
            turn.effects.append(Flag(run=0, reason="phone_is_shared", severity=Severity.NORMAL))
        chosen = self.language if self.language and turn.session.language is None and turn.machine.offers(self.language) else None
        if turn.session.status is Status.WAITING and chosen is None:
            turn.command(Command.START)  # the open question again
            return
        # A language's own name is what somebody writes who wants it, so that the language question answers itself.
        heard = replace(message, text=known_language(chosen).autonym if chosen else "")
        take_message(turn, heard, opted_out=False, human=False, guess=guess)

    def keep(self) -> Work[None]:
        """What is written beside the turn, after it: the conversation exists by then."""
        here, account = self.here, self.here.account
        if self.missed:
            yield Query("DELETE FROM invitation_miss WHERE account_id = ? AND at < ?", (account.id, stamp(self.at - WINDOW)))
            yield Query(
                "INSERT INTO invitation_miss (id, agency_id, account_id, conversation_id, at) VALUES (?, ?, ?, ?, ?)",
                (new_id(), account.agency_id, account.id, here.conversation_id, stamp(self.at)),
            )
        if self.invitation is None:
            return
        yield Query(
            "UPDATE invitation SET used_at = ?, used_by = ?, uses = uses + 1 WHERE id = ?",
            (stamp(self.at), here.conversation_id, self.invitation),
        )
        if self.household is not None:
            yield Query(
                "UPDATE person SET household_id = ? WHERE id = ? AND household_id IS NULL", (self.household, here.person_id)
            )
        if self.person is None:
            return
        if self.language is not None:
            yield Query("UPDATE person SET language = ? WHERE id = ? AND language IS NULL", (self.language, self.person))
        if here.new:
            return
        if self.goes_over:
            yield Query("UPDATE conversation SET person_id = ? WHERE id = ?", (self.person, here.conversation_id))
            yield Query("UPDATE person_contact_point SET current = ? WHERE contact_point_id = ?", (False, here.contact_point_id))
        if self.shared:
            yield Query("UPDATE contact_point SET shared = ? WHERE id = ?", (True, here.contact_point_id))
        yield Query(_LINK, (new_id(), account.agency_id, self.person, here.contact_point_id, True))


def carries_code(message: InboundMessage) -> Given | None:
    """The code a message is; ``None`` for any other message, and for what is no text."""
    if message.kind is not ContentKind.TEXT or message.payload is not None or message.opt_out is not None:
        return None
    return given(message.text)


def redeem(keys: KeyRing, here: Standing, message: InboundMessage, now: datetime) -> Work[Invited | None]:
    """Look the code up and say what it changes; ``None`` where the message is none, or where codes are not heard.

    It takes the invitation's row lock: run it in the transaction that writes the turn.
    """
    found = carries_code(message)
    if found is None or here.opted_out or here.human_since is not None or here.snapshot.session.status is Status.STOPPED:
        return None
    nothing = Invited(here=here, before=here, at=now, language=found.language)
    if found.code is None:
        return nothing
    earliest = stamp(now - WINDOW)
    misses: Rows = yield Query(_MISSES, (here.conversation_id, earliest, here.account.id, earliest))
    if misses[0][0] >= MISSES_A_CONVERSATION or misses[0][1] >= MISSES_AN_ACCOUNT:
        return nothing
    rows: Rows = yield Query(_FIND, (keys.lookup(b"invitation", found.code), here.account.agency_id), lock="i")
    if not rows:
        return replace(nothing, missed=True)
    key, kind, person, household, language, expires_at, withdrawn_at, used_at, used_by, persons_language, own = rows[0]
    once = kind == InvitationKind.PERSON
    if once and used_at is not None and as_id(used_by) == here.conversation_id:
        return nothing  # the link was tapped twice: no guess
    if withdrawn_at is not None or as_time(expires_at) <= now or (once and used_at is not None):
        return replace(nothing, missed=once)
    accepted = replace(nothing, invitation=as_id(key), language=language or persons_language or found.language)
    if not once:
        return accepted
    if household is not None:
        accepted = replace(accepted, household=as_id(household))
    if person is None:
        return accepted
    invited = as_id(person)
    keeps = not here.new and invited != here.person_id and (yield from _is_known(here))
    hers = None if own is None else as_id(own)
    now_hers = here if keeps else replace(here, person_id=invited, person_key=hers, initials="", invited=here.new)
    return replace(accepted, here=now_hers, person=invited)


def _is_known(here: Standing) -> Work[bool]:
    """Whether staff know whose conversation this is: by name, by a case, or because that person was invited into it."""
    rows: Rows = yield Query(_KNOWN, (here.conversation_id, here.person_id))
    return bool(rows and rows[0][0])


def _begin_afresh(turn: Turn) -> None:
    """End what runs and forget what was answered and agreed to: it was somebody else's. Numbers go on counting."""
    old = turn.session
    if old.wait is not None:
        turn.effects.append(ClearTimers(wait=old.wait.no))
    turn.effects.extend(EndRun(run=frame.run, outcome=Outcome.PARTIAL) for frame in reversed(old.frames) if frame.state)
    turn.session = Session(next_wait=old.next_wait, next_run=old.next_run)
