"""Twilio's error codes, sorted by what has to be done about them (Twilio, "Error and Warning Dictionary").

The same codes come in two places: in the body of a refused request, and later in a receipt (``ErrorCode``).
"""

from __future__ import annotations

from enum import StrEnum

from ccmm_bot.messages import RefusedFinal, RefusedRetry, SendOutcome, Unknown


class ErrorClass(StrEnum):
    """What kind of trouble a code means."""

    OPTED_OUT = "opted out"  # the person unsubscribed or blocked us: the opt-out ledger must learn it
    BLOCKED = "blocked by the carrier"  # refused on the way; says nothing about the person's wish
    BAD_ADDRESS = "bad address"  # nobody can be reached there
    RETRY = "not now"  # certainly not sent
    CONFIGURATION = "our set-up"  # ours to fix; repeating changes nothing
    OUTSIDE_WINDOW = "outside the 24-hour window"  # WhatsApp wants an approved template
    TOO_LONG = "too long"
    UNKNOWN = "unknown"  # the carrier does not say
    OTHER = "refused"


_CLASSES: dict[ErrorClass, tuple[int, ...]] = {
    ErrorClass.OPTED_OUT: (21610, 63014),
    ErrorClass.BLOCKED: (30004,),
    ErrorClass.BAD_ADDRESS: (21211, 21614, 63003, 63024, 30005, 30006),
    ErrorClass.RETRY: (20429, 63018, 63012, 30003),
    ErrorClass.CONFIGURATION: (20003, 20404, 21408, 21606, 30007, 63013, 63021, 63027),
    ErrorClass.OUTSIDE_WINDOW: (63016,),
    ErrorClass.TOO_LONG: (21617,),
    ErrorClass.UNKNOWN: (30008,),
}
_BY_CODE = {code: kind for kind, codes in _CLASSES.items() for code in codes}

# Seconds. 429: "Requests that receive 429 responses aren't processed and are safe to retry after backing off" (Twilio,
# "Error 20429"). 63018 is WhatsApp's own rate limit; 63012 an error inside the channel provider; 30003 a phone that is
# switched off or out of reach, which does not change within seconds. 401 heals when the operator corrects the token.
_DELAYS = {20429: 2.0, 63018: 10.0, 63012: 30.0, 30003: 900.0}
_CREDENTIALS_DELAY = 300.0
_OUTSIDE_WINDOW_DELAY = 1.0


def classify(code: int | str | None) -> ErrorClass:
    """The class of a Twilio error code; ``OTHER`` for a code nobody has sorted yet."""
    try:
        number = int(code) if code is not None else 0
    except ValueError:
        return ErrorClass.OTHER
    return _BY_CODE.get(number, ErrorClass.OTHER)


def retry_delay(code: int | str | None) -> float | None:
    """After how many seconds a message that failed with this code is worth another try; ``None`` where it is not.

    63016 ("outside the window") is: not as it is, but as a template, and that is decided when it is sent again.
    """
    kind = classify(code)
    if kind is ErrorClass.OUTSIDE_WINDOW:
        return _OUTSIDE_WINDOW_DELAY
    return _DELAYS.get(int(code)) if kind is ErrorClass.RETRY and code is not None else None


def outcome(status: int, code: int | None, retry_after: float | None = None) -> SendOutcome:
    """What an error response to a create request means for the message.

    ``status`` is the HTTP status, ``code`` Twilio's own, ``retry_after`` the seconds of a ``Retry-After`` header. A 5xx says
    nothing about whether the message was taken before something broke: unknown.
    """
    if status >= 500:
        return Unknown(reason=f"Twilio answered HTTP {status}")
    if status == 429:
        return RefusedRetry(code=str(code or 20429), reason=ErrorClass.RETRY.value, delay_s=retry_after or _DELAYS[20429])
    if status in (401, 403) and code in (None, status, 20003):
        reason = ErrorClass.CONFIGURATION.value
        return RefusedRetry(code=str(code or status), reason=reason, delay_s=_CREDENTIALS_DELAY, ours=True)
    kind = classify(code)
    if kind is ErrorClass.RETRY and code is not None:
        return RefusedRetry(code=str(code), reason=kind.value, delay_s=retry_after or _DELAYS[code])
    return RefusedFinal(
        code=str(code or status),
        reason=kind.value,
        opted_out=kind is ErrorClass.OPTED_OUT,
        ours=kind is ErrorClass.CONFIGURATION,
    )
