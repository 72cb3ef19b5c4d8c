"""The pages about the blind pass: one per language, and the table of all (``docs/translations/``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ccmm_bot.i18n.blind import DIFFERS, Counts, Result, counts
from ccmm_bot.i18n.languages import LANGUAGES, language

GENERATED = "<!-- Written by `ccmm-bot locale blind-report`. -->\n\n"


def page(tag: str, results: Sequence[Result]) -> str:
    """One language: the counts, and every difference with what became of it."""
    entry, found = language(tag), counts(results)
    lines = [
        f"# {entry.english_name} ({entry.autonym}): read back blind",
        "",
        f"Every text was translated back into English by a reader who saw only the {entry.english_name}. {_sentence(found)}",
        f"All readings are in [{tag}.csv]({tag}.csv). A blind pass is not a review by a speaker: see",
        "[translating](../translating.md).",
    ]
    differences = [one for one in results if one.verdict == DIFFERS or one.last_verdict == DIFFERS]
    if differences:
        lines += ["", "| text | English | came back as | note | after the correction |", "|---|---|---|---|---|"]
        lines += [_difference(one) for one in differences]
    return GENERATED + "\n".join(lines) + "\n"


def _sentence(found: Counts) -> str:
    sentence = f"Of {found.read} texts {found.differed} differed in meaning before corrections and {found.differ} after."
    return sentence if not found.undecided else f"{sentence} {found.undecided} have not been compared yet."


def _difference(one: Result) -> str:
    after = "not corrected"
    if one.later_translation:
        after = f"{one.later_back_translation} ({one.later_verdict or 'not compared yet'})"
        after += f": {one.later_note}" if one.later_note else ""
    return "| " + " | ".join(_cell(part) for part in (f"`{one.key}`", one.english, one.back_translation, one.note, after)) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def index(results: Mapping[str, Sequence[Result]]) -> str:
    """All languages: how many of how many differed, before and after."""
    lines = [
        "# The blind pass",
        "",
        "Every text of a language is translated back into English by a reader who is given the translations and opaque numbers,",
        "never the English. The meanings are compared, differences are corrected, and what was corrected is read again.",
        "",
        "| tag | language | texts read | differed before | differ after | not compared yet |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for entry in LANGUAGES:
        if found := results.get(entry.tag):
            sums = counts(found)
            lines.append(
                f"| [`{entry.tag}`]({entry.tag}.md) | {entry.english_name} | {sums.read} | {sums.differed} | {sums.differ} "
                f"| {sums.undecided} |"
            )
    return GENERATED + "\n".join(lines) + "\n"
