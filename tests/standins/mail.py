"""A real mail server on this machine, which keeps what it is given and can be told to refuse."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from time import monotonic
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailStandin:
    """``says`` is answered to the next messages instead of taking them; ``hangs_up`` ends the connection after taking one."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.at: list[float] = []  # when each came, on the machine's monotonic clock
        self.to: list[str] = []
        self.says: list[str] = []
        self.says_to_recipient: str | None = None
        self.hangs_up = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[Any]) -> str:
        if self.says_to_recipient is not None:
            return self.says_to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.says:
            return self.says.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        made = message_from_bytes(content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.got.append(made)
        self.at.append(monotonic())
        self.to += envelope.rcpt_tos
        if self.hangs_up:
            self.hangs_up -= 1
            assert server.transport is not None
            server.transport.close()
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailStandin]:
    """A server on a free port, in a thread of its own."""
    standin = MailStandin()
    with socket.socket() as probe:  # the controller looks for its server at the port it was given, so it has to be given one
        probe.bind(("127.0.0.1", 0))
        standin.port = probe.getsockname()[1]
    controller = Controller(standin, hostname="127.0.0.1", port=standin.port)
    controller.start()
    try:
        yield standin
    finally:
        controller.stop()
