"""Machine translation of what people write, done when there is time for it: nobody waits for it, and nothing of it is sent.

The rows are the truth. A sweep gives every new message a row for each language its staff read, and a job to every row that waits; a
model that is installed later makes those wait again that had none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select

from ccmm_bot.casework.conversations.translations import READ, reading_languages
from ccmm_bot.messages import ContentKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Conversation, Inbound, Translation, TranslationState
from ccmm_bot.translation.choosing import is_worth, source_of
from ccmm_bot.translation.result import State, Translated, Translator
from ccmm_bot.worker.jobs.port import Jobs

#: The kind of the job that translates one message.
TRANSLATE: Final = "translation"
#: So many are taken in one transaction: on SQLite it holds the one write lock.
BATCH: Final = 100
#: How far back a process looks for messages nobody has given a row, when it starts and from then on. Ids sort by time.
_BACK: Final = timedelta(days=7)
_OVERLAP: Final = timedelta(minutes=10)
#: Looked at again where whoever was to look did not.
_WATCHDOG: Final = timedelta(minutes=15)
_AGAIN: Final = timedelta(hours=1)
_ATTEMPTS: Final = 3
#: What could not be translated is not taken up again when it is older than this.
_WORTH: Final = timedelta(days=90)
#: As many run at a time, over all processes: each keeps a processor busy.
_LANES: Final = 2
_WITHOUT: Final = (TranslationState.NO_MODEL, TranslationState.ERROR)


class Translations:
    """Finds and translates. Any number of processes may do so at the same time."""

    def __init__(self, store: Store, translator: Translator, jobs: Jobs, now: Callable[[], datetime]) -> None:
        self._store = store
        self._translator = translator
        self._jobs = jobs
        self._now = now
        self._mark = _earliest(datetime.now(UTC) - _BACK)
        self._models: frozenset[str] | None = None

    async def sweep(self) -> int:
        """Give new messages their rows and waiting rows their jobs; returns how many jobs."""
        while await asyncio.to_thread(self._find):
            pass
        await asyncio.to_thread(self._wake)
        return await asyncio.to_thread(self._enqueue)

    # --- finding ---------------------------------------------------------------------------------------------------------

    def _find(self) -> bool:
        """One batch of new messages; whether there may be more."""
        started = datetime.now(UTC)
        with self._store.installation() as session:
            found = session.exec(
                select(Inbound, Conversation.language)
                .join(Conversation, col(Conversation.id) == Inbound.conversation_id)
                .where(Inbound.id > self._mark, Inbound.kind == ContentKind.TEXT, col(Inbound.payload).is_(None))
                .order_by(col(Inbound.id))
                .limit(BATCH)
            ).all()
            if not found:
                self._mark = max(self._mark, _earliest(started - _OVERLAP))
                return False
            known = self._known(session, [message.id for message, _ in found])
            wanted = reading_languages(session)
        rows = [row for message, chosen in found for row in self._rows(message, chosen, wanted.get(message.agency_id, READ[:1]))]
        if not self._keep([row for row in rows if (row.inbound_id, row.language) not in known]):
            return True
        full = len(found) == BATCH
        # Ids of the last minutes may still come to light, from a transaction that has not ended: those are looked at again.
        self._mark = found[-1][0].id if full else max(self._mark, _earliest(started - _OVERLAP))
        return full

    def _known(self, session: Session, messages: list[UUID]) -> set[tuple[UUID, str]]:
        rows = select(Translation.inbound_id, Translation.language).where(col(Translation.inbound_id).in_(messages))
        return set(session.exec(rows))

    def _rows(self, message: Inbound, chosen: str | None, languages: tuple[str, ...]) -> list[Translation]:
        if not is_worth(message.text):
            return []
        source = source_of(message.text, chosen)
        now = self._now()
        return [
            Translation(
                agency_id=message.agency_id, inbound_id=message.id, language=language, source=source, wake_at=now, created_at=now
            )
            for language in languages
            if source is not None and source != language
        ]

    def _keep(self, rows: list[Translation]) -> bool:
        """Write them; ``False`` where another process was faster with one, and it has to be looked at again."""
        if not rows:
            return True
        try:
            with self._store.installation(write=True) as session:
                session.add_all(rows)
        except IntegrityError:
            return False
        return True

    def _wake(self) -> None:
        """When other models are installed than before: what had none, or a broken one, waits again where there is one now."""
        models = self._translator.models()
        if models == self._models:
            return
        with self._store.installation(write=True) as session:
            without = session.exec(
                select(Translation.source, Translation.language).where(col(Translation.state).in_(_WITHOUT)).distinct()
            ).all()
            for source, language in without:
                if self._translator.can(source, language):
                    now = self._now()
                    session.exec(
                        update(Translation)
                        .where(
                            col(Translation.state).in_(_WITHOUT),
                            col(Translation.source) == source,
                            col(Translation.language) == language,
                            col(Translation.created_at) >= now - _WORTH,
                        )
                        .values(state=TranslationState.PENDING, wake_at=now)
                    )
        self._models = models

    def _enqueue(self) -> int:
        now = self._now()
        with self._store.installation() as session:
            # What lies further ahead than anybody waits is from before the clock was set back.
            moment = or_(col(Translation.wake_at) <= now, col(Translation.wake_at) > now + 2 * _AGAIN)
            due = (col(Translation.wake_at).is_not(None), moment)
            if session.exec(select(Translation.id).where(*due).limit(1)).first() is None:
                return 0
        with self._store.installation(write=True) as session:
            rows = session.exec(
                select(Translation).where(*due).order_by(col(Translation.wake_at)).limit(BATCH).with_for_update(skip_locked=True)
            ).all()
            for number, row in enumerate(rows):
                row.looks += 1
                row.wake_at = now + _WATCHDOG
                session.add(row)
                self._jobs.enqueue(session, TRANSLATE, f"{row.id.hex}.{row.looks}", key=f"{TRANSLATE}.{number % _LANES}")
        return len(rows)

    # --- translating -----------------------------------------------------------------------------------------------------

    async def look(self, job: str) -> None:
        """Translate one message into one language, and keep what came of it."""
        key = UUID(hex=job.partition(".")[0])
        asked = await asyncio.to_thread(self._read, key)
        if asked is not None:
            said = await asyncio.to_thread(self._translator.translate, *asked)
            await asyncio.to_thread(self._write, key, said)

    def _read(self, key: UUID) -> tuple[str, str, str] | None:
        with self._store.installation() as session:
            found = session.exec(
                select(Translation, Inbound).join(Inbound, col(Inbound.id) == Translation.inbound_id).where(Translation.id == key)
            ).first()
        if found is None or found[0].wake_at is None:
            return None  # erased, or done
        row, message = found
        return message.text, row.source, row.language

    def _write(self, key: UUID, said: Translated) -> None:
        with self._store.installation(write=True) as session:
            row = session.exec(select(Translation).where(Translation.id == key).with_for_update()).first()
            if row is None:
                return
            now = self._now()
            row.state, row.text, row.model, row.made_at = TranslationState(said.state.value), said.text, said.model, now
            row.wake_at = now + _AGAIN if said.state is State.ERROR and row.looks < _ATTEMPTS else None
            session.add(row)


def _earliest(moment: datetime) -> UUID:
    """No id made at ``moment`` or later is less (RFC 9562 §5.7: the first 48 bits are the milliseconds)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
