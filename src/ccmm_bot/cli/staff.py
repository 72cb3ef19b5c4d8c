"""``ccmm-bot staff``: accounts of the people who work with the service."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ccmm_bot.casework.access import accounts
from ccmm_bot.casework.access.passwords import WeakPassword
from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Role
from ccmm_bot.web.when import bc_time

app = typer.Typer(help="Accounts of the people who work with the service.", no_args_is_help=True)

Email = Annotated[str, typer.Option(help="The address the person signs in with.")]


@app.command("create-admin")
def create_admin(email: Email, name: Annotated[str, typer.Option(help="The name colleagues know.")]) -> None:
    """Make the first account of the agency, an administrator's.

    The password is asked for twice, or read as one line from standard input. It is never an option: those are seen by everybody
    on the machine.
    """
    with open_store() as store:
        _create(store, email, name)
    typer.echo(f"Account made. Sign in at /staff as {accounts.normal_email(email)}.")


@app.command("create-operator")
def create_operator(email: Email, name: Annotated[str, typer.Option(help="The name colleagues know.")]) -> None:
    """Make an account for who runs the installation: makes agencies and connects their channels, and sees nothing of anybody.

    The password is asked for as with `create-admin`.
    """
    with open_store() as store:
        _create(store, email, name, Role.OPERATOR)
    typer.echo(f"Account made. Sign in at /staff as {accounts.normal_email(email)}.")


@app.command("list")
def list_accounts() -> None:
    """Show every account."""
    with open_store() as store:
        rows = accounts.accounts(store)
    if not rows:
        typer.echo("There are no accounts. Make one: ccmm-bot staff create-admin --email … --name …")
    for row in rows:
        state = "active" if row.active else "off"
        seen = f"last here {bc_time(row.last_seen_at)}" if row.last_seen_at else "never here"
        typer.echo(f"{row.email}  {row.name}  {row.role.value}  {state}  {seen}  {row.agency}")


@app.command()
def disable(email: Email) -> None:
    """Switch an account off; whoever is signed in with it is signed out at once."""
    with open_store() as store:
        accounts.disable(store, email, SystemClock().now())
    typer.echo("The account is off.")


def _create(store: Store, email: str, name: str, role: Role = Role.ADMINISTRATOR) -> None:
    interactive = sys.stdin.isatty()
    while True:
        try:
            accounts.create(store, email=email, name=name, password=_password(interactive), now=SystemClock().now(), role=role)
        except WeakPassword as error:
            if not interactive:
                raise
            typer.echo(str(error), err=True)
        else:
            return


def _password(interactive: bool) -> str:
    if interactive:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
