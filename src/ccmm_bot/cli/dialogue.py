"""``ccmm-bot dialogue``: what an author of dialogues needs."""

from __future__ import annotations

import json
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ccmm_bot.cli import dialogue_check, dialogue_walk, dialogue_xlsform, recordings
from ccmm_bot.cli.authoring import Workbench, open_workbench
from ccmm_bot.clock import SystemClock
from ccmm_bot.dialogue import diagram
from ccmm_bot.dialogue.findings import did_you_mean
from ccmm_bot.dialogue.model import Dialogue
from ccmm_bot.dialogue.schema import dialogue_schema, instrument_schema, options_schema, program_schema
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.messages import ChannelKind

app = typer.Typer(help="For authors of dialogues: check, graph, walk, schema, xlsform.", no_args_is_help=True)

app.command()(recordings.recordings)
app.add_typer(dialogue_xlsform.app, name="xlsform")

_Dialogues = Annotated[Path | None, typer.Option("--dialogues", help="Folder of the dialogues.", show_default=False)]
_Locales = Annotated[Path | None, typer.Option("--locales", help="Folder of the catalogues.", show_default=False)]
_Name = Annotated[str, typer.Argument(metavar="ID", help="The dialogue's id: the name of its file.")]

#: Exit codes: the dialogues are not sound; the command could not be carried out.
UNSOUND, UNABLE = 1, 2


@app.command()
def check(
    language: Annotated[
        list[str] | None, typer.Option(help="Only this language, and every text it lacks. May be given again.", show_default=False)
    ] = None,
    against_store: Annotated[
        bool, typer.Option("--against-store", help="Also say how many running conversations each edit touches.")
    ] = False,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Prove every dialogue sound, then walk every transition and pair of transitions in every language.

    Prints file:line:column: CODE message. fix. Exits with 0 when there are no errors, 1 when there are, 2 when nothing could be
    checked.
    """
    wanted = tuple(_language(tag) for tag in language or ())
    workbench = _open(dialogues, locales)
    try:
        sound = dialogue_check.run(workbench, wanted, SystemClock().now().date())
        if against_store:
            dialogue_check.run_against_store(workbench)
    except CcmmError as error:
        _fail(str(error))
    if not sound:
        raise typer.Exit(UNSOUND)


class Form(StrEnum):
    """What a dialogue is drawn as."""

    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"


@app.command()
def graph(
    name: _Name,
    form: Annotated[Form, typer.Option("--format", help="svg needs the program dot (Graphviz).")] = Form.SVG,
    output: Annotated[Path | None, typer.Option(help="File to write.", show_default="standard output")] = None,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Draw the state machine of a dialogue."""
    dialogue = _find(_open(dialogues, locales), name)
    match form:
        case Form.MERMAID:
            drawn = diagram.mermaid(dialogue)
        case Form.DOT:
            drawn = diagram.dot(dialogue)
        case Form.SVG:
            drawn = _svg(diagram.dot(dialogue))
    if output is None:
        typer.echo(drawn, nl=False)
        return
    try:
        output.write_text(drawn, encoding="utf-8")
    except OSError as error:
        _fail(f"{output} cannot be written: {error.strerror}")
    typer.echo(f"{output}: written", err=True)


class Schema(StrEnum):
    """Which file a schema describes."""

    DIALOGUE = "dialogue"
    PROGRAM = "program"
    OPTIONS = "options"
    INSTRUMENT = "instrument"


@app.command()
def schema(
    of: Annotated[
        Schema, typer.Argument(help="The file it describes.", metavar="[dialogue|program|options|instrument]")
    ] = Schema.DIALOGUE,
) -> None:
    """Print the JSON Schema for editors."""
    make = {
        Schema.DIALOGUE: dialogue_schema,
        Schema.PROGRAM: program_schema,
        Schema.OPTIONS: options_schema,
        Schema.INSTRUMENT: instrument_schema,
    }[of]
    made = make()
    typer.echo(json.dumps(made, indent=2, ensure_ascii=False))


@app.command()
def walk(
    name: _Name,
    language: Annotated[str, typer.Option(help="The language to try it in.")] = "en",
    channel: Annotated[ChannelKind, typer.Option(help="The channel to show it as.")] = ChannelKind.CONSOLE,
    fact: Annotated[
        list[str] | None, typer.Option(help="What is known beforehand, as name=value. May be given again.", show_default=False)
    ] = None,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Try a dialogue in the terminal, as a person would; nothing is stored.

    Answers are read from standard input, so a file of answers makes a transcript. A line that begins with a colon is for the
    author: :state, :remind, :timeout, :voice, :quit.
    """
    workbench = _open(dialogues, locales)
    dialogue = _find(workbench, name)
    program = workbench.loaded.program
    if program is None:
        _fail("program.yaml is missing or cannot be read: run `ccmm-bot dialogue check`")
    try:
        dialogue_walk.run(workbench, program, dialogue, _language(language), channel, _facts(fact or []))
    except CcmmError as error:
        _fail(str(error))


def _open(dialogues: Path | None, locales: Path | None) -> Workbench:
    try:
        return open_workbench(dialogues, locales)
    except CcmmError as error:
        _fail(str(error))


def _find(workbench: Workbench, name: str) -> Dialogue:
    loaded = workbench.loaded
    dialogue = loaded.dialogues.get(name)
    if dialogue is not None:
        return dialogue
    for one in loaded.findings:
        typer.echo(str(one), err=True)
    if name in loaded.named:
        _fail(f'the dialogue "{name}" cannot be read yet')
    return _fail(f'there is no dialogue "{name}". {did_you_mean(name, loaded.named)}')


def _language(tag: str) -> str:
    if tag not in TAGS:
        _fail(f'"{tag}" is not one of our languages. {did_you_mean(tag, TAGS)}')
    return tag


def _facts(texts: list[str]) -> dict[str, str | int | bool]:
    facts: dict[str, str | int | bool] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            _fail(f'"{text}" is not name=value')
        facts[name] = {"true": True, "false": False}.get(value, int(value) if value.isdecimal() else value)
    return facts


def _svg(source: str) -> str:
    """Laid out by the program ``dot``, which reads from its standard input and is given no argument of an author's."""
    try:
        done = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, text=True, timeout=60, check=False)  # noqa: S607
    except FileNotFoundError:
        _fail("the program dot is not installed. Install Graphviz (apt-get install graphviz), or use --format mermaid or dot")
    except subprocess.TimeoutExpired:
        _fail("the program dot did not finish within a minute")
    if done.returncode:
        _fail("the program dot could not lay the dialogue out")
    return done.stdout


def _fail(message: str) -> NoReturn:
    typer.echo(f"ccmm-bot: {message}", err=True)
    raise typer.Exit(UNABLE)
