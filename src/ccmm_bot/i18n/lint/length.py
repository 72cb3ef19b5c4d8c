"""A translation is about as long as the English text: much shorter has lost something, much longer says more."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

_SHORT, _LONG = 0.35, 2.2
_TOO_SHORT_TO_TELL = 25  # characters of English


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list or len(entry.source) < _TOO_SHORT_TO_TELL:
        return
    ratio = len(entry.translation) / len(entry.source)
    if not _SHORT <= ratio <= _LONG:
        yield f"{ratio:.1f} times as long as the English text; is anything missing or added?"


RULE = Rule(code="L203", severity=Severity.WARNING, title=__doc__, check=_check)
