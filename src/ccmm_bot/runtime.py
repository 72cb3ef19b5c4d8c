"""Puts the service together: settings → keys, database, catalogues, dialogues, channels → the conversation's door.

Everything that runs (the web application, the worker, the command line, a test) opens a :class:`Runtime` and uses its parts. Who
sends is set by whoever starts a sender: ``runtime.receiver.on_commit``.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from ccmm_bot.casework.persons.erasure import erase_again
from ccmm_bot.channels.opening import open_channels
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.stored import StoredSender, open_stored
from ccmm_bot.clock import Clock, SystemClock
from ccmm_bot.conversation.accounts import Accounts
from ccmm_bot.conversation.archive import Archive
from ccmm_bot.conversation.directory import load_directory
from ccmm_bot.conversation.gate import gate
from ccmm_bot.conversation.help_lines import HelpLine, load_help_lines
from ccmm_bot.conversation.not_live import Waiting
from ccmm_bot.conversation.receive import Receiver
from ccmm_bot.conversation.speaking import Voice
from ccmm_bot.conversation.withholding import Withholding
from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.loader import Loaded, load_program
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.guess import likely_languages
from ccmm_bot.i18n.languages import language
from ccmm_bot.i18n.negotiation import menu_order
from ccmm_bot.i18n.reading import TypedReader
from ccmm_bot.i18n.recordings import Recordings
from ccmm_bot.i18n.review import not_live
from ccmm_bot.i18n.texts import of_front
from ccmm_bot.messages import ChannelKind
from ccmm_bot.settings import Settings
from ccmm_bot.store.accounts import senders
from ccmm_bot.store.database import Database
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.migrations import upgrade
from ccmm_bot.store.outbox import Outbox
from ccmm_bot.store.safekeeping import check_keys, open_keys
from ccmm_bot.store.seeding import seed
from ccmm_bot.store.session import Store
from ccmm_bot.store.timers import Timers

#: The one sender that needs no provider: the terminal.
CONSOLE = (ChannelKind.CONSOLE, "console")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The parts of a running service."""

    settings: Settings
    clock: Clock
    keys: KeyRing
    database: Database
    loaded: Loaded
    catalogues: Catalogues
    machine: Machine
    channels: Channels
    channel_lines: tuple[str, ...]  # what is on and what is off, one line each, for whoever starts the service
    receiver: Receiver
    outbox: Outbox
    timers: Timers
    recordings: Recordings
    help_lines: tuple[HelpLine, ...]
    agency_id: UUID  # the first agency

    @property
    def store(self) -> Store:
        """The staff side of the database."""
        return self.database.store


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, clock: Clock | None = None, channels: Channels | None = None
) -> AsyncIterator[Runtime]:
    """Open everything the settings name, bring the database up to date, seed it, and close it all at the end.

    ``channels`` replaces the ones of the settings and stays the caller's to close.

    :raises CcmmError: a setting, a dialogue, a catalogue or the key file is not as it has to be; the message says which
    """
    time = clock or SystemClock()
    loaded, catalogues, machine = load_words(settings)
    keys = await asyncio.to_thread(open_keys, settings.database_url, settings.secret_key_file, settings.key_store_url)
    lines: tuple[str, ...] = ()
    opened = channels
    if opened is None:
        opened, lines = await open_channels(settings)
    database = Database(settings.database_url, keys)
    try:
        await asyncio.to_thread(upgrade, database.engine)
        await asyncio.to_thread(check_keys, database.engine, keys, settings.secret_key_file)
        await asyncio.to_thread(erase_again, database.store, time.now())
        agency_id = await asyncio.to_thread(
            seed,
            database.store,
            agency_name=settings.agency_name,
            service_name=settings.service_name,
            accounts=[CONSOLE, *((each.kind, each.account) for each in opened)],
            now=time.now(),
        )
        if channels is None:
            lines = (*lines, *await open_stored(opened, await asyncio.to_thread(_stored, database.store), settings))
        await database.open()
        accounts = Accounts(database.runner)
        await accounts.load()
        directories = {name: load_directory(loaded.folder / f"{name}.yaml") for name in sorted(loaded.directories)}
        names = {"service_name": settings.service_name, "agency_name": settings.agency_name}
        recordings = Recordings.load(settings.audio_dir, loaded.dialogues, catalogues, names)
        waiting = _waiting(settings, loaded, catalogues, machine)
        help_lines = load_help_lines(loaded.folder)
        voice = Voice(
            machine=machine,
            archive=Archive(loaded, machine, catalogues),
            directories=directories,
            guess=likely_languages,
            waiting=waiting,
            withholding=Withholding(help_lines),
            recordings=recordings,
        )
        yield Runtime(
            settings=settings,
            clock=time,
            keys=keys,
            database=database,
            loaded=loaded,
            catalogues=catalogues,
            machine=machine,
            channels=opened,
            channel_lines=lines,
            receiver=Receiver(database.runner, keys, voice, accounts, time),
            outbox=Outbox(database.runner, keys, time, gate),
            timers=Timers(database.runner),
            recordings=recordings,
            help_lines=help_lines,
            agency_id=agency_id,
        )
    finally:
        await database.aclose()
        if channels is None:
            await opened.aclose()


def settle_in() -> None:
    """For a process that serves for long: what it has loaded by now stays, and the collector need not look through it again."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _waiting(settings: Settings, loaded: Loaded, catalogues: Catalogues, machine: Machine) -> Waiting:
    """Which languages wait for a speaker's review.

    :raises ConfigurationError: the settings name a dialogue that does not exist
    """
    judge = partial(not_live, catalogues, machine.program, loaded.dialogues)
    judge(settings.reviewed_dialogues)
    return Waiting(judge, settings.reviewed_dialogues, loaded.dialogues)


def _stored(store: Store) -> list[StoredSender]:
    return [
        StoredSender(
            channel=each.channel, account=each.account, agency=each.agency, active=each.active, credentials=each.credentials
        )
        for each in senders(store)
    ]


def load_words(settings: Settings) -> tuple[Loaded, Catalogues, Machine]:
    """The dialogues, the catalogues, and the machine that runs the ones in the languages of the other."""
    loaded = load_program(settings.dialogues_dir)
    program = loaded.require()
    catalogues = Catalogues.load(settings.locales_dir)
    chosen = {language(tag.strip()).tag for tag in settings.languages.split(",") if tag.strip()}
    whole = catalogues.offered(of_front(program, loaded.dialogues))
    tags = menu_order(tag for tag in whole if not chosen or tag in chosen)
    if not tags:
        raise ConfigurationError("CCMM_LANGUAGES names no language that is complete; see: ccmm-bot locale status")
    machine = Machine(
        program, loaded.dialogues, [Choice(id=tag, label=language(tag).autonym) for tag in tags], TypedReader(catalogues)
    )
    return loaded, catalogues, machine
