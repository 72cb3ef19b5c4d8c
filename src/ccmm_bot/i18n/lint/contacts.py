"""Telephone numbers, e-mail and web addresses are those of the English text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity
from ccmm_bot.i18n.normalise import fold

_ADDRESS = re.compile(r"https?://[^\s)]+|www\.[^\s)]+|[\w.+-]+@[\w-]+\.[\w.-]+|t\.me/\w+", re.ASCII)
_PHONE = re.compile(r"(?<![\d/])(?:\+?\d[\d ()-]{5,}\d|\d-\d-\d)(?![\d/])")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def _contacts(text: str, language: str) -> set[str]:
    phones = {match for match in _PHONE.findall(fold(text, language)) if not _ISO_DATE.match(match)}
    return {found.rstrip(".,").casefold() for found in _ADDRESS.findall(text)} | phones


def _check(entry: Entry) -> Iterator[str]:
    wanted, found = _contacts(entry.source, "en"), _contacts(entry.translation, entry.language.tag)
    for contact in sorted(wanted - found):
        yield f"{contact} is missing or written otherwise; copy it"
    for contact in sorted(found - wanted):
        yield f"{contact} is not in the English text"


RULE = Rule(code="L103", severity=Severity.ERROR, title=__doc__, check=_check)
