"""What is said to those who keep the service running when it cannot keep messages, or has missed some. Nothing about anybody.

Administrators and operators read it: as e-mail, written without asking the database, and as a line above every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import NullTranslations
from typing import Final

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.clock import BC
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.gaps import worth_telling
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ChannelAccount, Gap, GapState, Role, Staff
from ccmm_bot.store.vitals import Ailment

#: Outages of so long are shown.
SPAN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A gap of one sender."""

    gap: Gap
    channel: ChannelKind
    sender: str


def keepers(store: Store, agency_id: object = None) -> list[tuple[str, str]]:
    """(address, language) of everybody who administers: of one agency, or of all with the operators."""
    roles = (Role.ADMINISTRATOR,) if agency_id is not None else (Role.ADMINISTRATOR, Role.OPERATOR)
    with store.installation() as session:
        rows = session.exec(
            select(Staff.email, Staff.interface_language, Staff.agency_id).where(col(Staff.active), col(Staff.role).in_(roles))
        ).all()
    return sorted((email, language) for email, language, agency in rows if agency_id in (None, agency))


def outages(store: Store, reader: Reader, now: datetime) -> list[Outage]:
    """Times of the last month in which messages may not have reached the reader's agency, the latest first."""
    require(reader, Permission.SEE_SERVICE)
    with store.reading(reader.agency_id) as session:
        rows = session.exec(
            select(Gap, ChannelAccount)
            .join(ChannelAccount, col(ChannelAccount.id) == Gap.account_id)
            .where(Gap.until > now - SPAN)
            .order_by(col(Gap.until).desc(), col(ChannelAccount.account))
        ).all()
    return [Outage(gap=gap, channel=account.channel, sender=account.account) for gap, account in rows if worth_telling(gap)]


def trouble_words(what: Ailment, speaks: NullTranslations) -> str:
    """What is wrong, in a sentence."""
    _ = speaks.gettext
    match what:
        case Ailment.FULL:
            return _("The disk of the database is full.")
        case Ailment.READ_ONLY:
            return _("The database can be read, but not written to.")
        case Ailment.LOCKED:
            return _("Something keeps the database locked.")
        case Ailment.GONE:
            return _("The database does not answer.")
        case Ailment.FAILING:
            return _("The database refuses what is written to it.")


def alarm_letter(what: Ailment, since: datetime, speaks: NullTranslations) -> tuple[str, str]:
    """Subject and text of the alarm."""
    _ = speaks.gettext
    text = _(
        "Since %(time)s no message can be kept, and none is acknowledged. Telegram will bring its messages again by itself; those "
        "of Twilio are fetched when the database is well again. Nothing is sent meanwhile. Please look at the server now."
    )
    return _("Messages cannot be kept"), f"{trouble_words(what, speaks)}\n\n{text % {'time': _time(since)}}\n"


def well_letter(since: datetime, until: datetime, speaks: NullTranslations) -> tuple[str, str]:
    """Subject and text when it is over."""
    _ = speaks.gettext
    text = _("From %(since)s to %(until)s nothing could be kept. What was written to us meanwhile is being fetched.")
    return _("Messages are kept again"), (text % {"since": _time(since), "until": _time(until)}) + "\n"


def gap_letter(gaps: Sequence[Gap], speaks: NullTranslations) -> tuple[str, str]:
    """Subject and text about times in which nobody took messages, when they are closed."""
    _ = speaks.gettext
    lines = [gap_line(gap, speaks) for gap in gaps]
    return _("Messages were fetched after an outage"), "\n".join([*lines, "", _("All of it is on the page Service.")]) + "\n"


def gap_line(gap: Gap, speaks: NullTranslations) -> str:
    """One gap in a sentence, without its sender."""
    _ = speaks.gettext
    span = _("From %(since)s to %(until)s:") % {"since": _time(gap.since), "until": _time(gap.until)}
    match gap.state:
        case GapState.BY_PROVIDER:
            said = _("Telegram brings what was not taken by itself.")
        case GapState.GIVEN_UP:
            said = _("the provider's list could not be read for a day. Run: ccmm-bot channel reconcile")
        case GapState.OPEN:
            said = _("the provider's list is being read.")
        case GapState.CLOSED:
            said = speaks.ngettext(
                "%(found)s message at the provider, %(missed)s of them had not reached us.",
                "%(found)s messages at the provider, %(missed)s of them had not reached us.",
                gap.found,
            ) % {"found": gap.found, "missed": gap.missed}
    return f"{span} {said}"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(BC):%Y-%m-%d %H:%M}"
