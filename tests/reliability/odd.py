"""Values nobody would think of, for requests at random: hypothesis draws them, or picks from what others have stumbled over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

#: What has broken other programs: other scripts, digits of other scripts, controls, formats, dates and numbers at their edges.
STUMBLED_OVER = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ufeff",
    "\u202e\u0645\u0631\u062d\u0628\u0627",
    "\u0967\u0968\u0969",
    "\u00b2",
    "\u2167",
    "\u1369",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U000e0001",
    "e\u0301" * 40,
    "-1",
    "0",
    "00",
    "1e309",
    "nan",
    "NaN",
    "9" * 30,
    "2147483648",
    "-9223372036854775809",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59",
    "2026-02-30",
    "2026-W01-1",
    "2026-03-08T02:30",
    "24:00",
    "09:00",
    "10:00+14:00",
    "true",
    "on",
    "None",
    "null",
    "[]",
    "{}",
    "=1+1",
    "'; DROP TABLE person; --",
    "{{7*7}}",
    "%s%n%x",
    "%00",
    "../../etc/passwd",
    "http://127.0.0.1:1/",
    "https://[::1",
    "http://user@\u0131.example/",
    "mailto:a@b",
    "a@example.org",
    "+16045550111",
    "whatsapp:+16045550111",
    "whatsapp:CA.abc",
    "en",
    "prs",
    "zz",
    "K7-4F2Q",
    "x" * 5000,
    "\U0001f600" * 900,
)

text = st.one_of(st.sampled_from(STUMBLED_OVER), st.text(max_size=30), st.text(max_size=12))

#: Bytes as they stand in a form or query: percent-encoded, not always text.
encoded = st.one_of(
    text.map(lambda value: quote_from_bytes(value.encode("utf-8", "surrogatepass"))),
    st.binary(max_size=12).map(quote_from_bytes),
    st.sampled_from(("%", "%zz", "%ff%fe", "%ed%a0%80", "+", "a+b", "%2", "%u1234")),
)


def form(fields: Sequence[tuple[str, str]]) -> bytes:
    """Pairs of a name in clear and an encoded value, as a browser sends them."""
    return "&".join(f"{quote_from_bytes(name.encode('utf-8', 'surrogatepass'))}={value}" for name, value in fields).encode(
        "latin-1"
    )


numbers = st.one_of(st.integers(-5, 5), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.just(2**53))
json_leaf = st.one_of(st.none(), st.booleans(), numbers, text)
json_value = st.recursive(
    json_leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=6
)


@st.composite
def bent(draw: st.DrawFn, document: Any, odds: int = 12) -> Any:
    """A document like this one, with some of its values replaced, left out, or of another kind."""
    if draw(st.integers(0, odds)) == 0:
        return draw(json_value)
    if isinstance(document, Mapping):
        kept = {name: draw(bent(value, odds)) for name, value in document.items() if draw(st.integers(0, odds)) != 0}
        if draw(st.integers(0, odds)) == 0:
            kept[draw(text)] = draw(json_value)
        return kept
    if isinstance(document, list):
        return [draw(bent(value, odds)) for value in document]
    return document
