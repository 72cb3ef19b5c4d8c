"""A study that is read in parts is one table in the end."""

from __future__ import annotations

import pandas as pd

from ccmm_bot.evaluation.dataset import frame, stacked

COLUMNS = ("language", "site")


def test_a_part_in_which_a_column_is_empty_goes_with_one_in_which_it_is_not() -> None:
    said = [
        {"language": ["ti", "ar"], "site": [None, None]},
        {"language": [None], "site": ["a"]},
        {"language": [None], "site": [None]},
    ]
    whole = stacked([frame(pd.DataFrame(each), COLUMNS) for each in said], COLUMNS)
    assert whole["language"].dropna().tolist() == ["ti", "ar"]
    assert whole["site"].dropna().tolist() == ["a"]
    assert len(whole) == 4
