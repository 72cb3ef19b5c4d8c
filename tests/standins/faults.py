"""Faults a stand-in commits on request: the next ones by script, or at random rates from a seed."""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from enum import StrEnum


class Fault(StrEnum):
    """What can go wrong with one request. ``AFTER`` means that the provider has done what was asked."""

    TOO_MANY = "429"
    SERVER_ERROR = "500, nothing done"
    SERVER_ERROR_AFTER = "502, done all the same"
    TIMEOUT_BEFORE = "no answer, nothing done"
    TIMEOUT_AFTER = "no answer, done"
    RESET_BEFORE = "connection reset, nothing done"
    RESET_AFTER = "connection reset, done"


DONE = frozenset({Fault.SERVER_ERROR_AFTER, Fault.TIMEOUT_AFTER, Fault.RESET_AFTER})
AMBIGUOUS = DONE | {Fault.SERVER_ERROR, Fault.TIMEOUT_BEFORE, Fault.RESET_BEFORE}


class Faults:
    """Decides the fault of each request. Switched off until told otherwise; the same seed commits the same faults."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._script: deque[Fault | None] = deque()
        self._lock = threading.Lock()
        self.rates: dict[Fault, float] = {}
        self.committed: Counter[Fault] = Counter()

    def script(self, *faults: Fault | None) -> None:
        """The next requests meet these, in order; ``None`` is a request that goes well."""
        with self._lock:
            self._script.extend(faults)

    def off(self) -> None:
        """No more faults."""
        with self._lock:
            self._script.clear()
            self.rates = {}

    def next(self) -> Fault | None:
        """The fault of the request that is coming in."""
        with self._lock:
            fault = self._script.popleft() if self._script else self._by_rate()
            if fault is not None:
                self.committed[fault] += 1
            return fault

    def _by_rate(self) -> Fault | None:
        at = self._random.random()
        for fault, rate in self.rates.items():
            if at < rate:
                return fault
            at -= rate
        return None

    @property
    def ambiguous(self) -> int:
        """How many requests ended so that the caller could not know what had been done."""
        return sum(self.committed[fault] for fault in AMBIGUOUS)
