"""Forms are read as the standard library reads them, whatever their bytes are, only faster."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.twilio.fields import parse_form
from ccmm_bot.channels.twilio.signature import signed_form
from tests.standins.fixtures import AUTH_TOKEN, PUBLIC
from tests.standins.twilio_webhooks import sign

_LETTERS = st.sampled_from(list("ab&=+% 4E%C3%A9;%00\u1230é"))


def _standard(body: bytes) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict"):
        fields.setdefault(name, []).append(value)
    return fields


@given(st.lists(_LETTERS, max_size=40))
def test_any_bytes_read_alike(letters: list[str]) -> None:
    body = "".join(letters).encode()
    try:
        expected = _standard(body)
    except UnicodeDecodeError:
        with pytest.raises(Malformed):
            parse_form(body)
        return
    assert parse_form(body) == expected


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=10), max_size=8))
def test_what_was_signed_is_what_is_read(fields: dict[str, str]) -> None:
    try:
        body = urlencode(fields).encode()
    except UnicodeEncodeError:
        return  # half a character cannot be sent
    url = f"{PUBLIC}/webhooks/twilio"
    read = parse_form(body)
    assert signed_form(auth_token=AUTH_TOKEN, url=url, fields=read, signature=sign(AUTH_TOKEN, url, fields))
    assert not signed_form(auth_token="another", url=url, fields=read, signature=sign(AUTH_TOKEN, url, fields))
