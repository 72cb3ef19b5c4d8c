"""What we say unprompted, before a person said who she is, names no topic: the phone may be shared (``topics.toml``)."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.languages import SOURCE
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity
from ccmm_bot.i18n.topics import topic_of


def _check(entry: Entry) -> Iterator[str]:
    if entry.neutral and (topic := topic_of(entry.source, SOURCE)):
        yield f'the English says "{topic}", which tells whoever reads along what this is about'
    if entry.neutral and (topic := topic_of(entry.translation, entry.language.tag)):
        yield f'"{topic}" tells whoever reads along what this is about; say only that there is a message'


RULE = Rule(code="L115", severity=Severity.ERROR, title=__doc__, check=_check)
