"""What was erased on PostgreSQL: in clear nowhere, its key gone, and not even sealed in files of tables that were rewritten.

Segments of PostgreSQL's write-ahead log are its own to reuse: until then they hold what was erased, sealed with the destroyed key.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from ccmm_bot.casework.persons.erasure import erase
from ccmm_bot.store.keys import ErasedValue
from ccmm_bot.store.tables import Person
from tests.casework.test_erasure_keys import CANARIES, NOW, found, supervisor, talk, whose
from tests.conftest import Cluster
from tests.conversation.support import rows, service, settings


@pytest.mark.postgres
async def test_nothing_of_her_can_be_read_in_any_file(postgres_url: str, postgres_cluster: Cluster, tmp_path: Path) -> None:
    data = postgres_cluster.socket / "data"
    owned = postgres_cluster.url(urlsplit(postgres_url).path.lstrip("/"))

    def settled(*statements: str) -> None:
        with psycopg.connect(owned, autocommit=True) as connection:
            for statement in (*statements, "CHECKPOINT"):
                connection.execute(statement.encode())

    async with service(settings(postgres_url, tmp_path)) as runtime:
        her = whose(runtime, await talk(runtime, CANARIES[2]))
        with psycopg.connect(owned) as connection:
            sealed = [bytes(row[0]) for row in connection.execute("SELECT text FROM inbound WHERE text IS NOT NULL").fetchall()]
        settled()
        assert found(data) == found(tmp_path) == [], "it could not be read before either"
        assert found(data / "base", *sealed), "and sealed it is there"
        stays = whose(runtime, await talk(runtime, "6045550178", words=False))
        with psycopg.connect(owned) as connection:
            theirs = {
                bytes(row[0]) for row in connection.execute("SELECT text FROM inbound WHERE text IS NOT NULL").fetchall()
            } - set(sealed)
        erase(runtime.store, supervisor(runtime.store), her.id, her.code, NOW)
        settled("VACUUM FULL")
        assert found(data) == found(tmp_path) == []
        assert found(data / "base", *sealed) == [], "nor sealed, in the files of the tables"
        assert found(data / "base", *theirs), "the search finds what stays"
        assert her.data_key is not None
        with pytest.raises(ErasedValue):
            runtime.keys.of(her.data_key.hex)
        (kept,) = rows(runtime, Person)
        assert kept.id == stays.id
