"""Bringing a catalogue up to date with its template without ever losing a translation.

Babel's own update guesses by similarity over the whole catalogue and does not look at obsolete entries. Here a text is known by
its key: a changed English wording keeps the old translation as fuzzy beside the wording it was made for, a moved text takes its
translation along as fuzzy, and what is no longer used stays at the end of the file and comes back when the text does.
"""

from __future__ import annotations

from collections.abc import Iterable

from babel.messages.catalog import Message
from babel.messages.pofile import denormalize

from ccmm_bot.i18n import pofiles
from ccmm_bot.i18n.languages import Language
from ccmm_bot.i18n.pofiles import PoCatalog

_Key = tuple[str, str]


def merge(old: PoCatalog, template: PoCatalog, language: Language, domain: str) -> PoCatalog:
    """A catalogue with exactly the template's texts in its order, and everything ``old`` knew about them."""
    merged = pofiles.new(language, domain)
    merged.header_comment = old.header_comment
    merged.review_status = old.review_status or pofiles.ReviewStatus.MACHINE_DRAFT
    merged.wording_source = old.wording_source
    merged.reviewer, merged.reviewed_on = old.reviewer, old.reviewed_on
    known = {_key(message): message for message in (*old.obsolete.values(), *pofiles.entries(old)) if message.string}
    by_context = {context: message for (context, _), message in known.items() if context}
    by_source = {source: message for (_, source), message in known.items()}
    comments = {_key(message): message for message in pofiles.entries(old)}
    used: set[_Key] = set()
    wanted = {_key(message) for message in pofiles.entries(template)}

    for message in pofiles.entries(template):
        key = _key(message)
        exact = known.get(key)
        # A translation still used under its own key is not taken away from there: it is lent.
        found = exact or by_context.get(key[0]) or by_source.get(key[1])
        entry = _entry(message)
        if found is not None:
            entry.string = found.string
            entry.user_comments = _comments(found)
            if exact is None:
                entry.flags.add("fuzzy")
                entry.previous_id = [str(found.id)]
            elif found.fuzzy:
                entry.flags.add("fuzzy")
                entry.previous_id = _previous(found)
            if _key(found) not in wanted:
                used.add(_key(found))
        elif key in comments:
            entry.user_comments = _comments(comments[key])
        merged[entry.id] = entry

    for key, message in known.items():
        if key not in wanted and key not in used:
            merged.obsolete[key] = message
    return merged


def template_of(messages: Iterable[Message], domain: str) -> PoCatalog:
    """A template of these messages, in their order."""
    template = pofiles.new(None, domain)
    for message in messages:
        template[message.id] = message
    return template


def _key(message: Message) -> _Key:
    return message.context or "", str(message.id)


def _entry(message: Message) -> Message:
    return Message(message.id, "", locations=message.locations, auto_comments=message.auto_comments, context=message.context)


def _comments(message: Message) -> list[str]:
    return [comment for comment in message.user_comments if not comment.startswith("|")]


def _previous(message: Message) -> list[str]:
    """The wording a fuzzy translation was made for: Babel reads ``#|`` lines as comments."""
    lines = [comment[1:].strip().removeprefix("msgid").strip() for comment in message.user_comments if comment.startswith("|")]
    return [denormalize("\n".join(lines))] if lines else []
