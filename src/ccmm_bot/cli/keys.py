"""``ccmm-bot keys``: which keys there are, what needs them, and changing them while the service runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.errors import CcmmError
from ccmm_bot.settings import Settings
from ccmm_bot.store import rotation
from ccmm_bot.store.datakeys import DataKeys
from ccmm_bot.store.disposal import dispose
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.safekeeping import check_keys
from ccmm_bot.store.session import Store

app = typer.Typer(help="The keys that keep personal data unreadable.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """The installation keys in the key file. Their values are never shown."""
    ring = KeyRing.load(Settings().secret_key_file)
    for number in ring.numbers:
        typer.echo(f"installation key {number}{', active' if number == ring.active else ''}")


@app.command()
def status() -> None:
    """What needs which key, and what is left to do. Changes nothing."""
    with _opened() as (store, own):
        _show(rotation.standing(store.engine, store.keys, own), own)


@app.command()
def new() -> None:
    """Add an installation key and make it the active one; a running service takes it up. Then run: keys rotate."""
    settings = Settings()
    with _opened():
        pass  # the file is this database's
    ring = KeyRing.load(settings.secret_key_file).with_new_key()
    ring.save(settings.secret_key_file, replace=True)
    typer.echo(f"Installation key {ring.active} is the active one now. Back up {settings.secret_key_file}.")
    typer.echo("Then run: ccmm-bot keys rotate")


@app.command()
def rotate(
    data_keys: Annotated[
        bool, typer.Option("--data-keys", help="Also give everybody a fresh key, and seal everything of theirs with it.")
    ] = False,
) -> None:
    """Seal with the active installation key what another one seals, while the service runs. Interrupted, run it again."""
    with _opened() as (store, own):
        _go("keys of people sealed anew", rotation.wrap_anew(store.keys, own))
        _go("given a key of their own", rotation.give_keys(store.engine, store.keys))
        _go("values sealed anew", rotation.seal_left(store.engine, store.keys))
        if data_keys or rotation.unfinished(own):
            _go("given a fresh key", rotation.renew(store.engine, store.keys, own))
        dispose(store.engine, store.keys, SystemClock().now())
        _show(rotation.standing(store.engine, store.keys, own), own)


@app.command()
def drop(number: Annotated[int, typer.Argument(help="Of an installation key that nothing needs any more.")]) -> None:
    """Remove an older installation key from the key file; refused while anything needs it."""
    settings = Settings()
    with _opened() as (store, own):
        left = KeyRing.load(settings.secret_key_file).without(number)
        needed = rotation.standing(store.engine, store.keys, own).needed(number)
        if needed:
            raise CcmmError(f"Installation key {number} is needed: it seals {needed} keys and values. Run: ccmm-bot keys rotate")
        left.save(settings.secret_key_file, replace=True)
    typer.echo(f"Installation key {number} is gone. Backups from the time before it was replaced open only with a copy of it.")


@contextmanager
def _opened() -> Iterator[tuple[Store, DataKeys]]:
    with open_store() as store:
        own = store.keys.own
        if not isinstance(own, DataKeys):
            raise CcmmError("There is no key store.")
        check_keys(store.engine, store.keys, Settings().secret_key_file)
        yield store, own


def _go(what: str, steps: Iterator[int]) -> None:
    """Run the steps, and say how far they are: at the first, and where the number has doubled."""
    done, said = 0, 0
    for done in steps:
        if done >= max(2 * said, 1):
            typer.echo(f"{done} {what} …")
            said = done
    typer.echo(f"{done} {what}")


def _show(found: rotation.Standing, own: DataKeys) -> None:
    for number in sorted({*found.numbers, *found.people, *found.values}):
        active = ", active" if number == found.active else ""
        missing = "" if number in found.numbers else ", NOT IN THE KEY FILE"
        people, values = found.people.get(number, 0), found.values.get(number, 0)
        typer.echo(f"installation key {number}{active}{missing}: seals {people} keys of people and {values} values")
        if number in found.numbers and not active and not found.needed(number):
            typer.echo(f"  nothing needs it; it can be removed: ccmm-bot keys drop {number}")
    typer.echo(f"without a key of their own: {found.without_own}; values that are not sealed with it yet: {found.left}")
    typer.echo(f"keys waiting to be destroyed: {found.waiting}; destroyed so far: {found.destroyed}")
    if rotation.unfinished(own):
        typer.echo("Giving everybody a fresh key was interrupted. Go on with: ccmm-bot keys rotate")
