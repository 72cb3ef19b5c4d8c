"""Mail to staff, handed to a real server: what its answers mean, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from ccmm_bot.channels.mail import Mailer, MailServer
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import RefusedFinal, RefusedRetry, Sent, Unknown
from tests.standins.mail import MailStandin, mail_server


@pytest.fixture
def server() -> Iterator[MailStandin]:
    with mail_server() as standin:
        yield standin


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "bot@example.org", "night@example.org", "<1@example.org>"
    message["Subject"] = "Something waits"
    message.set_content("Please look.\n")
    return message


def mailer(server: MailStandin) -> Mailer:
    return Mailer(MailServer.parse(server.url), timeout_s=5)


async def test_a_message_arrives_with_our_message_id(server: MailStandin) -> None:
    assert await mailer(server).send(mail()) == Sent(provider_message_id="<1@example.org>")
    assert (server.to, server.got[0]["Message-ID"]) == (["night@example.org"], "<1@example.org>")


@pytest.mark.parametrize(("says", "kind"), [("554 no", RefusedFinal), ("451 later", RefusedRetry)])
async def test_the_server_s_answer_decides(server: MailStandin, says: str, kind: type[RefusedFinal | RefusedRetry]) -> None:
    server.says.append(says)
    assert isinstance(await mailer(server).send(mail()), kind)


@pytest.mark.parametrize(("says", "kind"), [("550 no such box", RefusedFinal), ("450 box is busy", RefusedRetry)])
async def test_a_reader_can_be_refused_for_good_or_for_now(
    server: MailStandin, says: str, kind: type[RefusedFinal | RefusedRetry]
) -> None:
    server.says_to_recipient = says
    assert isinstance(await mailer(server).send(mail()), kind)


async def test_a_broken_connection_leaves_it_unknown(server: MailStandin) -> None:
    server.hangs_up = 1
    assert isinstance(await mailer(server).send(mail()), Unknown)


async def test_no_server_is_a_matter_of_waiting() -> None:
    with mail_server() as gone:
        pass
    assert isinstance(await mailer(gone).send(mail()), RefusedRetry)


async def test_a_password_is_never_sent_in_clear(server: MailStandin) -> None:
    with_password = Mailer(MailServer.parse(f"smtp://bot:secret@127.0.0.1:{server.port}"), timeout_s=5)
    assert not isinstance(await with_password.send(mail()), Sent)
    assert server.got == []


@pytest.mark.parametrize(
    ("url", "port", "tls", "user"),
    [
        ("smtp://mail.example.org", 587, False, None),
        ("smtps://mail.example.org", 465, True, None),
        ("smtp://bot%40example.org:p%2Fw@mail.example.org:2525", 2525, False, "bot@example.org"),
    ],
)
def test_an_address_says_how_to_connect(url: str, port: int, tls: bool, user: str | None) -> None:
    server = MailServer.parse(url)
    assert (server.host, server.port, server.tls, server.user) == ("mail.example.org", port, tls, user)


@pytest.mark.parametrize("url", ["mail.example.org", "http://u:secret@x", "smtp://", "smtp://x:secret"])
def test_an_address_that_cannot_be_meant_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        MailServer.parse(url)
    assert "secret" not in str(refused.value)
