"""Every rule there is, in the order of its code."""

from __future__ import annotations

from ccmm_bot.i18n.lint import (
    address,
    commands_apart,
    composed,
    contacts,
    copied,
    dari_words,
    forbidden,
    fuzzy,
    gendered,
    glossary,
    incomplete,
    invisible,
    length,
    neutral,
    numbers,
    options_apart,
    options_present,
    placeholders,
    punctuation,
    question_mark,
    script_pure,
    segment_budget,
    sorani,
    transliterated,
)
from ccmm_bot.i18n.lint.entry import CatalogueRule, Rule

RULES: tuple[Rule, ...] = (
    placeholders.RULE,
    numbers.RULE,
    contacts.RULE,
    script_pure.RULE,
    forbidden.RULE,
    invisible.RULE,
    composed.RULE,
    copied.RULE,
    fuzzy.RULE,
    segment_budget.RULE,
    question_mark.RULE,
    punctuation.RULE,
    length.RULE,
    glossary.RULE,
    dari_words.RULE,
    gendered.RULE,
    address.RULE,
    incomplete.RULE,
    neutral.RULE,
    transliterated.RULE,
    sorani.RULE,
)
CATALOGUE_RULES: tuple[CatalogueRule, ...] = (options_present.RULE, options_apart.RULE, commands_apart.RULE)
