"""A whole service at a public https address of its own, so that what providers would see can be looked at."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ccmm_bot.runtime import open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.web.app import create_app
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, BOT_TOKEN, SECRET, SMS_FROM, WHATSAPP_FROM
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.waiting import until


@dataclass(frozen=True, kw_only=True)
class Public:
    """Where it is, and what an operator's environment says. ``settings`` are the service's own."""

    url: str
    certificate: Path
    environment: dict[str, str]
    settings: Settings


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key; trusted by whoever has it in SSL_CERT_FILE."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, key_pem


def environment(folder: Path, url: str, twilio: TwilioStandin, telegram: TelegramStandin) -> dict[str, str]:
    """An operator's settings, all channels on."""
    return {
        "CCMM_DATABASE_URL": f"sqlite:///{folder}/service.sqlite3",
        "CCMM_SECRET_KEY_FILE": str(folder / "secret.key"),
        "CCMM_PUBLIC_BASE_URL": url,
        "CCMM_AGENCY_NAME": "Harbour Settlement Society",
        "CCMM_SERVICE_NAME": "Harbour",
        "CCMM_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "CCMM_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CCMM_TWILIO_SMS_FROM": SMS_FROM,
        "CCMM_TWILIO_WHATSAPP_FROM": WHATSAPP_FROM,
        "CCMM_TWILIO_API_BASE_URL": twilio.url,
        "CCMM_TELEGRAM_TOKEN": BOT_TOKEN,
        "CCMM_TELEGRAM_WEBHOOK_SECRET": SECRET,
        "CCMM_TELEGRAM_API_BASE_URL": telegram.url,
    }


@contextmanager
def service(folder: Path, twilio: TwilioStandin, telegram: TelegramStandin, **other: str) -> Iterator[Public]:
    """Serve it. ``other`` settings are the service's alone: what the operator's command does not know of."""
    pem, key = certificate(folder)
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    url = f"https://127.0.0.1:{bound.getsockname()[1]}"
    said = environment(folder, url, twilio, telegram)
    values: dict[str, Any] = {name.removeprefix("CCMM_").lower(): value for name, value in said.items()}
    chosen = Settings(_env_file=None, **(values | other))
    started, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async with open_runtime(chosen) as runtime:
            config = uvicorn.Config(
                create_app(runtime), ssl_certfile=pem, ssl_keyfile=key, log_level="critical", lifespan="off", ws="none"
            )
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve(sockets=[bound]))
            await until(lambda: server.started, within_s=None)
            started.set()
            await until(stop.is_set, within_s=None)
            server.should_exit = True
            await task

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert started.wait(30), "the service did not start"
    try:
        yield Public(url=url, certificate=pem, environment=said, settings=chosen)
    finally:
        stop.set()
        thread.join(10)
        bound.close()
