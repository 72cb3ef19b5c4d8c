"""SMS segments, held against an independent count (smsutil)."""

from __future__ import annotations

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.i18n.segments import Encoding, segments

_GSM_ALPHABET = (
    sorted(set(smsutil.GSM_CHARSET) | set(smsutil.GSM_EXT_CHARSET)) if hasattr(smsutil, "GSM_CHARSET") else list("aé€[]\n")
)


@pytest.mark.parametrize(
    ("text", "encoding", "count", "units"),
    [
        ("", Encoding.GSM_7, 1, 0),
        ("a" * 160, Encoding.GSM_7, 1, 160),
        ("a" * 161, Encoding.GSM_7, 2, 161),
        ("a" * 306, Encoding.GSM_7, 2, 306),
        ("a" * 307, Encoding.GSM_7, 3, 307),
        ("€" * 80, Encoding.GSM_7, 1, 160),
        ("€" * 81, Encoding.GSM_7, 2, 162),
        ("نعم", Encoding.UCS_2, 1, 3),
        ("እ" * 70, Encoding.UCS_2, 1, 70),
        ("እ" * 71, Encoding.UCS_2, 2, 71),
        ("እ" * 134, Encoding.UCS_2, 2, 134),
        ("እ" * 135, Encoding.UCS_2, 3, 135),
        ("👍" * 35, Encoding.UCS_2, 1, 70),
        ("👍" * 36, Encoding.UCS_2, 2, 72),
    ],
)
def test_the_limits_of_a_segment(text: str, encoding: Encoding, count: int, units: int) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.count, counted.units) == (encoding, count, units)


@pytest.mark.parametrize("char", "çáóêí’ашእنहਪ")
def test_one_letter_outside_the_alphabet_makes_the_whole_text_ucs_2(char: str) -> None:
    assert segments("a" * 100 + char).encoding is Encoding.UCS_2


@pytest.mark.parametrize("char", "éèàùñöü¿¡Ç")
def test_these_accents_are_free(char: str) -> None:
    assert segments(char).encoding is Encoding.GSM_7


_TEXTS = st.text(max_size=400) | st.text(_GSM_ALPHABET, max_size=700) | st.text("እa👍€", max_size=400)


@given(_TEXTS)
def test_agrees_with_smsutil(text: str) -> None:
    text = text.encode("utf-16", "ignore").decode("utf-16")
    if not text or "\f" in text:
        return
    oracle = smsutil.split(text)
    assert segments(text).count == len(oracle.parts)
