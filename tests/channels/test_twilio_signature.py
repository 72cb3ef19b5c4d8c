"""Who may call us: literal webhook bodies, with a good, a wrong and a missing signature side by side."""

from __future__ import annotations

import hashlib
from urllib.parse import quote_plus

import pytest

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.twilio.fields import MAX_FIELDS, parse_form, parse_json
from ccmm_bot.channels.twilio.signature import signed_form, signed_json
from tests.standins.fixtures import AUTH_TOKEN, PUBLIC
from tests.standins.twilio_webhooks import sign

URL = f"{PUBLIC}/webhooks/twilio"

# Literal bodies as they are posted, and the fields the signature is computed over.
BODIES: list[tuple[str, bytes, dict[str, str]]] = [
    (
        "an SMS",
        b"MessageSid=SM00000000000000000000000000000001&From=%2B16045550111&To=%2B16045550100&Body=Hello+there",
        {
            "MessageSid": "SM00000000000000000000000000000001",
            "From": "+16045550111",
            "To": "+16045550100",
            "Body": "Hello there",
        },
    ),
    ("blank values count", b"Body=&FromCity=&To=%2B16045550100", {"Body": "", "FromCity": "", "To": "+16045550100"}),
    (
        "Tigrinya",
        b"Body=%E1%88%B0%E1%88%8B%E1%88%9D&From=%2B16045550111",
        {"Body": "ሰላም", "From": "+16045550111"},
    ),
    ("letters that look like syntax", b"Body=a%26b%3Dc%2Bd%25e", {"Body": "a&b=c+d%e"}),
    ("a field nobody has documented", b"Body=x&BrandNew=1", {"Body": "x", "BrandNew": "1"}),
]


@pytest.mark.parametrize(("body", "fields"), [pytest.param(body, fields, id=name) for name, body, fields in BODIES])
class TestForms:
    def test_a_good_signature_opens(self, body: bytes, fields: dict[str, str]) -> None:
        assert signed_form(auth_token=AUTH_TOKEN, url=URL, fields=parse_form(body), signature=sign(AUTH_TOKEN, URL, fields))

    def test_another_token_does_not(self, body: bytes, fields: dict[str, str]) -> None:
        assert not signed_form(auth_token=AUTH_TOKEN, url=URL, fields=parse_form(body), signature=sign("other", URL, fields))

    def test_a_missing_header_does_not(self, body: bytes, fields: dict[str, str]) -> None:
        assert not signed_form(auth_token=AUTH_TOKEN, url=URL, fields=parse_form(body), signature=None)

    def test_another_address_does_not(self, body: bytes, fields: dict[str, str]) -> None:
        behind = "http://127.0.0.1:8000/webhooks/twilio"
        assert not signed_form(auth_token=AUTH_TOKEN, url=URL, fields=parse_form(body), signature=sign(AUTH_TOKEN, behind, fields))

    def test_a_changed_field_does_not(self, body: bytes, fields: dict[str, str]) -> None:
        changed = parse_form(body + b"&Injected=1")
        assert not signed_form(auth_token=AUTH_TOKEN, url=URL, fields=changed, signature=sign(AUTH_TOKEN, URL, fields))


def test_a_field_that_comes_twice_is_signed_with_both_values() -> None:
    fields = parse_form(b"Body=b&Body=a")
    assert fields == {"Body": ["b", "a"]}
    # Sorted values, each after the name, as the library's own check of multi-valued fields has it.
    assert signed_form(auth_token=AUTH_TOKEN, url=URL, fields=fields, signature=sign(AUTH_TOKEN, URL + "BodyaBodyb", {}))
    assert not signed_form(auth_token=AUTH_TOKEN, url=URL, fields=fields, signature=sign(AUTH_TOKEN, URL, {"Body": "b"}))


class TestJson:
    body = '{"MessageSid": "SM1"}'
    signed_url = f"{URL}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"

    def test_the_hash_in_a_signed_address_opens(self) -> None:
        signature = sign(AUTH_TOKEN, self.signed_url, {})
        assert signed_json(auth_token=AUTH_TOKEN, url=self.signed_url, body=self.body, signature=signature)

    def test_another_body_does_not(self) -> None:
        signature = sign(AUTH_TOKEN, self.signed_url, {})
        assert not signed_json(auth_token=AUTH_TOKEN, url=self.signed_url, body=self.body + " ", signature=signature)

    def test_without_the_hash_nothing_ties_body_to_address(self) -> None:
        assert not signed_json(auth_token=AUTH_TOKEN, url=URL, body=self.body, signature=sign(AUTH_TOKEN, URL, {}))

    def test_two_hashes_are_none(self) -> None:
        twice = f"{self.signed_url}&bodySHA256={'0' * 64}"
        assert not signed_json(auth_token=AUTH_TOKEN, url=twice, body=self.body, signature=sign(AUTH_TOKEN, twice, {}))

    def test_a_missing_header_does_not(self) -> None:
        assert not signed_json(auth_token=AUTH_TOKEN, url=self.signed_url, body=self.body, signature=None)


@pytest.mark.parametrize("body", [b"Body=%ff%fe", b"Body=\xff", ("&".join("a=1" for _ in range(MAX_FIELDS + 1))).encode()])
def test_forms_nobody_can_read_are_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_form(body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"a": "\\ud800"}', b"\xff"])
def test_json_nobody_can_read_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(body)


def test_json_reads_like_a_form() -> None:
    assert parse_json(b'{"NumMedia": 1, "Body": "x", "Empty": null}') == {"NumMedia": ["1"], "Body": ["x"], "Empty": [""]}


def test_forms_keep_every_letter() -> None:
    text = "\u202bשלום\u0000 & 😀"
    assert parse_form(f"Body={quote_plus(text)}".encode()) == {"Body": [text]}
