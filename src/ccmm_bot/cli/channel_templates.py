"""``ccmm-bot channel templates``: what we may say to people on WhatsApp who have not written for a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.channels.twilio.templates import hash_of
from ccmm_bot.conversation.templates import Draft, drafts
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.i18n.whatsapp import LOCALES
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime, load_words, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.tables import ApprovalStatus
from ccmm_bot.store.template_rows import TemplateRows

app = typer.Typer(help="WhatsApp templates: show, submit, status.", no_args_is_help=True)


@app.command()
def show() -> None:
    """Show every template as it would be handed in, and what WhatsApp would refuse. Exit 1 when there is such a thing."""
    loaded, catalogues, machine = load_words(Settings())
    found = drafts(machine, loaded.dialogues, catalogues)
    for draft in found:
        typer.echo(_line(draft))
    typer.echo(_without())
    if any(draft.faults for draft in found):
        raise typer.Exit(1)


@app.command()
def submit() -> None:
    """Hand in every template that is new or has another wording, for each WhatsApp sender. What was handed in is left alone."""
    asyncio.run(_submit())


@app.command()
def status() -> None:
    """Ask how far each template is, and show it by language. Exit 1 where a current one is not approved."""
    if not asyncio.run(_status()):
        raise typer.Exit(1)


async def _submit() -> None:
    async with _senders() as (runtime, senders):
        wanted = drafts(runtime.machine, runtime.loaded.dialogues, runtime.catalogues)
        for sender in senders:
            rows = TemplateRows(runtime.store, sender.kind, sender.account)
            known = {(row.name, row.language, row.hash) for row in rows.all() if row.status is not ApprovalStatus.UNSUBMITTED}
            for draft in wanted:
                text, hash_ = draft.text, hash_of(draft.text)
                if draft.faults or (text.name, text.language, hash_) in known:
                    why = f"left out: {draft.faults[0]}" if draft.faults else "handed in before"
                    typer.echo(f"{sender.account}  {_name(draft)}  {why}")
                    continue
                sid = await sender.templates.make(text)
                key = rows.add(text, hash_=hash_, sid=sid, now=runtime.clock.now())
                approval = await sender.templates.submit(sid, text)
                noted = rows.note(key, status=approval.status, reason=approval.reason, now=runtime.clock.now())
                typer.echo(f"{sender.account}  {_name(draft)}  {noted.value}")


async def _status() -> bool:
    fine = True
    async with _senders() as (runtime, senders):
        wanted = drafts(runtime.machine, runtime.loaded.dialogues, runtime.catalogues)
        current = {hash_of(draft.text) for draft in wanted}
        for sender in senders:
            rows = TemplateRows(runtime.store, sender.kind, sender.account)
            there: set[str] = set()
            for row in rows.all():
                approval = await sender.templates.status(row.content_sid)
                noted = rows.note(row.id, status=approval.status, reason=approval.reason, now=runtime.clock.now())
                there.add(row.hash)
                fine = fine and (noted is ApprovalStatus.APPROVED or row.hash not in current)
                old = "" if row.hash in current else " (an older wording)"
                why = f": {approval.reason}" if approval.reason else ""
                typer.echo(f"{sender.account}  {row.name} {row.language}  {noted.value}{why}{old}")
            for draft in wanted:
                if hash_of(draft.text) not in there:
                    fine = False
                    typer.echo(f"{sender.account}  {_name(draft)}  not handed in: run `ccmm-bot channel templates submit`")
        typer.echo(_without())
    return fine


@asynccontextmanager
async def _senders() -> AsyncIterator[tuple[Runtime, list[TwilioChannel]]]:
    async with open_runtime(Settings()) as runtime:
        senders = [each for each in runtime.channels if isinstance(each, TwilioChannel) and each.kind is ChannelKind.WHATSAPP]
        if not senders:
            raise CcmmError("No WhatsApp sender is set up: set CCMM_TWILIO_WHATSAPP_FROM and the account's credentials.")
        yield runtime, senders


def _name(draft: Draft) -> str:
    return f"{draft.text.name} {draft.text.language}"


def _line(draft: Draft) -> str:
    text = draft.text
    buttons = "".join(f" [{label}]" for label in text.buttons)
    faults = "".join(f"\n    refused: {fault}" for fault in draft.faults)
    return f"{text.name} {text.language} ({text.locale})\n    {text.body}{buttons}{faults}"


def _without() -> str:
    names = [entry.english_name for entry in LANGUAGES if entry.tag not in LOCALES]
    return f"WhatsApp has no templates in {', '.join(names)}: a knock in the person's second language, English or French stands in."
