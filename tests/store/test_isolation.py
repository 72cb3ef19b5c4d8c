"""The database itself keeps the agencies apart: row-level security, for the role the service runs as."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Column, MetaData, Table, Uuid
from sqlmodel import SQLModel, select
from typer.testing import CliRunner

import ccmm_bot
from ccmm_bot.cli.db import app
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store import isolation, migrations
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.scope import TELL, told
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Actor, Audit, Person, Quarantine
from ccmm_bot.store.types import uuid7
from tests import new
from tests.conftest import OWNER, SERVICE, Cluster

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
OURS, THEIRS = uuid7(), uuid7()

postgres = pytest.mark.postgres


@pytest.fixture
def service(postgres_url: str, keys: KeyRing) -> Iterator[psycopg.Connection]:
    """A bare connection of the service's role, to a database in which two agencies have somebody."""
    store = Store(open_engine(postgres_url, keys), keys)
    with store.installation(write=True) as session:
        for agency in (OURS, THEIRS):
            new.agency(session, f"Agency {agency}", id=agency)
            new.person(session, agency)
            session.add(Audit(agency_id=agency, at=NOW, actor_kind=Actor.SYSTEM, action="x", subject_kind="x", detail={}))
        session.add(Quarantine(channel=ChannelKind.SMS, account="", raw=b"", reason="", at=NOW))
    store.close()
    with psycopg.connect(postgres_url) as connection:
        yield connection


def tell(connection: psycopg.Connection, agency: object) -> None:
    """Begin anew, for one agency."""
    connection.rollback()
    connection.execute(TELL, told(str(agency)))


def count(connection: psycopg.Connection, table: str) -> int:
    """How many rows a role can see."""
    found = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
    assert found is not None
    return int(found[0])


@postgres
def test_every_table_in_the_catalogue_has_its_policy_or_is_named_with_a_reason(service: psycopg.Connection) -> None:
    rows = service.execute(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, "
        "array(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid) "
        "FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'v', 'f')"
    ).fetchall()
    without = {name for name, forced, policies in rows if not (forced and policies == [isolation.POLICY])}
    assert without == set(isolation.OPEN), "a table is behind no policy, or behind one more"
    assert {name for name, _forced, _policies in rows} - {"alembic_version"} == set(SQLModel.metadata.tables)


@postgres
def test_a_transaction_that_names_no_agency_sees_nothing(service: psycopg.Connection) -> None:
    for table in isolation.protected():
        assert count(service, table) == 0, table


@postgres
def test_one_agency_sees_its_own_rows_whatever_it_asks(service: psycopg.Connection) -> None:
    tell(service, OURS)
    assert service.execute("SELECT DISTINCT agency_id FROM person").fetchall() == [(OURS,)]
    assert service.execute("SELECT id FROM agency").fetchall() == [(OURS,)]
    assert service.execute("SELECT 1 FROM person WHERE agency_id = %s OR true", (THEIRS,)).fetchall() == [(1,)]
    assert count(service, "quarantine") == 0


@postgres
def test_the_role_of_the_service_cannot_switch_the_policies_off(service: psycopg.Connection) -> None:
    tell(service, OURS)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), service.transaction():
        service.execute("ALTER TABLE person DISABLE ROW LEVEL SECURITY")
    with service.transaction():
        service.execute("SET LOCAL row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), service.transaction():
            service.execute("SELECT count(*) FROM person")


@postgres
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE person SET language = 'ti' WHERE agency_id = %(theirs)s",
        "DELETE FROM person WHERE agency_id = %(theirs)s",
        "UPDATE agency SET name = 'x' WHERE id = %(theirs)s",
    ],
)
def test_another_agencys_rows_cannot_be_changed(service: psycopg.Connection, statement: str) -> None:
    tell(service, OURS)
    assert service.execute(statement, {"theirs": THEIRS}).rowcount == 0


@postgres
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO person (id, agency_id, code, created_at) VALUES (gen_random_uuid(), %(theirs)s, 'X', now())",
        "UPDATE person SET agency_id = %(theirs)s",
        "INSERT INTO quarantine (id, channel, account, raw, reason, at) VALUES (gen_random_uuid(), 'sms', '', '', '', now())",
    ],
)
def test_no_row_can_be_put_where_it_is_not_ours(service: psycopg.Connection, statement: str) -> None:
    tell(service, OURS)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        service.execute(statement, {"theirs": THEIRS})


@postgres
@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET action = 'y'", "TRUNCATE audit", "DROP TABLE audit"])
def test_the_record_of_who_did_what_can_only_be_added_to(service: psycopg.Connection, statement: str) -> None:
    tell(service, OURS)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(statement.encode())


@postgres
def test_the_scope_ends_with_its_transaction(service: psycopg.Connection) -> None:
    for agency in (str(OURS), None):
        service.rollback()
        service.execute(TELL, told(agency))
        assert count(service, "person") == (1 if agency else 2)
        service.commit()
        assert count(service, "person") == 0


@postgres
def test_the_owner_of_the_tables_is_held_as_well(service: psycopg.Connection, postgres_cluster: Cluster, postgres_url: str) -> None:
    name = re.search(r"@/(\w+)", postgres_url)
    assert name is not None
    with psycopg.connect(postgres_cluster.url(name[1], OWNER)) as owner:
        assert count(owner, "person") == 0
        tell(owner, THEIRS)
        assert count(owner, "person") == 1


@postgres
def test_a_store_session_reaches_its_agency_and_the_door_reaches_all(
    service: psycopg.Connection, postgres_url: str, keys: KeyRing
) -> None:
    store = Store(open_engine(postgres_url, keys), keys)
    with store.reading(OURS) as session:
        # Past the session's own criteria: what the database says by itself.
        assert session.connection().exec_driver_sql("SELECT DISTINCT agency_id FROM person").fetchall() == [(OURS,)]
    with store.installation() as session:
        assert len(session.exec(select(Person)).all()) == 2
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM person").scalar() == 0
    store.close()


def test_a_table_nobody_said_whose_it_is_has_no_policy_and_stops_the_upgrade() -> None:
    with pytest.raises(RuntimeError, match="Whose rows are in note"):
        isolation.condition_of(Table("note", MetaData(), Column("id", Uuid, primary_key=True)))


# --- how it is set up ---------------------------------------------------------------------------------------------------


@pytest.fixture
def empty(postgres_cluster: Cluster) -> Iterator[str]:
    """The name of a database that holds nothing yet."""
    name = f"ccmm_{uuid7().hex}"
    postgres_cluster.run(f"CREATE DATABASE {name} OWNER {OWNER}")
    yield name
    postgres_cluster.run(f"DROP DATABASE {name} WITH (FORCE)")


def db(command: str) -> tuple[int, str]:
    """``ccmm-bot db``: exit status and what it said."""
    result = CliRunner().invoke(app, [command])
    return result.exit_code, f"{result.output}{result.exception or ''}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A folder of our own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))
    return monkeypatch


@postgres
def test_two_roles_the_owner_upgrades_and_the_service_cannot(
    empty: str, postgres_cluster: Cluster, here: pytest.MonkeyPatch
) -> None:
    here.setenv("CCMM_DATABASE_URL", postgres_cluster.url(empty, SERVICE))
    status, said = db("upgrade")
    assert status == 1
    assert "CCMM_DATABASE_OWNER_URL" in said
    here.setenv("CCMM_DATABASE_OWNER_URL", postgres_cluster.url(empty, OWNER))
    assert db("upgrade")[0] == 0
    here.delenv("CCMM_DATABASE_OWNER_URL")
    assert db("upgrade")[0] == 0  # nothing to do: that it may not is no trouble
    status, said = db("check")
    assert status == 0
    assert "this role cannot change" in said


@postgres
def test_one_role_for_both_works_and_is_said_to_be_less(empty: str, postgres_cluster: Cluster, here: pytest.MonkeyPatch) -> None:
    here.setenv("CCMM_DATABASE_URL", postgres_cluster.url(empty, OWNER))
    assert db("upgrade")[0] == 0
    status, said = db("check")
    assert status == 0
    assert "could switch it off" in said


@postgres
def test_a_superuser_is_warned_of(empty: str, postgres_cluster: Cluster, here: pytest.MonkeyPatch) -> None:
    here.setenv("CCMM_DATABASE_URL", postgres_cluster.url(empty))
    assert db("upgrade")[0] == 0
    assert "superuser" in db("check")[1]


@postgres
def test_a_policy_that_was_taken_away_is_noticed_and_made_again(
    empty: str, postgres_cluster: Cluster, here: pytest.MonkeyPatch, keys: KeyRing
) -> None:
    here.setenv("CCMM_DATABASE_URL", postgres_cluster.url(empty, OWNER))
    assert db("upgrade")[0] == 0
    with psycopg.connect(postgres_cluster.url(empty, OWNER), autocommit=True) as owner:
        owner.execute("DROP POLICY ccmm_isolation ON person")
        owner.execute("ALTER TABLE flag DISABLE ROW LEVEL SECURITY")
    status, said = db("check")
    assert status == 1
    assert "2 tables" in said
    assert db("upgrade")[0] == 0
    assert db("check")[0] == 0


@postgres
def test_a_service_that_may_not_migrate_says_what_to_do(empty: str, postgres_cluster: Cluster, keys: KeyRing) -> None:
    engine = open_engine(postgres_cluster.url(empty, SERVICE), keys)
    with pytest.raises(ConfigurationError, match="ccmm-bot db upgrade"):
        migrations.upgrade(engine)
    engine.dispose()


# --- the door -----------------------------------------------------------------------------------------------------------

#: Who goes through the door to every agency's rows, and why. Whoever is added here says why.
THROUGH_THE_DOOR = {
    "casework/access": "signing in: who somebody is decides which agency she belongs to",
    "casework/agencies": "the operator's list of agencies",
    "casework/caseload/taking_over.py": "uploads that wait to be taken over, of all agencies in turn",
    "casework/conversations/replies.py": "the sender's own look for another way to somebody already found",
    "casework/desk/digest.py": "notices to staff, for all agencies in turn",
    "casework/desk/notices.py": "notices to staff, for all agencies in turn",
    "casework/desk/watch.py": "flags nobody has looked at, of all agencies in turn",
    "casework/exchange/webhooks.py": "deliveries to systems, for all agencies in turn",
    "casework/followups/listing.py": "the operator's list of follow-ups",
    "channels/senders.py": "which agency a sender of ours belongs to",
    "cli": "the operator at the machine",
    "conversation/accounts.py": "which agency a sender of ours belongs to",
    "conversation/receive.py": "timers, receipts, staff's acts on a conversation that was found within their agency",
    "evaluation/agencies.py": "the names of the agencies of one report, told apart",
    "evaluation/asking.py": "exports that wait to be made, of all agencies in turn",
    "evaluation/making.py": "one export over the agencies that joined its study, logged in each of them",
    "evaluation/releasing.py": "the operator's choice of agencies, logged in each of them",
    "evaluation/studies.py": "which agencies joined a study, and who evaluates it",
    "store": "the store itself: seeding, sealing, pruning, backups, the outbox and the timers",
    "web/demo": "the demonstration",
    "worker": "work that is due, whosever it is",
}


def test_nobody_else_goes_through_the_door() -> None:
    root = Path(ccmm_bot.__file__).parent
    used = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(r"\.installation\(|\bacross\(", path.read_text(encoding="utf-8"))
    }
    named = {file for file in used for place in THROUGH_THE_DOOR if file == place or file.startswith(f"{place}/")}
    assert used - named == set(), "say here why this may see every agency's rows, or give it one agency"
    assert {place for place in THROUGH_THE_DOOR if not any(f == place or f.startswith(f"{place}/") for f in used)} == set()
