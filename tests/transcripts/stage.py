"""Plays a transcript to the real service: the receiver, the real dialogues and catalogues, a database, a clock that is moved."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.agencies import help_lines
from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.works import Receipt
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.messages import ChannelKind, Content, ContentKind, InboundMessage
from ccmm_bot.runtime import CONSOLE, Runtime, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.seeding import seed
from ccmm_bot.store.tables import Case, Consent, ContactPoint, Conversation, DialogueRun, Flag, FollowUp, Person, Response, Timer
from tests.transcripts.scripts import Move, Script, TranscriptError, bot_lines

BEGINS = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("America/Vancouver")).astimezone(UTC)
#: What the menu of languages offers in every transcript, and beside these the language the transcript is held in.
ON_OFFER = ("en", "fr", "ar", "prs", "ti")
SENDER = "+16045550123"
SENDERS = {
    ChannelKind.SMS: "+16045550100",
    ChannelKind.WHATSAPP: "+16045550101",
    ChannelKind.TELEGRAM: "4201",
    ChannelKind.CONSOLE: CONSOLE[1],
}
_TIME = re.compile(r"@ \+(\d+) (minute|hour|day)s?\Z")
_KIND = re.compile(r"\[(voice note|image|video|document|location|contact|sticker)\]\Z")
_TAP = re.compile(r"\[tap( old)?\] (.*)\Z")


@asynccontextmanager
async def open_stage(folder: Path, database_url: str, script: Script) -> AsyncIterator[Stage]:
    """A service of its own for one transcript."""
    settings = Settings(
        _env_file=None,
        database_url=database_url,
        secret_key_file=folder / "secret.key",
        agency_name="MOSAIC",
        service_name="CCMM",
        languages=",".join(dict.fromkeys((*ON_OFFER, script.head["language"]))),
    )
    clock = FixedClock(BEGINS)
    async with open_runtime(settings, clock=clock, channels=Channels()) as runtime:
        channel = ChannelKind(script.head["channel"])
        seed(
            runtime.store,
            agency_name="MOSAIC",
            service_name="CCMM",
            accounts=[(channel, SENDERS[channel])],
            now=BEGINS,
        )
        every = [line.id for line in runtime.help_lines]
        help_lines.confirm(runtime.store, runtime.agency_id, runtime.help_lines, every, by="A. Administrator", now=BEGINS)
        stage = Stage(runtime, clock, channel, script)
        await stage.settle()
        yield stage


class Stage:
    """One person's phone, and what the service keeps about it."""

    def __init__(self, runtime: Runtime, clock: FixedClock, channel: ChannelKind, script: Script) -> None:
        self._runtime = runtime
        self._clock = clock
        self._channel = channel
        self._script = script
        self._count = 0
        self._conversation = ""
        self._seen: list[Content] = []  # everything that had buttons, latest last
        self._follow_up: UUID | None = None

    @property
    def runtime(self) -> Runtime:
        """The service that is played to."""
        return self._runtime

    # --- before the curtain -------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """What the head says was settled before, by a conversation a month ago that fell silent afterwards."""
        language = self._script.head["language"]
        if not self._script.known:
            return
        self._clock.set(BEGINS - timedelta(days=40))
        autonym = next(choice.label for choice in self._runtime.machine.languages if choice.id == language)
        await self._type(autonym)
        if "service consent" in self._script.known:
            await self._type("1")
        await self._pass(timedelta(days=40))
        with self._runtime.store.writing(self._runtime.agency_id) as session:
            person = session.exec(select(Person)).one()
            person.name = "A. M."
            session.add(person)

    async def play(self) -> list[list[str]]:
        """Everything the bot said, move by move."""
        return [bot_lines(await self._play(move)) for move in self._script.moves]

    async def _play(self, move: Move) -> Sequence[Content]:
        line = move.line
        if not line:
            return await self._start(self._script.head["starts"])
        if line.startswith("#"):
            return ()
        if line.startswith(">"):
            return await self._type(line[1:].removeprefix(" "))
        if match := _TIME.match(line):
            return await self._pass(timedelta(**{f"{match[2]}s": int(match[1])}))
        if match := _KIND.match(line):
            return await self._receive(kind=ContentKind(match[1].split()[0]))
        if match := _TAP.match(line):
            return await self._tap(match[2], old=match[1] is not None)
        raise TranscriptError(f"{self._script.path}:{move.number}: {line!r} is nothing that can happen")

    # --- what happens -------------------------------------------------------------------------------------------------

    async def _type(self, text: str) -> Sequence[Content]:
        return await self._receive(text=text)

    async def _tap(self, label: str, *, old: bool) -> Sequence[Content]:
        shown = [content for content in self._seen if any(button.label == label for button in content.buttons)]
        latest = shown and self._seen[-1] is shown[-1]
        wanted = shown[:-1] if old and latest else shown
        if not wanted:
            raise TranscriptError(f"{self._script.path}: there is no button {label!r} to tap")
        button = next(button for button in wanted[-1].buttons if button.label == label)
        return await self._receive(kind=ContentKind.TAP, text=label, payload=button.payload)

    async def _receive(
        self, *, kind: ContentKind = ContentKind.TEXT, text: str = "", payload: str | None = None
    ) -> Sequence[Content]:
        self._count += 1
        receipt = await self._runtime.receiver.receive(
            InboundMessage(
                channel=self._channel,
                account=SENDERS[self._channel],
                provider_message_id=f"m{self._count}",
                sender=SENDER,
                received_at=self._clock.now(),
                kind=kind,
                text=text,
                payload=payload,
            )
        )
        self._conversation = receipt.conversation_id
        return self._heard(receipt)

    async def _pass(self, time: timedelta) -> Sequence[Content]:
        until = self._clock.now() + time
        heard: list[Content] = []
        while True:
            due = await self._runtime.timers.due(until, 1)
            if not due:
                break
            self._clock.set(max(self._due_at(due[0]), self._clock.now()))
            heard.extend(self._heard(await self._runtime.receiver.fire(due[0])))
        self._clock.set(until)
        return heard

    def _due_at(self, timer_id: str) -> datetime:
        with self._runtime.store.reading(self._runtime.agency_id) as session:
            return session.exec(select(Timer).where(col(Timer.id) == UUID(timer_id))).one().due_at

    async def _start(self, what: str) -> Sequence[Content]:
        dialogue, *given = (part.strip() for part in what.split(";"))
        pairs = dict(part.split("=", 1) for part in given)
        facts: dict[str, Fact] = {name: {"true": True, "false": False}.get(text, text) for name, text in pairs.items()}
        with self._runtime.store.writing(self._runtime.agency_id) as session:
            person = session.exec(select(Person)).one()
            case = Case(agency_id=self._runtime.agency_id, person_id=person.id, opened_at=BEGINS)
            session.add(case)
            session.flush()
            follow_up = FollowUp(
                agency_id=self._runtime.agency_id, case_id=case.id, person_id=person.id, kind="follow_up_3_month", due_at=BEGINS
            )
            session.add(follow_up)
            self._follow_up = follow_up.id
        receipt = await self._runtime.receiver.begin(self._conversation, dialogue, facts, follow_up_id=str(self._follow_up))
        return self._heard(receipt)

    def _heard(self, receipt: Receipt) -> Sequence[Content]:
        contents = [message.content for message in receipt.outbound]
        self._seen.extend(content for content in contents if content.buttons)
        return contents

    # --- what is left -------------------------------------------------------------------------------------------------

    def kept(self) -> set[str]:
        """Everything a check line can say, as it stands in the store."""
        with self._runtime.store.reading(self._runtime.agency_id) as session:
            return {*self._responses(session), *self._flags(session), *self._consents(session), *self._ends(session)}

    def _responses(self, session: Session) -> set[str]:
        rows = session.exec(select(Response, DialogueRun).join(DialogueRun).order_by(col(Response.answered_at))).all()
        latest = {f"{run.dialogue_id}.{response.item}": _shown(response) for response, run in rows}
        return {f"response {name}: {value}" for name, value in latest.items()}

    def _flags(self, session: Session) -> set[str]:
        flags = session.exec(select(Flag)).all()
        humans = {"asked_for_human": "human asked", "stuck": "human stuck"}
        return {f"flag {flag.reason} {flag.severity.value}" for flag in flags} | {
            humans[flag.reason] for flag in flags if flag.reason in humans
        }

    def _consents(self, session: Session) -> set[str]:
        latest = {row.kind: row.given for row in session.exec(select(Consent).order_by(col(Consent.at)))}
        return {f"consent {kind} {'given' if given else 'refused'}" for kind, given in latest.items()}

    def _ends(self, session: Session) -> set[str]:
        runs = session.exec(select(DialogueRun).order_by(col(DialogueRun.run))).all()
        ends = {run.dialogue_id: run.outcome.value for run in runs if run.outcome is not None}
        stopped = session.exec(select(ContactPoint)).one().opted_out_at is not None
        left = {f"outcome {dialogue} {outcome}" for dialogue, outcome in ends.items()}
        left.add("stopped" if stopped else "not stopped")
        left.add(f"language {session.exec(select(Conversation)).one().language}")
        left.update(f"follow-up {row.status.value}" for row in session.exec(select(FollowUp)))
        return left


def _shown(response: Response) -> str:
    if response.skipped:
        return "(skipped)"
    value = response.value if response.value is not None else response.value_sealed
    return ", ".join(value) if isinstance(value, list) else str(value)
