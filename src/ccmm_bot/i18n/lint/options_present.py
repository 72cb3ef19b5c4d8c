"""Where one option of a question is translated, all are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import CatalogueRule, Entry, Severity


def _check(entries: tuple[Entry, ...]) -> Iterator[tuple[Entry, str]]:
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.group is not None:
            groups[entry.group].append(entry)
    for group in groups.values():
        if any(entry.translation and not entry.fuzzy for entry in group):
            for entry in group:
                if not entry.translation or entry.fuzzy:
                    yield entry, f'the option "{entry.source}" has no translation and its neighbours have'


RULE = CatalogueRule(code="L104", severity=Severity.ERROR, title=__doc__, check=_check)
