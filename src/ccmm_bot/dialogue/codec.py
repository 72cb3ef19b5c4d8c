"""Sessions to and from plain JSON values. ``load_session(dump_session(s)) == s`` for every session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ccmm_bot.dialogue.model import DialogueRef
from ccmm_bot.dialogue.session import Frame, Session, Status, Wait, WaitMode
from ccmm_bot.dialogue.values import SKIPPED, Answer

#: The form of the snapshot. Older forms stay readable for as long as a stored conversation may carry one.
FORMAT = 1


def dump_session(session: Session) -> dict[str, Any]:
    """A snapshot of JSON values only. Empty parts are left out."""
    out: dict[str, Any] = {"v": FORMAT, "status": session.status.value, "nw": session.next_wait, "nr": session.next_run}
    if session.language is not None:
        out["lang"] = session.language
    if session.facts:
        out["facts"] = dict(session.facts)
    if session.frames:
        out["frames"] = [_dump_frame(frame) for frame in session.frames]
    if session.wait is not None:
        out["wait"] = _dump_wait(session.wait)
    return out


def load_session(data: Mapping[str, Any]) -> Session:
    """The session a snapshot holds. Raises ``ValueError`` for a snapshot this code does not know how to read."""
    if data.get("v") != FORMAT:
        raise ValueError(f"unknown snapshot format {data.get('v')!r}")
    wait = data.get("wait")
    return Session(
        status=Status(data["status"]),
        language=data.get("lang"),
        facts=data.get("facts", {}),
        frames=tuple([_load_frame(frame) for frame in data.get("frames", ())]),
        wait=None if wait is None else _load_wait(wait),
        next_wait=data["nw"],
        next_run=data["nr"],
    )


def _dump_frame(frame: Frame) -> dict[str, Any]:
    ref = frame.dialogue
    out: dict[str, Any] = {"run": frame.run, "ref": [ref.id, ref.version, ref.hash], "state": frame.state}
    if frame.answers:
        out["answers"] = {name: _dump_answer(answer) for name, answer in frame.answers.items()}
    if frame.trail:
        out["trail"] = list(frame.trail)
    if frame.visits:
        out["visits"] = dict(frame.visits)
    if frame.asked:
        out["asked"] = list(frame.asked)
    return out


def _load_frame(data: Mapping[str, Any]) -> Frame:
    return Frame(
        run=data["run"],
        dialogue=DialogueRef(*data["ref"]),
        state=data["state"],
        answers={name: _load_answer(answer) for name, answer in data.get("answers", {}).items()},
        trail=tuple(data.get("trail", ())),
        visits=data.get("visits", {}),
        asked=tuple(data.get("asked", ())),
    )


def _dump_answer(answer: Answer) -> str | int | list[str] | None:
    if answer is SKIPPED:
        return None
    return list(answer) if isinstance(answer, tuple) else answer


def _load_answer(data: Any) -> Answer:
    if data is None:
        return SKIPPED
    return tuple(data) if isinstance(data, list) else data


def _dump_wait(wait: Wait) -> dict[str, Any]:
    out: dict[str, Any] = {"no": wait.no, "at": wait.asked_at.isoformat()}
    if wait.mode is not WaitMode.ITEM:
        out["mode"] = wait.mode.value
    if wait.attempts:
        out["attempts"] = wait.attempts
    if wait.draft:
        out["draft"] = list(wait.draft)
    if wait.page:
        out["page"] = wait.page
    if wait.handed_off:
        out["handed"] = True
    return out


def _load_wait(data: Mapping[str, Any]) -> Wait:
    return Wait(
        no=data["no"],
        asked_at=datetime.fromisoformat(data["at"]),
        mode=WaitMode(data.get("mode", "item")),
        attempts=data.get("attempts", 0),
        draft=tuple(data.get("draft", ())),
        page=data.get("page", 0),
        handed_off=data.get("handed", False),
    )
