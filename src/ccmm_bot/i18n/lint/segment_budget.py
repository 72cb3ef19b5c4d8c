"""No single text takes more than three SMS segments; whole questions with their options are measured by ``dialogue check``."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity
from ccmm_bot.i18n.segments import segments

_MOST = 3


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list:
        return
    counted = segments(entry.translation)
    if counted.count > _MOST:
        yield f"{counted.count} SMS segments ({counted.units} units of {counted.encoding}); shorten it to {_MOST}"


RULE = Rule(code="L111", severity=Severity.ERROR, title=__doc__, check=_check)
