"""What the commands under ``ccmm-bot locale`` do to the files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from babel.messages.mofile import write_mo

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n import interface, marks, pofiles, templates
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language, language
from ccmm_bot.i18n.merge import merge
from ccmm_bot.i18n.pofiles import DOMAINS


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where the dialogues and the catalogues are."""

    dialogues: Path
    locales: Path


class CatalogueExists(CcmmError):
    """A language's catalogues have been begun already; ``ccmm-bot locale update`` brings them up to date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one language is in one domain, counted in texts of today's template."""

    tag: str
    domain: str
    translated: int
    missing: int
    fuzzy: int
    review: str  # "" where there is no catalogue


def extract(folders: Folders) -> dict[Path, int]:
    """Write the templates; returns how many texts each has."""
    written = {}
    for domain, template in templates.build(folders.dialogues).items():
        path = templates.path_of(folders.locales, domain)
        replace_file(path, pofiles.dump(template))
        written[path] = len(template)
    return written


def update(folders: Folders, *, write: bool) -> list[Path]:
    """Merge today's texts into the templates and every catalogue there is; returns the files that are (or were) stale."""
    stale = []
    for domain, template in templates.build(folders.dialogues).items():
        wanted = {templates.path_of(folders.locales, domain): pofiles.dump(template)}
        for entry in LANGUAGES:
            path = pofiles.path_of(folders.locales, entry, domain)
            if path.is_file():
                wanted[path] = pofiles.dump(merge(pofiles.read(path, entry), template, entry, domain))
        for path, content in wanted.items():
            if not path.is_file() or path.read_bytes() != content:
                stale.append(path)
                if write:
                    replace_file(path, content)
    for tag in interface.LANGUAGES:
        path = interface.path_of(folders.locales, tag)
        if path.is_file() and path.read_bytes() != (content := interface.update(folders.locales, tag)):
            stale.append(path)
            if write:
                replace_file(path, content)
    return stale


def init(folders: Folders, tag: str) -> list[Path]:
    """Begin the catalogues of a language, one per domain, marked as nobody's work yet.

    :raises UnknownLanguage: not one of ours. :raises CatalogueExists: both are there already, or the language is the source.
    """
    entry = language(tag)
    if tag == SOURCE:
        raise CatalogueExists(f"The dialogues are written in {entry.english_name}: it needs no catalogue.")
    written = []
    for domain, template in templates.build(folders.dialogues).items():
        path = pofiles.path_of(folders.locales, entry, domain)
        if not path.is_file():
            replace_file(path, pofiles.dump(merge(pofiles.new(entry, domain), template, entry, domain)))
            written.append(path)
    if not written:
        raise CatalogueExists(f"The catalogues of {entry.english_name} are there already: run `ccmm-bot locale update`.")
    return written


def compile_all(locales_dir: Path) -> list[Path]:
    """Compile every catalogue there is; returns the files written."""
    written = []
    for entry in LANGUAGES:
        for domain in DOMAINS:
            source = pofiles.path_of(locales_dir, entry, domain)
            if source.is_file():
                catalogue = pofiles.read(source, entry)
                catalogue.reviewed_texts = " ".join(sorted(marks.reviewed_texts(catalogue)))  # a compiled file has no comments
                buffer = io.BytesIO()
                write_mo(buffer, catalogue)
                path = source.with_suffix(".mo")
                replace_file(path, buffer.getvalue())
                written.append(path)
    for tag in interface.LANGUAGES:
        source = interface.path_of(locales_dir, tag)
        if source.is_file():
            replace_file(source.with_suffix(".mo"), interface.compile_catalogue(locales_dir, tag))
            written.append(source.with_suffix(".mo"))
    return written


def status(folders: Folders) -> list[Progress]:
    """Every language but English, by domain, in the order of the languages table."""
    built = templates.build(folders.dialogues)
    return [
        _progress(folders.locales, entry, domain, built[domain]) for entry in LANGUAGES if entry.tag != SOURCE for domain in DOMAINS
    ]


def _progress(locales_dir: Path, entry: Language, domain: str, template: pofiles.PoCatalog) -> Progress:
    path = pofiles.path_of(locales_dir, entry, domain)
    catalogue = pofiles.read(path, entry) if path.is_file() else None
    have = {(message.context, message.id): message for message in pofiles.entries(catalogue)} if catalogue else {}
    found = [have.get((message.context, message.id)) for message in pofiles.entries(template)]
    translated = sum(1 for message in found if message is not None and pofiles.translation(message) is not None)
    fuzzy = sum(1 for message in found if message is not None and message.fuzzy)
    return Progress(
        tag=entry.tag,
        domain=domain,
        translated=translated,
        missing=len(found) - translated,
        fuzzy=fuzzy,
        review=catalogue.review_status if catalogue else "",
    )


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file by new content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside and then in its place: a reader never sees half a catalogue.
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(content)
    beside.replace(path)
