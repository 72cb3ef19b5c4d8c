"""``ccmm-bot dialogue recordings``: what a speaker has to read aloud, as a script."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import language
from ccmm_bot.i18n.recordings import RecordingState, confirm, scripts, state_of
from ccmm_bot.settings import Settings

_UNABLE = 2


def recordings(
    tags: Annotated[
        list[str] | None, typer.Option("--language", help="Only this language (again for more).", show_default=False)
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirm", help="Note that the recordings say what the script says: after listening to them.")
    ] = False,
    missing: Annotated[bool, typer.Option("--missing", help="Only what is not recorded as it stands now.")] = False,
    audio: Annotated[Path | None, typer.Option("--audio", help="Folder of the recordings.", show_default=False)] = None,
    dialogues: Annotated[Path | None, typer.Option("--dialogues", help="Folder of the dialogues.", show_default=False)] = None,
    locales: Annotated[Path | None, typer.Option("--locales", help="Folder of the catalogues.", show_default=False)] = None,
) -> None:
    """List what a speaker has to read aloud: for each text its words, the file to record it in, and whether that is there.

    A recording is OGG with Opus, as phones record voice messages. It is sent once --confirm has noted what it says, and no more
    when the text changes.
    """
    settings = Settings()
    folder = audio or settings.audio_dir or Path("audio")
    try:
        workbench = open_workbench(dialogues, locales)
        chosen = [language(tag).tag for tag in tags or workbench.languages]
        for tag in chosen:
            counts: Counter[RecordingState] = Counter()
            typer.echo(f"# {language(tag).english_name} ({language(tag).autonym})\n")
            for script in scripts(workbench.loaded.dialogues, workbench.catalogues, tag, workbench.slots):
                if confirmed:
                    confirm(folder, script)
                state = state_of(folder, script)
                counts[state] += 1
                if not missing or state is not RecordingState.DONE:
                    typer.echo(f"{folder / script.file}: {state.value}\n{script.text}\n")
            typer.echo(f"{tag}: " + ", ".join(f"{counts[state]} {state.value}" for state in RecordingState) + "\n")
    except (CcmmError, OSError) as error:
        typer.echo(f"ccmm-bot: {error}", err=True)
        raise typer.Exit(_UNABLE) from error
