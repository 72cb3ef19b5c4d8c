"""A database and its keys belong together; a start with the wrong ones is refused in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import SystemClock
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.runtime import CONSOLE, open_runtime
from ccmm_bot.settings import Settings


def settings(url: str, key_file: Path) -> Settings:
    return Settings(_env_file=None, database_url=url, secret_key_file=key_file)


async def write_once(service: Settings) -> None:
    async with open_runtime(service, channels=Channels()) as runtime:
        await runtime.receiver.receive(
            InboundMessage(
                channel=ChannelKind.CONSOLE,
                account=CONSOLE[1],
                provider_message_id="1",
                sender="somebody",
                received_at=SystemClock().now(),
                text="hello",
            )
        )


async def test_the_first_start_makes_a_key_and_the_next_one_uses_it(database_url: str, tmp_path: Path) -> None:
    service = settings(database_url, tmp_path / "own.key")
    await write_once(service)
    before = (tmp_path / "own.key").read_bytes()
    async with open_runtime(service, channels=Channels()):
        assert (tmp_path / "own.key").read_bytes() == before


async def test_a_missing_key_beside_a_database_with_data_is_never_replaced_by_a_new_one(database_url: str, tmp_path: Path) -> None:
    service = settings(database_url, tmp_path / "own.key")
    await write_once(service)
    (tmp_path / "own.key").rename(tmp_path / "elsewhere.key")
    with pytest.raises(ConfigurationError, match="is missing"):
        await write_once(service)
    assert not (tmp_path / "own.key").exists()


async def test_the_key_of_another_database_is_refused(database_url: str, tmp_path: Path) -> None:
    await write_once(settings(database_url, tmp_path / "own.key"))
    await write_once(settings(f"sqlite:///{tmp_path}/other.sqlite3", tmp_path / "other.key"))
    with pytest.raises(ConfigurationError, match="another database"):
        await write_once(settings(database_url, tmp_path / "other.key"))
