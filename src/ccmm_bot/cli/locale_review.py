"""``ccmm-bot locale review``, ``export`` and ``import``: the speakers who read what was translated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.cli.authoring import Workbench, open_workbench
from ccmm_bot.conversation.present import Stage, present
from ccmm_bot.dialogue import prompts
from ccmm_bot.dialogue.effects import Note, Prompt, Say
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Ask
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n import blind, pofiles, sheets, sheets_back
from ccmm_bot.i18n import review as reviews
from ccmm_bot.i18n.contexts import Context, contexts
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language, language
from ccmm_bot.i18n.marks import Reviewed
from ccmm_bot.messages import LIMITS, ChannelKind
from ccmm_bot.settings import Settings

_Tag = Annotated[str, typer.Option("--language", help="Our tag of the language.")]
_Dialogues = Annotated[Path | None, typer.Option("--dialogues", help="Folder of the dialogues.", show_default=False)]
_Locales = Annotated[Path | None, typer.Option("--locales", help="Folder of the catalogues.", show_default=False)]
_Results = Annotated[Path, typer.Option("--results", help="Folder of the blind pass's results.")]
_RESULTS = Path("docs/translations")


def register(app: typer.Typer) -> None:
    """Add these commands to ``ccmm-bot locale``."""
    app.command()(review)
    app.command()(export)
    app.command("import")(import_)


def review(
    tag: _Tag,
    by: Annotated[str, typer.Option("--by", help="Who has read it: a name, or how the reader wants to be called.")],
    keys: Annotated[list[str] | None, typer.Option("--key", help="Only this text (again for more).", show_default=False)] = None,
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="When.", show_default="today")] = None,
    locales: _Locales = None,
) -> None:
    """Note that a speaker has read every translation of a language and found it good, or the ones with these keys."""
    try:
        folder = locales or Settings().locales_dir
        count = reviews.mark_reviewed(folder, tag, by, on.date() if on else _today(), keys or None)
    except CcmmError as error:
        raise _fail(error) from error
    if not count:
        raise _fail(CcmmError("There is no translation with such a key."))
    typer.echo(f"{count} texts in {language(tag).english_name} marked as reviewed")


def export(
    tag: _Tag,
    output: Annotated[Path, typer.Option("-o", "--output", help="The XLSX file to write.")],
    only_blind: Annotated[bool, typer.Option("--blind", help="Only numbers and translations, for a blind reader.")] = False,
    dialogues: _Dialogues = None,
    locales: _Locales = None,
    results: _Results = _RESULTS,
) -> None:
    """Write the spreadsheet for a reviewer: English, context, limits, how it looks, room for a better wording."""
    folder = locales or Settings().locales_dir
    try:
        entry = _translated(tag)
        passages = blind.passages(folder, tag)
        if only_blind:
            output.write_bytes(sheets.blind_workbook(entry, passages))
            count = len(passages)
        else:
            lines = tuple(_lines(open_workbench(dialogues, locales), folder, entry, results))
            output.write_bytes(sheets.workbook(entry, lines))
            count = len(lines)
    except (CcmmError, OSError) as error:
        raise _fail(error) from error
    typer.echo(f"{output}: {count} texts")


def import_(
    file: Annotated[Path, typer.Argument(help="The XLSX file that `locale export` wrote.")],
    tag: _Tag,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; only say what would change.")] = False,
    locales: _Locales = None,
    results: _Results = _RESULTS,
) -> None:
    """Take a reviewer's spreadsheet back: shows what changes, and refuses rows whose text has changed or breaks a rule.

    Exit 1 when a row was refused; the other rows are taken all the same.
    """
    folder = locales or Settings().locales_dir
    try:
        entry, content = _translated(tag), file.read_bytes()
        plan = sheets_back.plan(folder, entry, sheets_back.read_review(content))
        read_back = sheets_back.read_blind(content)
        if not check:
            sheets_back.carry_out(folder, entry, plan.changes, _today())
    except (CcmmError, OSError) as error:
        raise _fail(error) from error
    for line in sheets_back.diff(plan):
        typer.echo(line)
    new = sum(change.new != change.old for change in plan.changes)
    signed = sum(bool(change.reviewer) for change in plan.changes)
    typer.echo(f"{new} translations {'would change' if check else 'changed'}, {signed} texts reviewed")
    for row in plan.wrong:
        typer.echo(f"row {row.row}: {row.key}: found wrong, and nothing better given")
    if read_back:
        _take_back(read_back, folder, tag, results, write=not check)
    for refused in plan.refused:
        typer.echo(f"row {refused.row}: {refused.key}: refused: {refused.why}", err=True)
    if plan.refused:
        raise typer.Exit(1)


def _take_back(rows: tuple[tuple[str, str, str], ...], folder: Path, tag: str, results: Path, *, write: bool) -> None:
    path = blind.results_path(results, tag)
    merged = blind.merge(blind.load(path), blind.passages(folder, tag), rows)
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(blind.dump(merged.results), encoding="utf-8")
    typer.echo(f"{merged.taken} back-translations taken, {len(merged.stale)} of texts that have changed since left out")


def _translated(tag: str) -> Language:
    entry = language(tag)
    if entry.tag == SOURCE:
        raise CcmmError(f"The dialogues are written in {entry.english_name}: there is nothing to review.")
    return entry


def _lines(workbench: Workbench, folder: Path, entry: Language, results: Path) -> Iterator[sheets.Line]:
    program = workbench.loaded.program
    places = contexts(workbench.loaded.dialogues)
    previews = Previews(workbench, None if program is None else workbench.machine(program), entry.tag)
    back = {(one.key, one.english): one for one in blind.load(blind.results_path(results, entry.tag))}
    for domain in pofiles.DOMAINS:
        path = pofiles.path_of(folder, entry, domain)
        if not path.is_file():
            continue
        catalogue = pofiles.read(path, entry)
        read = reviews.marked_by(catalogue)
        for message in pofiles.entries(catalogue):
            key, translation = message.context or "", pofiles.translation(message) or ""
            if (context := places.get(key)) is None or context.text.source != message.id:
                continue
            result = back.get((key, str(message.id)))
            last = result.later_back_translation or result.back_translation if result and result.read == translation else ""
            yield sheets.Line(
                context=context,
                translation=translation,
                preview=previews.of(context) if translation else "",
                back_translation=last,
                review=_by(read.get(key)),
            )


def _by(found: Reviewed | None) -> str:
    return "" if found is None else f"{found.on} {found.by}"


class Previews:
    """How a message looks as plain SMS: the whole bubble, with its answers and hints."""

    def __init__(self, workbench: Workbench, machine: Machine | None, tag: str) -> None:
        self._machine = machine
        self._stage: Stage = workbench.stage(LIMITS[ChannelKind.SMS], tag, {})
        self._asks: dict[str, Ask] = {}
        for dialogue in workbench.loaded.dialogues.values():
            for state in dialogue.states.values():
                if state.ask is not None:
                    for text in (state.ask.text, state.ask.again, *(option.text for option in state.ask.item.options)):
                        if text is not None:
                            self._asks.setdefault(text.key, state.ask)

    def of(self, context: Context) -> str:
        """The bubble a text is shown in; a question's for its answers."""
        ask = self._asks.get(context.text.key)
        if ask is None or self._machine is None:
            return "\n\n".join(content.text for content in present([Say(text=context.text)], self._stage))
        again = context.text == ask.again
        prompt = Prompt(
            wait=1,
            text=context.text if again else ask.text,
            item=ask.item,
            choices=prompts.choices(self._machine, ask.item, 0, ()),
            note=Note.NOT_UNDERSTOOD if again else None,
            skippable=ask.skip,
            segments=ask.segments,
        )
        return "\n\n".join(content.text for content in present([prompt], self._stage))


def review_lines(workbench: Workbench, required: tuple[str, ...]) -> Iterator[str]:
    """The table of who has read what, for ``locale status``."""
    program = workbench.loaded.program
    if program is None:
        return
    rows = {row.tag: row for row in reviews.table(workbench.catalogues, program, workbench.loaded.dialogues, required)}
    yield f"{'tag':<5} {'review':<14} {'consent':>9} {'safety':>9} {'rights':>9}  reviewed on, by"
    for entry in LANGUAGES:
        if (row := rows.get(entry.tag)) is None:
            continue
        counts = [f"{count.reviewed}/{count.texts}" for count in row.careful.values()]
        by = " ".join(part for part in (row.on, ", ".join(row.by)) if part)
        waits = f"  waits for: {', '.join(row.not_live)}" if row.not_live else ""
        yield f"{row.tag:<5} {row.status or '-':<14} {counts[0]:>9} {counts[1]:>9} {counts[2]:>9}  {by or '-'}{waits}"


def _today() -> date:
    return datetime.now(UTC).date()


def _fail(error: Exception) -> typer.Exit:
    typer.echo(f"ccmm-bot: {error}", err=True)
    return typer.Exit(1)
