"""Running the rules over catalogues."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from ccmm_bot.i18n import glossary, pofiles
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language, language
from ccmm_bot.i18n.lint.entry import Entry, Problem, Severity
from ccmm_bot.i18n.lint.registry import CATALOGUE_RULES, RULES

_HEADER_CODE = "L113"


def lint_all(locales_dir: Path, tags: Iterable[str] = (), *, neutral: Container[str] = ()) -> list[Problem]:
    """Everything wrong with the catalogues there are, of these languages or of all; by file and line.

    ``neutral`` are the keys of what is shown before anybody said who she is (:func:`ccmm_bot.i18n.topics.neutral_keys`).

    :raises UnknownLanguage: not one of ours. :raises BrokenCatalogue: a file cannot be read.
    """
    chosen = [language(tag) for tag in tags] or [entry for entry in LANGUAGES if entry.tag != SOURCE]
    terms = glossary.load(locales_dir / glossary.FILE)
    problems: list[Problem] = []
    for entry in chosen:
        agreed = tuple((term.term, way) for term in terms if (way := "|".join(term.ways(entry.tag))))
        for domain in pofiles.DOMAINS:
            path = pofiles.path_of(locales_dir, entry, domain)
            if path.is_file():
                problems += _header(path, entry)
                problems += lint(entries_of(path, entry, domain, agreed, neutral))
    return sorted(problems, key=lambda problem: (problem.file, problem.line, problem.code))


def lint(entries: tuple[Entry, ...]) -> list[Problem]:
    """Everything wrong with these entries of one catalogue."""
    problems = []
    for entry in entries:
        for rule in RULES:
            if not rule.fuzzy_too and (entry.fuzzy or not entry.translation):
                continue
            problems += [_problem(entry, rule.code, rule.severity, message) for message in rule.check(entry)]
    for group_rule in CATALOGUE_RULES:
        problems += [_problem(entry, group_rule.code, group_rule.severity, message) for entry, message in group_rule.check(entries)]
    return problems


def entries_of(
    path: Path,
    entry: Language,
    domain: str,
    agreed: tuple[tuple[str, str], ...] = (),
    neutral: Container[str] = (),
) -> tuple[Entry, ...]:
    """The entries of a PO file, obsolete ones left out."""
    return tuple(
        Entry(
            language=entry,
            domain=domain,
            file=str(path),
            line=message.lineno or 0,
            key=message.context or "",
            source=str(message.id),
            translation=message.string if isinstance(message.string, str) else "",
            fuzzy=message.fuzzy,
            neutral=(message.context or "") in neutral,
            glossary=agreed,
        )
        for message in pofiles.entries(pofiles.read(path, entry))
    )


def _problem(entry: Entry, code: str, severity: Severity, message: str) -> Problem:
    return Problem(file=entry.file, line=entry.line, code=code, severity=severity, message=f"{entry.key}: {message}")


def _header(path: Path, entry: Language) -> list[Problem]:
    """L113: the header names this language, its plural rule, and who has read the catalogue."""
    text = path.read_text(encoding="utf-8")
    header = text.split("\n\n", 1)[0].replace('"\n"', "")  # a long line may be wrapped
    wrong = [
        f'the header must say "{line}"; `ccmm-bot locale update` writes it'
        for line in (f"Language: {entry.catalogue}", f"Plural-Forms: {entry.plural_forms}")
        if f"{line}\\n" not in header
    ]
    status = pofiles.read(path, entry).review_status
    if status not in {one.value for one in pofiles.ReviewStatus}:
        allowed = " or ".join(one.value for one in pofiles.ReviewStatus)
        wrong.append(f"{pofiles.REVIEW_HEADER} must be {allowed}")
    return [Problem(file=str(path), line=1, code=_HEADER_CODE, severity=Severity.ERROR, message=message) for message in wrong]
