"""While tables are made the collector leaves alone what was there before; afterwards it looks through everything again."""

from __future__ import annotations

import gc

import pytest

from ccmm_bot.evaluation.statistics import corrected
from ccmm_bot.evaluation.undisturbed import undisturbed


def test_what_is_there_is_left_alone_until_the_outermost_is_over() -> None:
    with undisturbed():
        corrected([0.01, 0.04])
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_an_error_leaves_nothing_behind() -> None:
    with pytest.raises(ValueError, match="no such"), undisturbed():
        raise ValueError("no such study")
    assert gc.get_freeze_count() == 0
