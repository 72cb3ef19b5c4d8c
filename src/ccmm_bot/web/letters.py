"""E-mail the pages send: a link to a colleague. Where there is no mail server, the page shows the link instead, once."""

from __future__ import annotations

from email.message import EmailMessage
from urllib.parse import urlsplit

from ccmm_bot.casework.access.staff_links import Made
from ccmm_bot.channels.mail import Mailer, MailServer
from ccmm_bot.messages import Sent
from ccmm_bot.settings import Settings

_TIMEOUT_S = 8.0  # somebody waits for the page


async def mail_link(settings: Settings, made: Made, link: str, subject: str, text: str) -> bool:
    """Mail a link; false where it could not be handed to a mail server, and has to be given by hand.

    ``text`` says what the link is for, without the link.
    """
    url = settings.smtp_url.get_secret_value()
    if not url:
        return False
    host = urlsplit(settings.public_base_url).hostname or "localhost"
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.smtp_from or f"ccmm-bot@{host}"
    message["To"] = made.email
    message["Message-ID"] = f"<{made.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{text}\n\n{link}\n")
    return isinstance(await Mailer(MailServer.parse(url), timeout_s=_TIMEOUT_S).send(message), Sent)
