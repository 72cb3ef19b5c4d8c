"""Every error class of Twilio's, and what it means for the message."""

from __future__ import annotations

import pytest

from ccmm_bot.channels.twilio.errors import ErrorClass, classify, outcome
from ccmm_bot.messages import RefusedFinal, RefusedRetry, Unknown


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (ErrorClass.OPTED_OUT, (21610, 63014)),
        (ErrorClass.BAD_ADDRESS, (21211, 21614, 63003, 63024, 30005, 30006)),
        (ErrorClass.RETRY, (20429, 63018, 63012, 30003)),
        (ErrorClass.CONFIGURATION, (21408, 30007, 63013, 63021, 63027)),
        (ErrorClass.OUTSIDE_WINDOW, (63016,)),
        (ErrorClass.UNKNOWN, (30008,)),
        (ErrorClass.BLOCKED, (30004,)),
        (ErrorClass.TOO_LONG, (21617,)),
        (ErrorClass.OTHER, (99999, None, "x")),
    ],
)
def test_codes_are_sorted_by_what_has_to_be_done(kind: ErrorClass, codes: tuple[int | str | None, ...]) -> None:
    assert {classify(code) for code in codes} == {kind}
    assert {classify(str(code)) for code in codes} == {kind}


def test_a_refusal_is_final_unless_its_class_says_otherwise() -> None:
    assert outcome(400, 21211) == RefusedFinal(code="21211", reason="bad address")
    assert outcome(400, 21610) == RefusedFinal(code="21610", reason="opted out", opted_out=True)
    assert outcome(400, 30004) == RefusedFinal(code="30004", reason="blocked by the carrier")
    assert outcome(404, None) == RefusedFinal(code="404", reason="refused")


def test_too_many_requests_are_repeated_when_twilio_says() -> None:
    assert outcome(429, 20429, 7.0) == RefusedRetry(code="20429", reason="not now", delay_s=7.0)
    assert isinstance(outcome(429, None), RefusedRetry)
    assert isinstance(outcome(400, 63018), RefusedRetry)


def test_wrong_credentials_wait_for_the_operator() -> None:
    refused = outcome(401, 20003)
    assert isinstance(refused, RefusedRetry)
    assert refused.delay_s >= 60


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_after_a_server_error_nobody_knows(status: int) -> None:
    assert isinstance(outcome(status, 20500), Unknown)
