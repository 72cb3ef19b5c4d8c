"""``ccmm-bot dialogue check``: the proofs, the walk, and what an edit means for conversations that are running."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import typer
from sqlalchemy import func, inspect, select
from sqlmodel import col

from ccmm_bot.cli.authoring import Workbench
from ccmm_bot.conversation.help_lines import check_help_lines
from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.findings import Finding, Level, in_order
from ccmm_bot.dialogue.model import DialogueRef
from ccmm_bot.dialogue.verify import verify
from ccmm_bot.dialogue.verify.scope import Scope
from ccmm_bot.dialogue.verify.walk import Walked, walk
from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.settings import Settings
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import Store, database_url, open_engine
from ccmm_bot.store.tables.conversations import DialogueRun


def run(workbench: Workbench, wanted: tuple[str, ...], today: date) -> bool:
    """Check and print; whether there are no errors. ``today`` tells which help lines are overdue for review.

    Raises ``DialogueErrors`` where there is no program to check."""
    began = time.monotonic()
    scope = workbench.scope(wanted)
    lines = check_help_lines(workbench.loaded.folder / "agencies.yaml", today)
    findings = in_order((*workbench.loaded.findings, *verify(scope), *lines))
    walked = None
    if not _errors(findings):
        walked = walk(dataclasses.replace(scope, examined=tuple(scope.dialogues.values())), workbench.choices, workbench.reader)
        findings = in_order((*findings, *walked.findings))
    for one in findings:
        typer.echo(str(one))
    typer.echo(_languages(workbench, scope))
    typer.echo(_counts(walked))
    errors = len(_errors(findings))
    took = time.monotonic() - began
    typer.echo(
        f"{_plural(len(scope.dialogues), 'dialogue')}: {_plural(errors, 'error')}, "
        f"{_plural(len(findings) - errors, 'warning')}, in {took:.1f} s"
    )
    return not errors


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if one.severity is Level.ERROR]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _languages(workbench: Workbench, scope: Scope) -> str:
    """Which languages are whole, and which dialogues the others still lack."""
    lines: list[str] = []
    by_language = {tag: [name for name, tags in scope.offered.items() if tag in tags] for tag in scope.languages}
    whole = [tag for tag in TAGS if len(by_language.get(tag, ())) == len(scope.dialogues)]
    lines.append(f"every dialogue is offered in: {', '.join(whole) or 'no language'}")
    for tag, names in by_language.items():
        if tag not in whole and names:
            lines.append(f"{tag}: offered in {', '.join(sorted(names))}; the others fall back to English")
    none = [tag for tag, names in by_language.items() if not names]
    if none:
        lines.append(f"not offered yet: {', '.join(none)}")
    lacking = {tag: len(workbench.catalogues.missing(system_texts.every(), tag)) for tag in scope.wanted}
    lines += [f"{tag} lacks {_plural(count, 'text')} of the system itself" for tag, count in lacking.items() if count]
    return "\n".join(lines)


def _counts(walked: Walked | None) -> str:
    if walked is None:
        return "not walked: there are errors to mend first"
    left_out = [f"{walked.impossible} more pairs contradict each other"] if walked.impossible else []
    left_out += [f"{walked.untyped} more need an answer nobody can type"] if walked.untyped else []
    apart = f" ({'; '.join(left_out)})" if left_out else ""
    return (
        f"walked {_plural(walked.transitions, 'transition')} and {_plural(walked.pairs, 'pair')}{apart} in "
        f"{_plural(walked.languages, 'language')}, by number, by word and by tap: {_plural(walked.walks, 'walk')}"
    )


def run_against_store(workbench: Workbench) -> None:
    """Say how many running conversations each edit touches.

    They are pinned to the version they began with and go on in it; whoever begins from now on gets the edited one.
    """
    current = {name: dialogue.ref for name, dialogue in workbench.loaded.dialogues.items()}
    touched = {ref: count for ref, count in _live().items() if current.get(ref.id) != ref}
    if not touched:
        typer.echo("every running conversation is in the version of the files")
    for ref, count in sorted(touched.items()):
        now = current.get(ref.id)
        what = "which is no file any more" if now is None else f"now version {now.version} ({now.hash[:12]})"
        go_on = "conversation goes on" if count == 1 else "conversations go on"
        typer.echo(f"{ref.id}: {count} running {go_on} in version {ref.version} ({ref.hash[:12]}), {what}")


def _live() -> dict[DialogueRef, int]:
    """Conversations of the whole installation that are in an open run, by the exact version of its dialogue. Only counts leave."""
    settings = Settings()
    url = database_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return {}  # nobody has talked to this installation yet; looking must not create anything
    keys = open_keys(settings.database_url, settings.secret_key_file, settings.key_store_url)
    store = Store(open_engine(settings.database_url, keys), keys)
    try:
        if not inspect(store.engine).has_table(str(DialogueRun.__tablename__)):
            return {}
        pins = (col(DialogueRun.dialogue_id), col(DialogueRun.dialogue_version), col(DialogueRun.dialogue_hash))
        with store.installation() as session:
            rows = session.execute(
                select(*pins, func.count(col(DialogueRun.conversation_id).distinct()))
                .where(col(DialogueRun.ended_at).is_(None))
                .group_by(*pins)
            ).all()
        return {DialogueRef(name, version, hash_): count for name, version, hash_, count in rows}
    finally:
        store.close()
