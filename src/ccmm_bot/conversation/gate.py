"""The last look before a message goes out."""

from __future__ import annotations

from ccmm_bot.followup.hours import next_moment
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.gate import WINDOW, Candidate, Hold, OnlyTemplate, Pass, Suppress, Verdict
from ccmm_bot.store.tables import Purpose

__all__ = ["WINDOW", "gate", "outside_window"]


def gate(candidate: Candidate) -> Verdict:
    """Opt-out above everything but its own confirmation; consent, safety, sending and safe hours for what we start;
    WhatsApp's window."""
    verdict = _may_be_sent(candidate)
    return OnlyTemplate() if isinstance(verdict, Pass) and outside_window(candidate) else verdict


def outside_window(candidate: Candidate) -> bool:
    """Whether WhatsApp takes only templates to this person now."""
    if candidate.channel is not ChannelKind.WHATSAPP:
        return False
    last = candidate.last_inbound_at
    return candidate.outside_window or last is None or candidate.now - last >= WINDOW


def _may_be_sent(candidate: Candidate) -> Verdict:
    if candidate.purpose is Purpose.CONFIRMATION:
        return Pass()
    if candidate.opted_out:
        return Suppress("opted_out")
    if candidate.purpose is Purpose.ANSWER:
        # What comes hours late is no answer to somebody who just wrote: it keeps to the hours, though it needs no consent.
        if not candidate.automatic or candidate.just_wrote:
            return Pass()
    elif candidate.contact_refused and not candidate.never:
        return Suppress("no_consent")
    if candidate.never:
        return Suppress("not_safe")
    allowed = next_moment(candidate.now, candidate.zone, candidate.safe, candidate.office)
    if allowed is None and candidate.office is not None:
        # Her safe hours and the agency's own never meet: hers are about safety, the agency's are a preference.
        allowed = next_moment(candidate.now, candidate.zone, candidate.safe)
    if allowed is None:
        return Suppress("not_safe")  # her safe hours leave us none
    return Pass() if allowed <= candidate.now else Hold(allowed)
