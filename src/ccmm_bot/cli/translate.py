"""``ccmm-bot translate``: the models that translate for staff what people write. Nothing is ever downloaded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.settings import Settings
from ccmm_bot.translation import packages
from ccmm_bot.translation.argos import ArgosTranslator, is_approximate, is_there

app = typer.Typer(help="Machine translation of what people write, for staff to read.", no_args_is_help=True)

#: What staff read.
_READ = ("en", "fr")


@app.command()
def install(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A package of a model, as .argosmodel.")],
) -> None:
    """Install a model from a file you have. A running service uses it at once, also for messages that waited for one."""
    package = packages.install(Settings().translation_dir, file)
    typer.echo(f"Installed {package.label}.")
    _hint()


@app.command(name="list")
def list_() -> None:
    """List the models, and which of the service's languages staff can read through them."""
    folder = Settings().translation_dir
    found = packages.installed(folder)
    for package in found:
        typer.echo(package.label)
    if not found:
        typer.echo("No model is installed. Staff read the original, and are told which colleagues speak its language.")
    translator = ArgosTranslator(folder)
    for target in _READ:
        tags = [each.tag for each in LANGUAGES if each.tag != target and translator.can(each.tag, target)]
        if tags:
            typer.echo(f"into {target}: " + ", ".join(f"{tag} (approximate)" if is_approximate(tag) else tag for tag in tags))
    _hint()


@app.command()
def check() -> None:
    """Load every model and have it translate a word. Ends with 1 where one fails, or where the library is missing."""
    folder = Settings().translation_dir
    if not is_there():
        raise CcmmError("The library is not installed. In a checkout: scripts/setup --translate")
    found = packages.installed(folder)
    if not found:
        raise CcmmError("No model is installed: ccmm-bot translate install FILE.argosmodel")
    broken = False
    translator = ArgosTranslator(folder)
    for package in found:
        began = time.perf_counter()
        works = translator.works(package, _word(package.source))
        took = time.perf_counter() - began
        broken = broken or not works
        typer.echo(f"{package.label}: {'ok' if works else 'error'} ({took:.1f} s)")
    if broken:
        raise typer.Exit(1)


@app.command()
def remove(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The language it translates from, as the list shows it.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The language it translates into.")],
) -> None:
    """Remove a model. What it has translated stays."""
    if not packages.remove(Settings().translation_dir, source, target):
        raise CcmmError("There is no such model. The installed ones: ccmm-bot translate list")
    typer.echo(f"Removed {source}-{target}.")


def _word(code: str) -> str:
    """The language's name in its own words: something every model has seen."""
    return next((each.autonym for each in LANGUAGES if each.tag == code), "OK")


def _hint() -> None:
    if not is_there():
        typer.echo("The library that uses models is not installed. In a checkout: scripts/setup --translate")
