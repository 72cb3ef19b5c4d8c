"""``ccmm-bot channel account``: the senders of every agency, with their credentials.

A secret is read from the terminal without being shown, or as one line from standard input. It is never an option: those are seen by
everybody on the machine.
"""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer

from ccmm_bot.channels.stored import check_sender
from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store import accounts

app = typer.Typer(help="The senders of every agency, and their credentials.", no_args_is_help=True)

Channel = Annotated[ChannelKind, typer.Option("--channel", help="sms, whatsapp or telegram.")]
Sender = Annotated[str, typer.Option(help="Our own number, like +16045550100. A bot's is known from its token.")]


@app.command()
def add(
    channel: Channel,
    sender: Sender = "",
    agency: Annotated[str | None, typer.Option(help="The agency's name; not needed where there is only one.")] = None,
    new_agency: Annotated[bool, typer.Option("--new-agency", help="Make the agency, too.")] = False,
    service_name: Annotated[str, typer.Option(help="How a new agency's service calls itself in messages.")] = "",
    account_sid: Annotated[str, typer.Option(help="Twilio: the account's SID, AC….")] = "",
    api_base_url: Annotated[
        str, typer.Option(help="Scheme and host of a regional Twilio API or of your own Bot API server; empty for the usual one.")
    ] = "",
) -> None:
    """Give an agency a sender of its own, or new credentials to one it has.

    The Twilio auth token or the bot's token is asked for, or read as one line from standard input. A running service opens the
    sender at its next start.
    """
    token = _secret("Bot token" if channel is ChannelKind.TELEGRAM else "Twilio auth token")
    if channel is ChannelKind.TELEGRAM:
        credentials = {"token": token, "webhook_secret": secrets.token_urlsafe(32)}
        sender = token.partition(":")[0]
    else:
        credentials = {"account_sid": account_sid, "auth_token": token}
        sender = sender.removeprefix("whatsapp:")
    if api_base_url:
        credentials["api_base_url"] = api_base_url
    check_sender(channel, sender, credentials)
    if new_agency and not agency:
        raise ConfigurationError("A new agency needs a name: --agency.")
    with open_store() as store:
        now = SystemClock().now()
        if new_agency and agency:
            accounts.make_agency(store, name=agency, service_name=service_name or agency, now=now)
        owner = accounts.add_sender(store, agency=agency, channel=channel, account=sender, credentials=credentials, now=now)
    typer.echo(f"{channel.value} {sender} is a sender of {owner}. Restart the service to open it.")


@app.command("list")
def list_senders() -> None:
    """Show every sender: agency, channel, number or bot, whether it is active, and where its credentials are. Shows no secret."""
    with open_store() as store:
        found = [each for each in accounts.senders(store) if each.channel is not ChannelKind.CONSOLE]
    if not found:
        typer.echo("There are no senders yet. Add one: ccmm-bot channel account add --channel sms --sender +1604…")
    for each in found:
        where = "credentials in the database" if each.credentials else "credentials in the settings"
        state = f"active  {where}" if each.active else "disabled"
        typer.echo(f"{each.agency}  {each.channel.value}  {each.account}  {state}")


@app.command()
def disable(channel: Channel, sender: Annotated[str, typer.Option(help="The number, or the bot's id.")]) -> None:
    """Switch a sender off at the next start and forget its credentials. Its conversations stay."""
    with open_store() as store:
        accounts.disable_sender(store, channel=channel, account=sender.removeprefix("whatsapp:"), now=SystemClock().now())
    typer.echo("The sender is off. Restart the service to close it.")


def _secret(name: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(name, hide_input=True)).strip()
    return sys.stdin.readline().strip()
