"""A long answer that comes as several messages, perhaps out of order.

Phones and networks cut long texts, and the pieces arrive as messages of their own. The first piece answers the question; the next
one would be taken for the answer to the *next* question, which the person has not even seen. So a message is more of the answer
before when all of this holds:

- the message before answered a free-text question, and the question that was put after it is still untouched;
- it came at most three seconds after it (by the provider's clock where there is one);
- one of the two is as long as a piece of a cut text (150 characters): nobody types that much, or reads and answers a new
  question, in three seconds;
- it is no command, and no answer that the new question can read: a number, an option, a date stays the answer it is.

Nothing is lost: the answer gains the text as a new revision, the earlier one stays in its history, and every piece stays in the
conversation as it came. Pieces are put in the provider's order where it numbers messages (Telegram), else by the numbers some
networks write in front ("2/3"), else as they came, with the full-length pieces first: only the last piece of a cut text is short.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from ccmm_bot.dialogue.effects import Record
from ccmm_bot.dialogue.events import Reply
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.dialogue.step import step
from ccmm_bot.dialogue.values import SKIPPED
from ccmm_bot.messages import ContentKind, InboundMessage
from ccmm_bot.store.types import stamp, stamp_back

#: Pieces of one text arrive within this.
WITHIN: Final = timedelta(seconds=3)
#: A piece that a network has cut is at least this long (an SMS segment of a longer text holds 153 characters).
PIECE: Final = 150
#: Between two pieces: where the cut was is not known, so it stays visible.
SEAM: Final = "\n"

_PIECES: Final = 20
_NUMBERED: Final = re.compile(r"[(\[]?\s*(\d)\s*/\s*(\d)\s*[)\]]?(?=\D|\Z)")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, as far as putting it in order needs: its length finds it in the joined text."""

    length: int
    order: int | None = None  # the provider's
    number: int | None = None  # the network's, "2/3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A free-text answer that was just given. ``wait`` is the question put after it; ``None`` when none was."""

    run: int
    run_id: str
    item: str
    wait: int | None
    at: datetime
    pieces: tuple[Piece, ...]


def piece(message: InboundMessage, text: str) -> Piece:
    """A message as a piece."""
    match = _NUMBERED.match(text)
    return Piece(len(text), message.order, int(match[1]) if match and "1" <= match[1] <= match[2] else None)


def moment(message: InboundMessage) -> datetime:
    """When it was written, as well as can be known."""
    return message.sent_at or message.received_at


def just_answered(
    effects: Sequence[object], after: Session, runs: Mapping[int, str], message: InboundMessage, text: str
) -> Answered | None:
    """The free-text answer a turn recorded, if it did."""
    if message.kind is not ContentKind.TEXT or message.payload is not None:
        return None
    records = [each for each in effects if isinstance(each, Record)]
    if len(records) != 1 or records[0].item.type is not ItemType.TEXT or records[0].answer is SKIPPED:
        return None
    record = records[0]
    if record.run not in runs or record.raw != text:
        return None
    return Answered(
        run=record.run,
        run_id=runs[record.run],
        item=record.item.name,
        wait=None if after.wait is None else after.wait.no,
        at=moment(message),
        pieces=(piece(message, text),),
    )


def continues(machine: Machine, session: Session, before: Answered | None, message: InboundMessage, text: str) -> bool:
    """Whether the message is more of the answer before."""
    if before is None or message.kind is not ContentKind.TEXT or message.payload is not None or message.opt_out is not None:
        return False
    long = len(text) >= PIECE or any(each.length >= PIECE for each in before.pieces)
    if not long or not text.strip() or abs(moment(message) - before.at) > WITHIN or len(before.pieces) >= _PIECES:
        return False
    if machine.reader.command(text, session.language) is not None:
        return False
    wait = session.wait
    if wait is None or before.wait is None:
        return wait is None and before.wait is None and session.status is Status.IDLE
    if wait.no != before.wait or wait.attempts:
        return False
    return _unread(machine, session, text)


def _unread(machine: Machine, session: Session, text: str) -> bool:
    """Whether the open question is free text itself, or cannot read ``text``."""
    frame = session.frames[-1]
    try:
        ask = machine.dialogue(frame.dialogue).states[frame.state].ask
        if ask is None or session.wait is None or ask.item.type is ItemType.TEXT:
            return ask is not None
        after, _effects = step(machine, session, Reply(at=session.wait.asked_at, text=text))
    except Exception:
        # Whatever it is (a version that is not at hand): taken as any other message it happens again, where it is dealt with.
        return False
    return after.wait is not None and (after.wait.no, after.wait.attempts) == (session.wait.no, 1)


def join(before: Answered, raw: str, message: InboundMessage, text: str) -> tuple[Answered, str]:
    """The answer with one more piece, and its whole text. ``raw`` is the text so far."""
    texts: list[str] = []
    start = 0
    for each in before.pieces[:-1]:
        texts.append(raw[start : start + each.length])
        start += each.length + len(SEAM)
    texts.append(raw[start:])
    pairs = [*zip(before.pieces, texts, strict=True), (piece(message, text), text)]
    if all(each.order is not None for each, _ in pairs):
        pairs.sort(key=lambda pair: pair[0].order or 0)
    elif all(each.number is not None for each, _ in pairs):
        pairs.sort(key=lambda pair: pair[0].number or 0)
    else:
        pairs.sort(key=lambda pair: pair[0].length < PIECE)
    joined = replace(
        before, at=max(before.at, moment(message)), pieces=tuple(replace(each, length=len(said)) for each, said in pairs)
    )
    return joined, SEAM.join(said for _, said in pairs)


def with_answer(session: Session, before: Answered, text: str) -> Session:
    """The session with the longer answer, where the run is still going on."""
    frames = tuple(
        replace(frame, answers={**frame.answers, before.item: text})
        if frame.run == before.run and before.item in frame.answers
        else frame
        for frame in session.frames
    )
    return replace(session, frames=frames)


def dump_answered(answered: Answered) -> list[Any]:
    """JSON values."""
    pieces = [[each.length, each.order, each.number] for each in answered.pieces]
    return [answered.run, answered.run_id, answered.item, answered.wait, stamp(answered.at), pieces]


def load_answered(data: Sequence[Any] | None) -> Answered | None:
    """What :func:`dump_answered` wrote."""
    if data is None:
        return None
    run, run_id, item, wait, at, pieces = data
    return Answered(run=run, run_id=run_id, item=item, wait=wait, at=stamp_back(at), pieces=tuple(Piece(*each) for each in pieces))
