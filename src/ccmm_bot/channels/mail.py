"""E-mail to staff, by SMTP. Never to the people the service is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import RefusedFinal, RefusedRetry, SendOutcome, Sent, Unknown
from ccmm_bot.settings import Settings

_PORTS: Final = {"smtp": 587, "smtps": 465}
_DELAY_S: Final = 30.0
_NO_HOST: Final = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MailServer:
    """Where mail is handed in. ``tls`` from the first byte on; otherwise STARTTLS, which a password cannot do without."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """``smtp://user:password@host:587`` or ``smtps://…:465``. Raises :class:`ConfigurationError`, without the address in it."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigurationError("CCMM_SMTP_URL is not an address of a mail server.") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ConfigurationError(
                "CCMM_SMTP_URL has to look like smtp://user:password@host:587 or smtps://user:password@host:465."
            )
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            tls=parts.scheme == "smtps",
        )


def written(settings: Settings, *, to: str, subject: str, text: str, key: object, at: datetime) -> EmailMessage:
    """A mail of the service to one colleague.

    ``key`` makes its Message-ID, by which mail programs show once what was handed over twice: it stays the same however often the
    mail is written. ``at``: when there was something to tell.
    """
    host = urlsplit(settings.public_base_url).hostname or _NO_HOST
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.smtp_from or f"ccmm-bot@{host}"
    message["To"] = to
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{key}@{host}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answer to this, please
    message.set_content(text)
    return message


class Mailer:
    """Hands mail to one server, a connection for each message."""

    def __init__(self, server: MailServer, *, timeout_s: float = 20.0) -> None:
        self._server = server
        self._timeout_s = timeout_s

    async def send(self, message: EmailMessage) -> SendOutcome:
        """Hand one message over. Never raises for what a server or a network can do.

        Only an answer of the server is an outcome; a connection that breaks after the message was begun leaves it unknown.
        """
        server = self._server
        try:
            await aiosmtplib.send(
                message,
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.tls,
                start_tls=True if server.user is not None and not server.tls else None,
                timeout=self._timeout_s,
            )
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPConnectTimeoutError) as error:
            return RefusedRetry(code=type(error).__name__, reason="no connection to the mail server", delay_s=_DELAY_S)
        except aiosmtplib.SMTPAuthenticationError as error:
            return RefusedRetry(code=str(error.code), reason="the mail server refuses our account", delay_s=_DELAY_S, ours=True)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(error.recipients[0].code if error.recipients else 550)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Unknown(reason=type(error).__name__)
        return Sent(provider_message_id=message["Message-ID"] or "")


def _refused(code: int) -> SendOutcome:
    """RFC 5321, section 4.2.1: 4yz may work later, 5yz will not."""
    if 500 <= code < 600:
        return RefusedFinal(code=str(code), reason="the mail server refuses the message")
    return RefusedRetry(code=str(code), reason="the mail server cannot take the message now", delay_s=_DELAY_S)
