"""``ccmm-bot channel``: setting senders up, trying them out, and inviting people to write to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.casework import invitations
from ccmm_bot.casework.invitation_links import Sender, links
from ccmm_bot.casework.posters import pdf, svg
from ccmm_bot.casework.posters.content import compose
from ccmm_bot.casework.posters.layout import lay_out
from ccmm_bot.channels import senders as ours
from ccmm_bot.channels.checks import Check, all_well
from ccmm_bot.channels.telegram import setup as telegram_setup
from ccmm_bot.channels.telegram.front import fronts
from ccmm_bot.channels.twilio import setup as twilio_setup
from ccmm_bot.cli import channel_account, channel_templates
from ccmm_bot.cli.channel_following import Followed, follow
from ccmm_bot.conversation.invitation_codes import sentence, written
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import language as known_language
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings

app = typer.Typer(help="Set channels up, try them out, invite people.", no_args_is_help=True)
app.add_typer(channel_templates.app, name="templates")
app.add_typer(channel_account.app, name="account")


class Provider(StrEnum):
    """Whom to set up."""

    TELEGRAM = "telegram"
    TWILIO = "twilio"


Language = Annotated[str | None, typer.Option(help="A language's tag: ti, ar, prs ...")]


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
) -> None:
    """Set webhooks, menus and descriptions at the provider, and check that messages can come in and go out.

    Says of each thing whether it is as it should be, and how to mend what is not. Running it again changes nothing that is right.
    Exit status 1 when something is wrong. Let `ccmm-bot serve` run beside it: the check goes through the public address.
    """
    if not all_well(asyncio.run(_setup(provider, account))):
        raise typer.Exit(1)


async def _setup(provider: Provider, account: str | None) -> list[Check]:
    async with open_runtime(Settings()) as runtime:
        now = runtime.clock.now()
        match provider:
            case Provider.TELEGRAM:
                bot = runtime.channels.telegram(account)
                if bot is None:
                    raise _off(runtime, "Telegram")
                checks = await telegram_setup.set_up(bot, fronts(runtime.catalogues), now=now)
            case Provider.TWILIO:
                found = runtime.channels.twilio(account)
                if not found:
                    raise _off(runtime, "SMS")
                checks = [check for each in found for check in await twilio_setup.set_up(each, now=now)]
    for check in checks:
        typer.echo(str(check))
    return checks


def _off(runtime: Runtime, label: str) -> CcmmError:
    return CcmmError(next((line for line in runtime.channel_lines if line.startswith(label)), f"{label}: no such account is on."))


@app.command("test")
def try_out(
    to: Annotated[str, typer.Option(help="A phone number (+1604...), or a Telegram chat id: best your own.")],
    channel: Annotated[ChannelKind, typer.Option(help="sms, whatsapp or telegram.")] = ChannelKind.SMS,
    language: Language = "en",
    wait: Annotated[float, typer.Option(min=1, max=600, help="How many seconds to wait for the receipt.")] = 60,
) -> None:
    """Send a test message the way every message goes, and follow it until it is delivered or refused."""
    followed = asyncio.run(_test(to, channel, language or "en", wait))
    typer.echo(followed.says)
    if not followed.good:
        raise typer.Exit(1)


async def _test(to: str, channel: ChannelKind, language: str, wait: float) -> Followed:
    known_language(language)
    async with open_runtime(Settings()) as runtime:
        return await follow(runtime, channel, to, language, within_s=wait, say=typer.echo)


@app.command()
def invite(
    person: Annotated[str | None, typer.Option(help="The person's code (K7-4F2Q); without it, somebody new.")] = None,
    language: Language = None,
    expires: Annotated[int, typer.Option(min=1, max=invitations.LONGEST.days, help="For how many days the code works.")] = 14,
) -> None:
    """Make a code that one person can use once, and print it with links for every channel that is on.

    The code is shown this one time. It connects whoever sends it to the person's record, and tells that phone nothing.
    Earlier codes of the same person stop working.
    """
    asyncio.run(_invite(person, language, timedelta(days=expires)))


async def _invite(person: str | None, language: str | None, valid_for: timedelta) -> None:
    async with _speaking() as (runtime, senders):
        store, agency, now = runtime.store, runtime.agency_id, runtime.clock.now()
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
    expires: Annotated[int, typer.Option(min=1, max=1000, help="For how many days its squares work.")] = 365,
) -> None:
    """Write a poster for the wall: what the service is, and squares to scan, in one language, on letter paper."""
    if output.suffix.lower() not in (".pdf", ".svg"):
        raise CcmmError("The file's name has to end in .pdf or .svg.")
    asyncio.run(_poster(language, output, timedelta(days=expires)))
    typer.echo(f"{output}: written")


async def _poster(language: str, output: Path, valid_for: timedelta) -> None:
    async with _speaking() as (runtime, senders):
        store, agency, now = runtime.store, runtime.agency_id, runtime.clock.now()
        chosen = known_language(language)
        name = await asyncio.to_thread(ours.agency_name, store, agency)
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
async def _speaking() -> AsyncIterator[tuple[Runtime, tuple[Sender, ...]]]:
    """The service, and its agency's senders as the outside knows them."""
    async with open_runtime(Settings()) as runtime:
        public = await ours.public(runtime.channels, await asyncio.to_thread(ours.of_agency, runtime.store, runtime.agency_id))
        yield runtime, tuple(Sender(channel=kind, public=name) for kind, name in public)
