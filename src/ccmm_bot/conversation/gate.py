"""The last look before a message goes out."""

from __future__ import annotations

from ccmm_bot.followup.quiet_hours import next_allowed
from ccmm_bot.store.outbox import Candidate, Hold, Pass, Suppress, Verdict
from ccmm_bot.store.tables import Purpose


def gate(candidate: Candidate) -> Verdict:
    """Opt-out above everything but its own confirmation; consent, safety and sending hours for what we start."""
    if candidate.purpose is Purpose.CONFIRMATION:
        return Pass()
    if candidate.opted_out:
        return Suppress("opted_out")
    if candidate.purpose is Purpose.ANSWER:
        return Pass()
    if candidate.never:
        return Suppress("not_safe")
    if candidate.contact_refused:
        return Suppress("no_consent")
    allowed = next_allowed(candidate.now, candidate.zone)
    return Pass() if allowed <= candidate.now else Hold(allowed)
