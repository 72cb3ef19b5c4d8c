"""``ccmm-bot dialogue xlsform``: surveys to and from the spreadsheets that ODK, Kobo and others read."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer

from ccmm_bot.cli.authoring import Fit, Workbench, open_workbench
from ccmm_bot.conversation.present import present
from ccmm_bot.dialogue.findings import Finding, Level, did_you_mean
from ccmm_bot.dialogue.model import Dialogue
from ccmm_bot.dialogue.verify import verify
from ccmm_bot.dialogue.verify.translated import offered
from ccmm_bot.dialogue.xlsform.build import build
from ccmm_bot.dialogue.xlsform.emit import Files
from ccmm_bot.dialogue.xlsform.imports import Imported, import_form
from ccmm_bot.dialogue.xlsform.read import Remark
from ccmm_bot.dialogue.xlsform.write import write_form
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.forms import form_label, tag_of, take_over
from ccmm_bot.i18n.languages import SOURCE, TAGS, language
from ccmm_bot.i18n.segments import segments
from ccmm_bot.messages import LIMITS, ChannelKind

app = typer.Typer(help="Surveys to and from XLSForm, the spreadsheets that ODK, Kobo and others read.", no_args_is_help=True)

_Dialogues = Annotated[Path | None, typer.Option("--dialogues", help="Folder of the dialogues.", show_default=False)]
_Locales = Annotated[Path | None, typer.Option("--locales", help="Folder of the catalogues.", show_default=False)]
#: A question takes three SMS segments unless it says otherwise.
_SEGMENTS: Final = 3


@app.command("export")
def export_(
    name: Annotated[str, typer.Argument(metavar="INSTRUMENT|DIALOGUE", help="An instrument's name, or a dialogue's.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The XLSX file to write.")],
    languages: Annotated[
        str | None, typer.Option(help="Only these, with commas between them: ar,prs. All that are complete without it.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Also what the dialogue says, and the questions whose answers are not kept.")
    ] = False,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Write a form with a column for every language; what of the dialogue is not in it is listed."""
    began = time.monotonic()
    workbench = open_workbench(dialogues, locales)
    dialogue, instrument = _named(workbench, name)
    wanted = [tag.strip() for tag in languages.split(",") if tag.strip()] if languages is not None else None
    for tag in wanted or ():
        if tag not in TAGS:
            raise CcmmError(f'"{tag}" is not one of our languages. {did_you_mean(tag, TAGS)}')
    tags = [SOURCE, *(tag for tag in (wanted or offered(dialogue, workbench.catalogues, workbench.languages)) if tag != SOURCE)]
    labels = {tag: form_label(language(tag)) for tag in tags}
    made = build(
        dialogue,
        workbench.catalogues,
        labels,
        slots=workbench.slots,
        offered={choice.id: choice.label for choice in workbench.choices},
        defined=workbench.loaded.instruments.get(dialogue.instrument or ""),
        items_only=instrument and not whole,
    )
    _write(output, write_form(made.form, list(labels.values())))
    _listed(made.left_out, "not in the form")
    typer.echo(
        f"{output}: {len(made.form.survey)} rows and {len(made.form.choices)} choices in {len(labels)} languages, "
        f"in {time.monotonic() - began:.1f} s"
    )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="A form; Google Sheets and Excel save as XLSX.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to: its folders dialogues/ and locales/ are filled, and made if need be.")
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Write over a dialogue of this name that is there.")] = False,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
) -> None:
    """Take a form over as a dialogue with its instrument and translations; what could not be carried over is listed.

    Exits with 0 when the dialogue is sound, with 1 when the check finds something to mend.
    """
    began = time.monotonic()
    workbench = open_workbench(dialogues, locales)
    program = workbench.loaded.program
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CcmmError(f"{file} cannot be read: {error.strerror}") from None
    elsewhere = {
        state.ask.item.name
        for dialogue in workbench.loaded.dialogues.values()
        for state in dialogue.states.values()
        if state.ask is not None and state.ask.item.record
    }
    imported = import_form(content, file.name, tag_of, () if program is None else program.slots, elsewhere)
    name = imported.head.id
    targets = [output / "dialogues" / f"{name}.yaml", output / "dialogues" / "instruments" / f"{name}.yaml"]
    if not replace and (there := next((path for path in targets if path.exists()), None)):
        raise CcmmError(f"{there} is there already. Add --replace to write over it, or change form_id on the sheet settings.")
    origin = f"{file.name}, {imported.head.section}, version {imported.head.version}"
    files, found = _checked(workbench, imported, origin)
    for path, text in zip(targets, (files.dialogue, files.instrument), strict=True):
        _write(path, text.encode())
    taken = take_over(output / "locales", files.entries, origin)
    _listed(map(str, imported.renamed), "renamed")
    _remarks(imported.left_out)
    for one in found:
        typer.echo(str(one))
    typer.echo(f"{targets[0]}: {len(imported.parts)} questions and messages, in {time.monotonic() - began:.1f} s")
    whole = len(files.entries) - 1  # the title is in English only: no form has it in several languages
    for tag, count in taken.items():
        lacking = f", lacks {whole - count}: offered once they are translated" if count < whole else ""
        typer.echo(f"{tag}: {count} texts{lacking}")
    if any(one.severity is Level.ERROR for one in found):
        raise typer.Exit(1)


def _checked(workbench: Workbench, imported: Imported, origin: str) -> tuple[Files, list[Finding]]:
    """The files, each question with the SMS segments it takes; and what the check finds in them, beside the dialogues there are."""
    files = imported.files()
    with tempfile.TemporaryDirectory() as folder:
        dialogues, locales = Path(folder) / "dialogues", Path(folder) / "locales"
        shutil.copytree(workbench.loaded.folder, dialogues)
        if workbench.locales.is_dir():
            shutil.copytree(workbench.locales, locales, ignore=shutil.ignore_patterns("*.pot", "staff.*"))
        (dialogues / "instruments").mkdir(exist_ok=True)
        take_over(locales, files.entries, origin)
        needed: dict[str, int] = {}
        found: list[Finding] = []
        for _ in range(2):  # once to see how long the questions are, once to check them
            files = imported.files(needed)
            name = f"{imported.head.id}.yaml"
            (dialogues / name).write_text(files.dialogue, encoding="utf-8")
            (dialogues / "instruments" / name).write_text(files.instrument, encoding="utf-8")
            again = open_workbench(dialogues, locales)
            dialogue = again.loaded.dialogues.get(imported.head.id)
            needed = {} if dialogue is None else _segments(again, dialogue)
            mine = {str(path) for path in (again.loaded.folder / name, again.loaded.folder / "instruments" / name)}
            wrong = again.loaded.findings if dialogue is None or again.loaded.program is None else verify(again.scope(()))
            found = [one for one in (*again.loaded.findings, *wrong) if one.mark.file in mine and one.code != _NOT_STARTED]
            if not needed:
                break
    return files, list(dict.fromkeys(found))


#: Nothing starts the new dialogue yet: its author will say what does.
_NOT_STARTED: Final = "D413"


def _segments(workbench: Workbench, dialogue: Dialogue) -> dict[str, int]:
    """State → SMS segments of its question in the language where it is longest, where that is more than three."""
    program = workbench.loaded.program
    if program is None:
        return {}
    fit = Fit(workbench, workbench.machine(program))
    limits = LIMITS[ChannelKind.SMS]
    needed = {}
    for name, state in dialogue.states.items():
        if state.ask is None:
            continue
        prompt = fit.prompt(state.ask.text, state.ask)
        longest = max(
            segments(content.text).count
            for tag in offered(dialogue, workbench.catalogues, workbench.languages)
            for content in present([prompt], workbench.stage(limits, tag, {}))
        )
        if longest > _SEGMENTS:
            needed[name] = longest
    return needed


def _named(workbench: Workbench, name: str) -> tuple[Dialogue, bool]:
    """The dialogue, and whether it was asked for as an instrument."""
    loaded = workbench.loaded
    asking = [dialogue for dialogue in loaded.dialogues.values() if dialogue.instrument == name]
    if asking:
        return asking[0], True
    if name in loaded.dialogues:
        return loaded.dialogues[name], False
    known = sorted({*loaded.instruments, *loaded.named})
    raise CcmmError(f'There is no instrument and no dialogue "{name}". {did_you_mean(name, known)}')


def _listed(lines: Iterable[str], what: str) -> None:
    for line in lines:
        typer.echo(f"{what}: {line}")


def _remarks(remarks: Iterable[Remark]) -> None:
    """What could not be carried over; the same in many rows is one line."""

    def place(remark: Remark) -> tuple[str, str, str]:
        return remark.place.sheet, remark.place.column, remark.message

    for (sheet, column, message), some in groupby(sorted(remarks, key=place), key=place):
        rows = [remark.place.row for remark in some]
        shown = ", ".join(map(str, rows[:12])) + (" …" if len(rows) > 12 else "")
        typer.echo(
            f'not carried over: sheet "{sheet}", row{"s" if len(rows) > 1 else ""} {shown}'
            + (f', column "{column}"' if column else "")
            + f": {message}"
        )


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise CcmmError(f"{path} cannot be written: {error.strerror}") from None
