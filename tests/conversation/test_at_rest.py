"""Nothing a person wrote, and no address, can be read from the files of the database."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from ccmm_bot.messages import ContentKind, Media
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Person
from tests.conftest import Cluster
from tests.conversation.support import Phone, rows, service, settings

CANARY = "Kanarienvogel"
NUMBER = "6045550177"


async def leave_traces(runtime: Runtime) -> None:
    """A conversation full of what must not be found."""
    phone = Phone(runtime, address=f"+1{NUMBER}")
    await phone.say(f"hello {CANARY}", "1", f"my words {CANARY}")
    media = (Media(url=f"https://example.org/{CANARY}", content_type="image/png"),)
    await phone.send(phone.message(CANARY, kind=ContentKind.IMAGE, media=media, external_user_id=f"US.{CANARY}"))
    await runtime.receiver.quarantine(phone.message().channel, "console", CANARY.encode(), "strange")
    with runtime.store.installation(write=True) as session:
        session.get_one(Person, rows(runtime, Person)[0].id).name = CANARY


def found(folder: Path) -> list[str]:
    """The files in which a canary can be read, in any encoding it might be written in."""
    needles = [
        form
        for text in (CANARY, NUMBER)
        for form in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode().hex().encode())
    ]
    names = []
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        with suppress(FileNotFoundError):  # PostgreSQL removes files while it runs
            data = path.read_bytes()
            names += [path.name] if any(needle in data for needle in needles) else []
    return names


async def test_the_files_of_sqlite_tell_nothing(sqlite_url: str, tmp_path: Path) -> None:
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        await leave_traces(runtime)
        assert (tmp_path / "ccmm.sqlite3-wal").exists()
        assert found(tmp_path) == []
    assert found(tmp_path) == []


@pytest.mark.postgres
async def test_the_files_of_postgres_and_its_log_tell_nothing(postgres_url: str, postgres_cluster: Cluster, tmp_path: Path) -> None:
    async with service(settings(postgres_url, tmp_path)) as runtime:
        await leave_traces(runtime)
    await asyncio.to_thread(postgres_cluster.run, "CHECKPOINT")
    assert found(postgres_cluster.socket) == []


async def test_the_canary_would_be_found_if_it_were_there(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(f"x{CANARY}y", encoding="utf-16-le")
    assert found(tmp_path) == ["plain"]
