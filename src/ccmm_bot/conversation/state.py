"""Reading where a conversation stands, in one query, by the address that wrote or by its id."""

# ruff: noqa: S608 - statements are put together from constants of this module, never from data

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ccmm_bot.conversation.snapshot import Snapshot, open_snapshot
from ccmm_bot.dialogue.session import Session
from ccmm_bot.followup.hours import SafeHours, safe_hours
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.store.hot.work import Query, as_id, as_time
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.types import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One of our senders, whose it is, and how its agency is called."""

    id: str  # ids here are 32 hexadecimal digits
    agency_id: str
    channel: ChannelKind
    account: str
    agency_name: str
    service_name: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a conversation stands. ``version`` 0: it does not exist yet, and the ids are the ones it will get."""

    account: Account
    conversation_id: str
    contact_point_id: str
    person_id: str
    version: int
    last_seq: int
    snapshot: Snapshot
    human_since: datetime | None
    opted_out: bool
    address_hash: bytes
    user_hash: bytes | None
    never: bool  # staff marked the contact point: never write there first
    where: bytes | str  # the address; sealed, as long as nobody asks for it
    initials: str
    require_reviewed: str = ""  # the agency's: dialogues a speaker must have read, separated by commas
    safe: SafeHours | None = None  # outside of these hours we start nothing
    invited: bool = False  # a new conversation of a person who exists already
    person_key: str | None = None  # whose key seals what is said here; ``None``: she has none yet
    contact_key: str | None = None  # the contact point's own
    known_point: bool = False  # a new conversation at a contact point of which only the hash was left: its owner was erased

    def address(self, keys: KeyRing) -> str:
        """Where our messages go."""
        return self.where if isinstance(self.where, str) else keys.open_text(b"contact_point.address", self.where)

    @property
    def new(self) -> bool:
        """Whether the person writes for the first time."""
        return self.version == 0


_COLUMNS: Final = """
c.id, c.contact_point_id, c.person_id, c.version, c.last_seq, c.snapshot, c.human_since, cp.opted_out_at, cp.safety, cp.address,
p.name, cp.address_hash, cp.external_user_hash, cp.safe_from, cp.safe_until, g.require_reviewed, p.data_key, cp.data_key,
cp.id
"""
#: The message itself, if it came before: to the sender's conversation, or to the one the address belonged to then.
_BEFORE: Final = """
COALESCE(i.id, (
 SELECT b.id FROM former_address f JOIN conversation t ON t.contact_point_id = f.contact_point_id
 JOIN inbound b ON b.conversation_id = t.id AND b.provider_message_id = ?
 WHERE f.account_id = ? AND f.address_hash = ? LIMIT 1))
"""
_BY_ADDRESS: Final = f"""
SELECT {_BEFORE}, {_COLUMNS}
FROM (SELECT 1 AS one) AS anyone
LEFT JOIN contact_point cp ON cp.account_id = ? AND cp.address_hash = ?
LEFT JOIN conversation c ON c.contact_point_id = cp.id
LEFT JOIN inbound i ON i.conversation_id = c.id AND i.provider_message_id = ?
LEFT JOIN person p ON p.id = c.person_id
LEFT JOIN agency g ON g.id = ?
"""

_BY_ADDRESS_OR_USER: Final = f"""
SELECT {_BEFORE}, {_COLUMNS}
FROM (SELECT 1 AS one) AS anyone
LEFT JOIN contact_point cp ON cp.account_id = ? AND (cp.address_hash = ? OR cp.external_user_hash = ?)
LEFT JOIN conversation c ON c.contact_point_id = cp.id
LEFT JOIN inbound i ON i.conversation_id = c.id AND i.provider_message_id = ?
LEFT JOIN person p ON p.id = c.person_id
LEFT JOIN agency g ON g.id = ?
ORDER BY CASE WHEN cp.external_user_hash = ? THEN 0 ELSE 1 END
"""

_BY_ID: Final = f"""
SELECT a.id, {_COLUMNS}
FROM conversation c
JOIN contact_point cp ON cp.id = c.contact_point_id
JOIN channel_account a ON a.id = cp.account_id
JOIN person p ON p.id = c.person_id
JOIN agency g ON g.id = a.agency_id
WHERE c.id = ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashes:
    """How the sender of a message is found without keeping the address in clear."""

    address: bytes
    user: bytes | None


def hashes(keys: KeyRing, message: InboundMessage) -> Hashes:
    """The keyed hashes of the message's sender."""
    user = message.external_user_id
    return Hashes(address=keys.lookup(b"address", message.sender), user=None if user is None else keys.lookup(b"user", user))


def by_sender(account: Account, provider_message_id: str, found: Hashes) -> Query:
    """In each row, whether the message came before (its id), and the sender's conversation; at least one row.

    Two rows come where the business-scoped id and the number belong to two contact points; the id's row is the first, for it
    names the person and the number does not.
    """
    params = (provider_message_id, account.id, found.address, account.id, found.address)
    if found.user is None:
        return Query(_BY_ADDRESS, (*params, provider_message_id, account.agency_id))
    return Query(_BY_ADDRESS_OR_USER, (*params, found.user, provider_message_id, account.agency_id, found.user))


def by_id(conversation_id: str) -> Query:
    """A conversation, its account's id in front; no row where there is none."""
    return Query(_BY_ID, (conversation_id,))


def standing(keys: KeyRing, account: Account, row: Sequence[Any]) -> Standing:
    """From the conversation's part of a row."""
    return Standing(
        account=account,
        conversation_id=as_id(row[0]),
        contact_point_id=as_id(row[1]),
        person_id=as_id(row[2]),
        version=row[3],
        last_seq=row[4],
        snapshot=open_snapshot(keys, bytes(row[5])),
        human_since=None if row[6] is None else as_time(row[6]),
        opted_out=row[7] is not None,
        never=row[8] == "never",
        where=bytes(row[9]),
        address_hash=bytes(row[11]),
        user_hash=None if row[12] is None else bytes(row[12]),
        initials="" if row[10] is None else _initials(keys.open_text(b"person.name", bytes(row[10]))),
        require_reviewed=row[15],
        safe=safe_hours(row[13], row[14]),
        person_key=None if row[16] is None else as_id(row[16]),
        contact_key=None if row[17] is None else as_id(row[17]),
    )


def newcomer(keys: KeyRing, account: Account, address: str, found: Hashes, row: Sequence[Any]) -> Standing:
    """Somebody who writes for the first time. ``row``: the conversation's part of the row, with nothing but the agency's in it, or
    what is left of a contact point whose owner had stopped our messages and was erased: that stands."""
    known = row[18] is not None
    return Standing(
        account=account,
        conversation_id=new_id(),
        contact_point_id=as_id(row[18]) if known else new_id(),
        person_id=new_id(),
        version=0,
        last_seq=0,
        snapshot=Snapshot(session=Session()),
        human_since=None,
        opted_out=row[7] is not None,
        never=row[8] == "never",
        where=address,
        address_hash=found.address,
        user_hash=found.user,
        initials="",
        require_reviewed=row[15],
        person_key=keys.take(),
        contact_key=keys.take(),
        known_point=known,
    )


def _initials(name: str) -> str:
    """Enough to know oneself by on a shared phone: "A. B."."""
    return " ".join(f"{word[0].upper()}." for word in name.split()[:3])
