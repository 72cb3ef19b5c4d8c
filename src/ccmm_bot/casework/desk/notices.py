"""Notices to staff on their way out. What they say is nothing about anybody: something waits, and where to read it.

At least once, with a Message-ID of our own: before a notice goes to the mail server its next try is written down, so that a crash
in between is followed by another try and not by silence. Where the outcome is unknown (the connection broke before the server had
answered) it is tried again as well, under the same Message-ID, by which mail programs show one message once. A notice whose flag
somebody has resolved meanwhile is dropped.

Whoever has linked her own Telegram is told of urgent flags there as well: a notice of its own, with the same promises. Telegram
knows no id of ours, so that after a broken connection the same line may come twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import NullTranslations
from typing import Any, Final
from uuid import UUID

from ccmm_bot.logs import get_logger
from ccmm_bot.messages import RefusedFinal, RefusedRetry, SendOutcome, Sent, Unknown
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_time, as_uuid
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.tables import Role

_log = get_logger(__name__)

#: The recipient that is no account: the agency's on-call contact.
ON_CALL: Final = "on_call"
_BY_CHAT: Final = "tg:"
#: What a notice says: an urgent flag was raised.
RAISED: Final = "raised"
#: A high flag was raised.
RAISED_HIGH: Final = "raised_high"
#: Somebody was opened by a colleague whose she is not.
OPENED: Final = "opened"
#: So the kind of a morning's digest begins; the day follows.
DIGEST: Final = "digest_"

#: A notice being handed over is left alone for so long; longer than any conversation with a mail server takes.
LEASE: Final = timedelta(seconds=60)
#: After this a notice is given up; the flag itself has gone up by then.
GIVE_UP: Final = timedelta(days=2)
_FIRST_DELAY: Final = timedelta(seconds=5)
_LONGEST_DELAY: Final = timedelta(minutes=15)

#: Written by whoever has something to say about a flag: id, agency, flag, kind, recipient, when to tell, and once more.
NOTICE: Final = (
    "INSERT INTO notification (id, agency_id, flag_id, kind, recipient, status, attempts, next_at, created_at) "
    "VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?) ON CONFLICT (flag_id, kind, recipient) DO NOTHING"
)
_DUE: Final = (
    "SELECT n.id, n.flag_id, n.kind, n.recipient, n.attempts, n.created_at, f.status, a.on_call_email, n.agency_id "
    "FROM notification n "
    "JOIN flag f ON f.id = n.flag_id JOIN agency a ON a.id = n.agency_id "
    "WHERE n.status = 'pending' AND n.next_at <= ? "
    "AND ((? AND substr(n.recipient, 1, 3) <> 'tg:') OR (? AND substr(n.recipient, 1, 3) = 'tg:')) ORDER BY n.next_at LIMIT ?"
)
_CHAT: Final = "SELECT telegram_chat, interface_language FROM staff WHERE id = ? AND active AND telegram_chat IS NOT NULL"
_GONE: Final = "UPDATE staff SET telegram_chat = NULL WHERE id = ?"
_READER: Final = "SELECT email, interface_language, role FROM staff WHERE id = ? AND active"
#: What a digest is about: flags of her own; for those who lead, also flags that are nobody's.
_OPEN: Final = (
    "SELECT count(*) FROM flag f WHERE f.agency_id = ? AND f.status = 'open' AND (f.assigned_to = ? OR (? AND NOT EXISTS "
    "(SELECT 1 FROM staff s WHERE s.id = f.assigned_to AND s.active)))"
)
_LEADS: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_CLAIM: Final = (
    "UPDATE notification SET next_at = ?, attempts = attempts + 1 WHERE id = ? AND status = 'pending' AND attempts = ? RETURNING id"
)
_SETTLE: Final = "UPDATE notification SET status = ?, error_code = ?, settled_at = ? WHERE id = ? AND status = 'pending'"
_LATER: Final = "UPDATE notification SET next_at = ?, error_code = ? WHERE id = ? AND status = 'pending'"


def level_kind(level: int) -> str:
    """What a notice of an escalation is called."""
    return f"level_{level}"


def by_chat(staff: str) -> str:
    """The recipient that is somebody's own Telegram."""
    return f"{_BY_CHAT}{staff}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One e-mail, or one line by Telegram, to write. ``reference`` names the flag without saying anything about it."""

    id: UUID
    kind: str
    to: str  # an address, or a chat with ``bot``
    bot: str | None = None
    reader: UUID | None = None  # whose chat it is
    reference: str
    language: str = "en"  # of the reader's pages
    flags: int = 1  # how many a digest is about
    attempts: int  # this one included
    created_at: datetime


def words(notice: Notice, speaks: NullTranslations) -> tuple[str, str, str]:
    """What a notice says, how its reference is called, and where to look where we have no address to give; in the language of
    ``speaks``, the catalogue of the staff pages."""
    return _says(notice, speaks), speaks.gettext("Reference"), speaks.gettext("Sign in to the staff pages.")


def _says(notice: Notice, speaks: NullTranslations) -> str:
    if notice.kind == RAISED:
        return speaks.gettext("An urgent flag waits.")
    if notice.kind == RAISED_HIGH:
        return speaks.gettext("A flag waits that needs somebody within a working day.")
    if notice.kind.startswith(DIGEST):
        return speaks.ngettext("%(n)s flag is open.", "%(n)s flags are open.", notice.flags) % {"n": notice.flags}
    if notice.kind == OPENED:
        return speaks.gettext("Somebody was opened by a colleague, with a reason.")
    return speaks.gettext("A flag is overdue.")


class Notices:
    """The table ``notification``, for whoever sends."""

    def __init__(self, runner: Runner, now: Callable[[], datetime], keys: KeyRing | None = None) -> None:
        self._runner = runner
        self._now = now
        self._keys = keys

    async def claim(self, limit: int = 20, *, mail: bool = True) -> list[Notice]:
        """Notices to hand over now, the oldest first. Each is ours for :data:`LEASE`.

        ``mail``: whether there is a mail server. Lines by Telegram are among them where there are keys to open a chat with.
        """
        return await self._runner.across(lambda: self._claim(limit, mail))

    async def settle(self, notice: Notice, outcome: SendOutcome) -> None:
        """Write down what became of one."""
        await self._runner.across(lambda: self._settle(notice, outcome))

    def _claim(self, limit: int, mail: bool) -> Work[list[Notice]]:
        now = self._now()
        rows: Rows = yield Query(_DUE, (now, mail, self._keys is not None, limit), lock="n")
        mine: list[Notice] = []
        for row in rows:
            notice = yield from self._claim_one(row, now)
            if notice is not None:
                mine.append(notice)
        return mine

    def _claim_one(self, row: Sequence[Any], now: datetime) -> Work[Notice | None]:
        key, flag, kind, recipient, attempts, created, flag_status, on_call, agency = row
        notice = as_uuid(key)
        address, language, leads, flags = on_call, "en", False, int(flag_status == "open")
        bot = reader = None
        if recipient.startswith(_BY_CHAT):
            reader = as_uuid(recipient.removeprefix(_BY_CHAT))
            chats: Rows = yield Query(_CHAT, (reader,))
            address, language = (self._open(chats[0][0]), chats[0][1]) if chats else ("", "en")
            bot, _, address = address.partition("/")
        elif recipient != ON_CALL:
            readers: Rows = yield Query(_READER, (as_uuid(recipient),))
            address, language, role = readers[0] if readers else (None, "en", None)
            leads = role in _LEADS
        if kind.startswith(DIGEST):
            open_: Rows = yield Query(_OPEN, (as_uuid(agency), as_uuid(recipient), leads))
            flags = open_[0][0]
        if not flags:
            yield Query(_SETTLE, ("dropped", None, now, notice))
            return None
        if not address:
            yield Query(_SETTLE, ("failed", "no_address", now, notice))
            return None
        claimed: Rows = yield Query(_CLAIM, (now + LEASE, notice, attempts))
        if not claimed:
            return None
        reference = as_uuid(flag).hex[-8:].upper()  # the random end of the id
        return Notice(
            id=notice,
            kind=kind,
            to=address,
            bot=bot,
            reader=reader,
            reference=reference,
            attempts=attempts + 1,
            created_at=as_time(created),
            language=language,
            flags=flags,
        )

    def _open(self, sealed: bytes) -> str:
        assert self._keys is not None, "without keys no chat is claimed"  # noqa: S101
        return self._keys.open_text(b"staff.telegram_chat", bytes(sealed))

    def _settle(self, notice: Notice, outcome: SendOutcome) -> Work[None]:
        now = self._now()
        if isinstance(outcome, RefusedFinal) and outcome.opted_out and notice.reader is not None:
            yield Query(_GONE, (notice.reader,))  # she has blocked the bot: her account page offers to link it again
        match outcome:
            case Sent():
                yield Query(_SETTLE, ("sent", None, now, notice.id))
            case RefusedFinal(code=code):
                _log.error("a notice was refused for good", notice=notice.id, code=code)
                yield Query(_SETTLE, ("failed", code[:64], now, notice.id))
            case RefusedRetry() | Unknown() if now - notice.created_at > GIVE_UP:
                _log.error("a notice was given up", notice=notice.id)
                yield Query(_SETTLE, ("failed", "too_long", now, notice.id))
            case RefusedRetry(code=code):
                yield Query(_LATER, (now + delay(notice.attempts), code[:64], notice.id))
            case Unknown(reason=reason):
                yield Query(_LATER, (now + delay(notice.attempts), reason[:64], notice.id))


def delay(attempts: int) -> timedelta:
    """How long until the next try, after so many."""
    return min(_FIRST_DELAY * float(2 ** min(attempts - 1, 10)), _LONGEST_DELAY)
