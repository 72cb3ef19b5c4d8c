"""The service under libfaketime: ``python -m tests.reliability.slept serve …``.

libfaketime 0.9.10 does not know how Python 3.11 sleeps (``clock_nanosleep`` until a moment): every ``time.sleep`` fails at once
with EINVAL. The job engine sleeps so before it tries something again, and its thread would end with that error. Waiting for an
event that nobody sets is a sleep that libfaketime leaves alone.
"""

from __future__ import annotations

import threading
import time

from ccmm_bot.cli import main


def sleep(seconds: float, /) -> None:
    """As ``time.sleep``."""
    threading.Event().wait(seconds)


if __name__ == "__main__":
    time.sleep = sleep  # type: ignore[assignment]  # takes a float alone
    main()
