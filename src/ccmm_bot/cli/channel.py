"""``ccmm-bot channel``: setting senders up, trying them out, and inviting people to write to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from ccmm_bot.casework.inviting import invitations
from ccmm_bot.casework.inviting.invitation_links import Sender, links
from ccmm_bot.casework.inviting.posters import pdf, svg
from ccmm_bot.casework.inviting.posters.content import compose
from ccmm_bot.casework.inviting.posters.layout import lay_out
from ccmm_bot.channels import senders as ours
from ccmm_bot.channels.checks import Check, all_well
from ccmm_bot.channels.telegram import setup as telegram_setup
from ccmm_bot.channels.telegram.front import fronts
from ccmm_bot.channels.twilio import setup as twilio_setup
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.cli import channel_account, channel_reconcile, channel_templates
from ccmm_bot.cli.channel_following import Followed, follow
from ccmm_bot.conversation.invitation_codes import sentence, written
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import language as known_language
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.accounts import agency_of

app = typer.Typer(help="Set channels up, try them out, invite people.", no_args_is_help=True)
app.add_typer(channel_templates.app, name="templates")
app.add_typer(channel_account.app, name="account")
app.command("reconcile")(channel_reconcile.reconcile)


class Provider(StrEnum):
    """Whom to set up."""

    TELEGRAM = "telegram"
    TWILIO = "twilio"


Language = Annotated[str | None, typer.Option(help="A language's tag: ti, ar, prs ...")]
Agency = Annotated[str | None, typer.Option(help="The agency's name; not needed where there is only one.")]


@app.command("list")
def list_channels() -> None:
    """Show every sender of this installation, whose it is, and whether it is on."""
    asyncio.run(_list())


async def _list() -> None:
    async with open_runtime(Settings()) as runtime:
        for line in runtime.channel_lines:
            typer.echo(line)
        for row in await asyncio.to_thread(ours.accounts, runtime.store):
            on = runtime.channels.get(row.channel, row.account) is not None
            state = "on" if on else "off" if row.channel is not ChannelKind.CONSOLE else "the terminal"
            typer.echo(f"{row.channel.value:<9} {row.account:<34} {state:<12} {row.agency}")


@app.command("setup")
def setup(
    provider: Annotated[Provider, typer.Argument(help="telegram or twilio (SMS and WhatsApp).")],
    account: Annotated[str | None, typer.Option(help="The bot's id or the account's SID; the first one by default.")] = None,
    agency: Annotated[str | None, typer.Option(help="The agency whose bot or account it is, by its name.")] = None,
) -> None:
    """Set webhooks, menus and descriptions at the provider, and check that messages can come in and go out.

    Says of each thing whether it is as it should be, and how to mend what is not. Running it again changes nothing that is right.
    Exit status 1 when something is wrong. Let `ccmm-bot serve` run beside it: the check goes through the public address.
    """
    if not all_well(asyncio.run(_setup(provider, account, agency))):
        raise typer.Exit(1)


async def _setup(provider: Provider, account: str | None, agency: str | None) -> list[Check]:
    async with open_runtime(Settings()) as runtime:
        now = runtime.clock.now()
        mine = None if agency is None else set(await asyncio.to_thread(_senders_of, runtime, agency))
        match provider:
            case Provider.TELEGRAM:
                bots = (each for each in runtime.channels.bots() if mine is None or (each.kind, each.account) in mine)
                bot = next((each for each in bots if account in (None, each.account)), None)
                if bot is None:
                    raise _off(runtime, "Telegram", agency)
                checks = await telegram_setup.set_up(bot, fronts(runtime.catalogues), now=now)
            case Provider.TWILIO:
                found = runtime.channels.twilio(account) if mine is None else _twilio_of(runtime, mine, account)
                if not found:
                    raise _off(runtime, "SMS", agency)
                checks = [check for each in found for check in await twilio_setup.set_up(each, now=now)]
    for check in checks:
        typer.echo(str(check))
    return checks


def _senders_of(runtime: Runtime, agency: str) -> list[tuple[ChannelKind, str]]:
    return ours.of_agency(runtime.store, agency_of(runtime.store, agency)[0])


def _twilio_of(runtime: Runtime, mine: set[tuple[ChannelKind, str]], account: str | None) -> tuple[TwilioAccount, ...]:
    """The Twilio accounts of an agency's senders, each once."""
    found = (runtime.channels.twilio_of(kind, name) for kind, name in sorted(mine) if kind is not ChannelKind.TELEGRAM)
    return tuple(dict.fromkeys(each for each in found if each is not None and account in (None, each.account_sid)))


def _off(runtime: Runtime, label: str, agency: str | None) -> CcmmError:
    if agency is not None:
        return CcmmError(f"{label}: no such account of {agency} is on. Run: ccmm-bot channel list")
    return CcmmError(next((line for line in runtime.channel_lines if line.startswith(label)), f"{label}: no such account is on."))


@app.command("test")
def try_out(
    to: Annotated[str, typer.Option(help="A phone number (+1604...), or a Telegram chat id: best your own.")],
    channel: Annotated[ChannelKind, typer.Option(help="sms, whatsapp or telegram.")] = ChannelKind.SMS,
    language: Language = "en",
    agency: Agency = None,
    wait: Annotated[float, typer.Option(min=1, max=600, help="How many seconds to wait for the receipt.")] = 60,
) -> None:
    """Send a test message the way every message goes, and follow it until it is delivered or refused."""
    followed = asyncio.run(_test(to, channel, language or "en", agency, wait))
    typer.echo(followed.says)
    if not followed.good:
        raise typer.Exit(1)


async def _test(to: str, channel: ChannelKind, language: str, agency: str | None, wait: float) -> Followed:
    known_language(language)
    async with open_runtime(Settings()) as runtime:
        owner, _ = await asyncio.to_thread(agency_of, runtime.store, agency)
        return await follow(runtime, owner, channel, to, language, within_s=wait, say=typer.echo)


@app.command()
def invite(
    person: Annotated[str | None, typer.Option(help="The person's code (K7-4F2Q); without it, somebody new.")] = None,
    language: Language = None,
    agency: Agency = None,
    expires: Annotated[int, typer.Option(min=1, max=invitations.LONGEST.days, help="For how many days the code works.")] = 14,
) -> None:
    """Make a code that one person can use once, and print it with links for every channel that is on.

    The code is shown this one time. It connects whoever sends it to the person's record, and tells that phone nothing.
    Earlier codes of the same person stop working.
    """
    asyncio.run(_invite(person, language, agency, timedelta(days=expires)))


async def _invite(person: str | None, language: str | None, of: str | None, valid_for: timedelta) -> None:
    async with _speaking(of) as (runtime, (agency, _), senders):
        store, now = runtime.store, runtime.clock.now()
        if person is None:
            person = await asyncio.to_thread(invitations.add_person, store, agency_id=agency, language=language, now=now)
            typer.echo(f"New person: {person}")
        key = await asyncio.to_thread(invitations.person_by_code, store, agency, person)
        made = await asyncio.to_thread(
            lambda: invitations.invite(store, agency_id=agency, person_id=key, language=language, valid_for=valid_for, now=now)
        )
    typer.echo(f"Code: {written(made.code)}  (works once, until {made.expires_at:%Y-%m-%d})")
    typer.echo(f"To send by hand: {sentence(made.code)}")
    for link in links(senders, made.code):
        typer.echo(f"{link.channel.value:<9} {link.sender:<20} {link.address}")


@app.command()
def poster(
    language: Annotated[str, typer.Option(help="A language's tag: ti, ar, prs ...")],
    output: Annotated[Path, typer.Option(help="The file to write: poster.pdf or poster.svg.")],
    agency: Agency = None,
    expires: Annotated[int, typer.Option(min=1, max=1000, help="For how many days its squares work.")] = 365,
) -> None:
    """Write a poster for the wall: what the service is, and squares to scan, in one language, on letter paper."""
    if output.suffix.lower() not in (".pdf", ".svg"):
        raise CcmmError("The file's name has to end in .pdf or .svg.")
    asyncio.run(_poster(language, output, agency, timedelta(days=expires)))
    typer.echo(f"{output}: written")


async def _poster(language: str, output: Path, of: str | None, valid_for: timedelta) -> None:
    async with _speaking(of) as (runtime, (agency, name), senders):
        store, now = runtime.store, runtime.clock.now()
        chosen = known_language(language)
        small = f"{chosen.english_name} · {now:%Y-%m-%d} · squares work until {now + valid_for:%Y-%m-%d}"
        draft = compose(runtime.catalogues, language, links(senders, invitations.new_code(), language), agency=name, small=small)
        made = await asyncio.to_thread(
            lambda: invitations.poster(store, agency_id=agency, language=language, valid_for=valid_for, now=now)
        )
        final = compose(runtime.catalogues, language, links(senders, made.code, language), agency=name, small=draft.small)
        page = lay_out(final)
        content = pdf.draw(page, now) if output.suffix.lower() == ".pdf" else svg.draw(page).encode()
        try:
            await asyncio.to_thread(output.write_bytes, content)
        except OSError as error:
            raise CcmmError(f"{output} cannot be written: {error.strerror}.") from None


@asynccontextmanager
async def _speaking(name: str | None) -> AsyncIterator[tuple[Runtime, tuple[UUID, str], tuple[Sender, ...]]]:
    """The service, one agency (its id and name), and its senders as the outside knows them."""
    async with open_runtime(Settings()) as runtime:
        agency = await asyncio.to_thread(agency_of, runtime.store, name)
        public = await ours.public(runtime.channels, await asyncio.to_thread(ours.of_agency, runtime.store, agency[0]))
        yield runtime, agency, tuple(Sender(channel=kind, public=each) for kind, each in public)
