"""No two options of a question read the same when somebody types them."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import CatalogueRule, Entry, Severity
from ccmm_bot.i18n.normalise import squeezed, words


def _check(entries: tuple[Entry, ...]) -> Iterator[tuple[Entry, str]]:
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        if entry.group is None or not entry.translation or entry.fuzzy:
            continue
        folded = squeezed(words(entry.translation, entry.language.tag))
        first = seen.setdefault((entry.group, folded), entry)
        if first is not entry:
            yield entry, f'"{entry.translation}" reads the same as "{first.translation}" (line {first.line})'


RULE = CatalogueRule(code="L112", severity=Severity.ERROR, title=__doc__, check=_check)
