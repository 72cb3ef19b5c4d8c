"""Once a week those who lead or audit an agency hear that the report of who looked at whom is there.

A look every hour finds the agencies in which it is Monday morning, and gives everybody a job of her own, named by the week: she
hears once, whatever the number of processes. A mail server that does not take it is asked again every quarter of an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Final
from uuid import UUID

from ccmm_bot.casework.agencies.access_report import letter, readers, told_of
from ccmm_bot.channels.mail import Mailer, MailServer, written
from ccmm_bot.i18n.interface import speaking
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import RefusedRetry, Unknown
from ccmm_bot.settings import Settings
from ccmm_bot.store.session import Store
from ccmm_bot.worker.jobs.port import Jobs, Schedule

_log = get_logger(__name__)

#: The kind of the look, and how often.
ACCESS_WEEK: Final = "access_week"
EVERY: Final = Schedule(every=timedelta(hours=1))
#: The kind of the job that writes to one reader.
ACCESS_LETTER: Final = "access_letter"
#: How long until a mail server that did not take it is asked again, and how often.
_AGAIN: Final = timedelta(minutes=15)
_TIMES: Final = 96


class AccessLetters:
    """Any number of processes may look. Without a mail server nobody is written to: the report is on the pages."""

    def __init__(self, store: Store, settings: Settings, jobs: Jobs, now: Callable[[], datetime]) -> None:
        self._store = store
        self._settings = settings
        self._jobs = jobs
        self._now = now
        url = settings.smtp_url.get_secret_value()
        self._post = Mailer(MailServer.parse(url)) if url else None

    async def look(self, _slot: str) -> None:
        """Find whom to write to."""
        if self._post is not None:
            await asyncio.to_thread(self._look)

    async def write(self, id: str) -> None:
        """Write to one reader: ``id`` is her account, the Monday of the week the report is of, and how often it was tried."""
        staff, monday, tried = id.split(".")
        found = await asyncio.to_thread(told_of, self._store, UUID(hex=staff))
        if found is None or self._post is None:
            return  # not here any more
        address, language = found
        outcome = await self._post.send(self._letter(address, language, UUID(hex=staff), date.fromisoformat(monday)))
        _log.info("the access report was handed to the mail server", status=type(outcome).__name__)
        if isinstance(outcome, RefusedRetry | Unknown) and int(tried) < _TIMES:
            await asyncio.to_thread(self._enqueue, [f"{staff}.{monday}.{int(tried) + 1}"], self._now() + _AGAIN)

    def _look(self) -> None:
        found = [f"{staff.hex}.{monday}.1" for staff, monday in readers(self._store, self._now())]
        if found:
            self._enqueue(found, None)

    def _enqueue(self, names: list[str], not_before: datetime | None) -> None:
        with self._store.installation(write=True) as session:
            for name in names:
                self._jobs.enqueue(session, ACCESS_LETTER, name, key=name.partition(".")[0], not_before=not_before)

    def _letter(self, address: str, language: str, staff: UUID, monday: date) -> EmailMessage:
        base = self._settings.public_base_url.rstrip("/")
        subject, text = letter(monday, speaking(self._settings.locales_dir, language))
        return written(
            self._settings,
            to=address,
            subject=f"{self._settings.service_name}: {subject}",
            text=f"{text}\n\n{base}/staff/admin/access?week={monday}\n" if base else f"{text}\n",
            key=f"access.{staff.hex}.{monday}",
            at=self._now(),
        )
