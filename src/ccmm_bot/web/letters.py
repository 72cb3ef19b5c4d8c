"""E-mail the pages send: a link to a colleague. Where there is no mail server, the page shows the link instead, once."""

from __future__ import annotations

from datetime import datetime

from ccmm_bot.casework.access.staff_links import Made
from ccmm_bot.channels.mail import Mailer, MailServer, written
from ccmm_bot.messages import Sent
from ccmm_bot.settings import Settings

_TIMEOUT_S = 8.0  # somebody waits for the page


async def mail_link(settings: Settings, made: Made, link: str, subject: str, text: str, now: datetime) -> bool:
    """Mail a link; false where it could not be handed to a mail server, and has to be given by hand.

    ``text`` says what the link is for, without the link.
    """
    url = settings.smtp_url.get_secret_value()
    if not url:
        return False
    message = written(settings, to=made.email, subject=subject, text=f"{text}\n\n{link}\n", key=made.id, at=now)
    return isinstance(await Mailer(MailServer.parse(url), timeout_s=_TIMEOUT_S).send(message), Sent)
