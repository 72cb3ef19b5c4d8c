"""Every table that a data set gives, in the order of a report (CCMM report, results).

The same data give the same tables, whether they come out of the store or out of an export.
"""

from __future__ import annotations

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation.comparing import between_models, means_over_time, needs, shares_over_time
from ccmm_bot.evaluation.counting import BACKGROUND, ENDING, SERVICE, counts, sample
from ccmm_bot.evaluation.dataset import NUMBERS, Dataset
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP
from ccmm_bot.evaluation.pairing import paired
from ccmm_bot.evaluation.table import Table
from ccmm_bot.evaluation.texts import N_


def all_tables(data: Dataset) -> tuple[Table, ...]:
    """Every table, in the order of a report. Nothing about fewer than ten people is shown.

    Of a part of a study fewer: what is left out there could be subtracted from the same of another part.
    """
    before_after = paired(data, ENTRY, EXIT)
    whole = not data.selection.narrows
    after_later = (paired(data, EXIT, FOLLOW_UP),) if whole else ()
    made = [
        sample(data, before_after, *after_later),
        counts(data, "background", N_("Background"), BACKGROUND),
        means_over_time(data, before_after, "scale_entry_exit", N_("Scale items, entry and exit"), ENTRY, EXIT),
        shares_over_time(data, before_after, "yes_no_entry_exit", N_("Yes/no items, entry and exit"), ENTRY, EXIT),
        needs(data),
    ]
    if not data.mixed:
        made += [
            between_models(data, ItemType.SCALE, "scale_models", N_("Scale items at exit, original and enhanced model")),
            between_models(data, ItemType.YES_NO, "yes_no_models", N_("Yes/no items at exit, original and enhanced model")),
        ]
    for later in after_later:
        made += [
            means_over_time(data, later, "scale_follow_up", N_("Scale items, exit and 3 months later"), EXIT, FOLLOW_UP),
            shares_over_time(data, later, "yes_no_follow_up", N_("Yes/no items, exit and 3 months later"), EXIT, FOLLOW_UP),
        ]
    return (
        *made,
        counts(data, "service", N_("Service"), SERVICE, sorted(NUMBERS) if whole else ()),
        counts(data, "ending", N_("Exit and what came after"), ENDING),
    )
