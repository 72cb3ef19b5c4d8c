"""Everything of somebody's is sealed with her own key, and keys can be changed and destroyed while the service runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, func, select, type_coerce
from sqlmodel import SQLModel
from sqlmodel import select as every

from ccmm_bot.errors import ConfigurationError
from ccmm_bot.store import rotation
from ccmm_bot.store.datakeys import DataKeys, attach
from ccmm_bot.store.disposal import dispose
from ccmm_bot.store.keys import ErasedValue, KeyRing, UnreadableValue, sealed_by
from ccmm_bot.store.keystore import KeyStoreError
from ccmm_bot.store.safekeeping import beside, check_keys
from ccmm_bot.store.scope import across
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Agency, Case, ContactPoint, DisposalReason, Flag, Household, KeyDisposal, Person
from ccmm_bot.store.whose import HOLDERS, NOBODYS, WAYS, held_by, key_of, sealed_columns, table_named
from tests import new
from tests.conftest import SERVICE, Cluster

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
MANY = 40


@pytest.fixture
def own(keys: KeyRing) -> DataKeys:
    assert isinstance(keys.own, DataKeys)
    return keys.own


@pytest.fixture
def store(store: Store) -> Store:
    """An agency with a number, whose credentials are sealed."""
    new.sender(store, new.agency(store), credentials={"token": "of the agency"})
    return store


def fill(store: Store, people: int = 3) -> list[UUID]:
    """People with a household, a telephone and a case each; their ids."""
    made: list[UUID] = []
    with store.installation(write=True) as session:
        agency = session.exec(every(Agency)).one().id
        for n in range(people):
            family = new.household(session, agency, label=f"family {n}")
            person = new.person(session, agency, name=f"name {n}", household_id=family)
            new.telephone(session, agency, f"+1604555{n:04}")
            new.case(session, agency, person_id=person, rationale=f"because {n}")
            new.flag(session, agency, person, note=f"note {n}")
            made.append(person)
    return made


def read(store: Store) -> dict[str, list[str]]:
    """Everything the people of :func:`fill` have, as staff read it."""
    with store.installation() as session:
        return {
            "names": sorted(str(each.name) for each in session.exec(every(Person))),
            "labels": sorted(str(each.label) for each in session.exec(every(Household))),
            "numbers": sorted(str(each.address) for each in session.exec(every(ContactPoint))),
            "notes": sorted(str(each.note) for each in session.exec(every(Flag))),
            "reasons": sorted(str(each.rationale) for each in session.exec(every(Case))),
        }


def sealers(store: Store) -> dict[str, set[int | str | None]]:
    """What sealed the values of each sealed column that has any, straight from the database."""
    found: dict[str, set[int | str | None]] = {}
    with across(store.engine).connect() as connection:
        for table in SQLModel.metadata.tables.values():
            for name in sealed_columns(table):
                for (blob,) in connection.execute(
                    select(type_coerce(table.c[name], LargeBinary)).where(table.c[name].is_not(None))
                ):
                    found.setdefault(f"{table.name}.{name}", set()).add(sealed_by(bytes(blob)))
    return found


# --- whose key ------------------------------------------------------------------------------------------------------------


def test_it_is_decided_of_every_sealed_column_whose_key_seals_it() -> None:
    sealed = {table.name for table in SQLModel.metadata.tables.values() if sealed_columns(table)}
    assert sealed - set(HOLDERS) - set(WAYS) <= NOBODYS
    assert not NOBODYS & (set(HOLDERS) | set(WAYS))
    for name, ways in WAYS.items():
        for way in ways:
            column = table_named(name).c[way.column]
            targets = {key.column.table.name for key in column.foreign_keys}
            assert way.table in (targets or {"case"}), "a way follows a reference of the table"


def test_everybodys_values_are_sealed_with_keys_of_their_own(store: Store) -> None:
    fill(store)
    by = sealers(store)
    assert by.pop("channel_account.credentials") == {1}, "what is nobody's is the installation's"
    for column, sealed in by.items():
        assert len(sealed) == 3, f"{column}: each of three people has another key"
        assert all(isinstance(each, str) for each in sealed)
    assert by["person.name"] == by["flag.note"] == by["case.rationale"], "hers is sealed with hers"
    assert not by["person.name"] & by["contact_point.address"], "a telephone is not hers alone"
    assert read(store)["names"] == ["name 0", "name 1", "name 2"]


def test_a_value_that_is_changed_keeps_its_key_and_an_old_one_opens_still(store: Store, keys: KeyRing) -> None:
    plain = Store(store.engine, KeyRing.load_or_create(_file(keys)))  # where nobody has a key of her own
    attached, plain.keys._own = plain.keys.own, None  # no key store
    assert attached is None
    people = fill(plain, people=1)
    assert sealers(store)["person.name"] == {1}
    with store.installation(write=True) as session:
        session.get_one(Person, people[0]).name = "another"
    assert read(store)["names"] == ["another"], "she has no key yet: the installation's seals it"
    assert list(rotation.give_keys(store.engine, keys))[-1] == 3
    with store.installation(write=True) as session:
        session.get_one(Person, people[0]).name = "a third"
    (by,) = sealers(store)["person.name"]
    assert isinstance(by, str)
    assert read(store)["notes"] == ["note 0"]


def test_the_rows_somebody_holds_are_those_whose_way_leads_to_her(store: Store) -> None:
    people = fill(store)
    with across(store.engine).connect() as connection:
        for name in ("flag", "case", "person"):
            table = table_named(name)
            for person in people:
                keys_ = {
                    key_of(connection, name, row.id, {})
                    for row in connection.execute(select(table.c.id).where(held_by(table, "person", person)))
                }
                assert keys_ == {key_of(connection, "person", person, {})}


# --- handing out --------------------------------------------------------------------------------------------------------------


def test_no_two_people_get_the_same_key_from_any_number_of_threads_and_processes(
    own: DataKeys, keys: KeyRing, tmp_path: Path
) -> None:
    others = [attach(KeyRing.load(tmp_path / "secret.key"), beside(tmp_path / "secret.key")) for _ in range(3)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: (own, *others)[n % 4].take(), range(1200)))
    assert len(set(taken)) == len(taken)
    for key in taken[::100]:
        assert keys.open(b"f", keys.of(key).seal(b"f", b"mine")) == b"mine"
    assert own.store.knows([bytes.fromhex(key) for key in taken[:50]]) == 50, "on the disk before they are handed out"
    for each in others:
        each.close()


def test_a_key_that_is_not_kept_open_is_read_again(own: DataKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccmm_bot.store.datakeys.KEPT_OPEN", 3)
    monkeypatch.setattr("ccmm_bot.store.datakeys.KEPT_IN_MIND", 5)
    sealed = [(key := own.take(), own.of(key).seal(b"f", key.encode())) for _ in range(10)]
    assert [own.open(b"f", blob).decode() for key, blob in sealed] == [key for key, _ in sealed]
    assert (len(own._open), len(own._mind)) == (3, 5)
    own._open.clear()
    own.prepare([*(blob for _, blob in sealed), b"", b"\x01 another layout"])
    assert len(own._mind) == 5, "of many at once no more either"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.binary(max_size=300), flip=st.integers(min_value=0), field=st.sampled_from([b"a.b", b"a.c"]))
def test_a_sealed_value_opens_as_it_was_and_no_changed_one_opens(own: DataKeys, data: bytes, flip: int, field: bytes) -> None:
    sealer = own.of(own.take())
    blob = sealer.seal(field, data)
    assert sealer.open(field, blob) == data
    at = 17 + flip % (len(blob) - 17)
    with pytest.raises(UnreadableValue):
        own.open(field, blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])
    with pytest.raises(UnreadableValue):
        own.open(b"other.field", blob)


def test_a_process_that_is_about_to_answer_has_keys_at_hand(own: DataKeys, tmp_path: Path) -> None:
    key = own.take()
    blob = own.of(key).seal(b"f", b"hers")
    other = attach(KeyRing.load(tmp_path / "secret.key"), beside(tmp_path / "secret.key"))
    other.warm()
    for thread in [each for each in threading.enumerate() if each.name == "ccmm-keys"]:
        thread.join(30)
    (tmp_path / "keys.sqlite3").rename(tmp_path / "away")  # neither asks the store again
    assert other.open(b"f", blob) == b"hers"
    assert other.take()
    (tmp_path / "away").rename(tmp_path / "keys.sqlite3")
    other.close()


# --- destroying ----------------------------------------------------------------------------------------------------------------


def test_a_destroyed_key_opens_nothing_and_says_so(own: DataKeys, keys: KeyRing) -> None:
    key = own.take()
    blob = keys.of(key).seal(b"f", b"hers")
    assert own.destroy([key]) == 1
    assert own.destroy([key]) == 0, "again does no harm"
    with pytest.raises(ErasedValue):
        keys.open(b"f", blob)
    with pytest.raises(ErasedValue):
        keys.of(key)
    assert bytes.fromhex(key) in set(own.store.erased())
    with pytest.raises(KeyStoreError, match="newest copy"):
        own.of("00" * 16)


def test_nothing_of_a_destroyed_key_is_left_in_the_files(own: DataKeys, tmp_path: Path) -> None:
    key = own.take()
    wrapped = own.store.get(bytes.fromhex(key))
    assert wrapped is not None
    assert any(wrapped in path.read_bytes() for path in tmp_path.glob("keys.sqlite3*"))
    own.destroy([key])
    assert not any(wrapped in path.read_bytes() for path in tmp_path.glob("keys.sqlite3*"))
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("keys.sqlite3*")), "its owner's alone"


@pytest.mark.postgres
def test_the_key_store_can_be_a_database_of_its_own(postgres_cluster: Cluster, tmp_path: Path) -> None:
    name = f"keys_{uuid4().hex}"
    postgres_cluster.run(f"CREATE DATABASE {name} OWNER {SERVICE}")
    postgres_url = postgres_cluster.url(name, SERVICE)
    ring = KeyRing.load_or_create(tmp_path / "secret.key")
    own = attach(ring, postgres_url)
    key = own.take()
    blob = ring.of(key).seal(b"f", b"hers")
    again = attach(KeyRing.load(tmp_path / "secret.key"), postgres_url)
    assert again.open(b"f", blob) == b"hers"
    assert own.destroy([key]) == 1
    late = attach(KeyRing.load(tmp_path / "secret.key"), postgres_url)
    with pytest.raises(ErasedValue):
        late.of(key)
    for each in (own, again, late):
        each.close()
    postgres_cluster.run(f"DROP DATABASE {name}")


# --- the right ones ---------------------------------------------------------------------------------------------------------


def test_a_missing_key_store_is_noticed_at_the_start(store: Store, keys: KeyRing, tmp_path: Path) -> None:
    fill(store)
    check_keys(store.engine, keys, tmp_path / "secret.key")
    empty = KeyRing.load(tmp_path / "secret.key")
    attach(empty, f"sqlite:///{tmp_path}/another.sqlite3")
    with pytest.raises(ConfigurationError, match="CCMM_KEY_STORE_URL"):
        check_keys(store.engine, empty, tmp_path / "secret.key")
    empty.close()


def test_another_installations_key_file_is_noticed(store: Store, tmp_path: Path) -> None:
    fill(store)
    foreign = KeyRing.load_or_create(tmp_path / "foreign.key")
    attach(foreign, beside(tmp_path / "secret.key"))
    with pytest.raises(ConfigurationError, match="another database"):
        check_keys(store.engine, foreign, tmp_path / "foreign.key")
    foreign.close()


def test_a_key_store_others_can_read_is_refused(own: DataKeys, tmp_path: Path) -> None:
    own.take()
    own.close()
    (tmp_path / "keys.sqlite3").chmod(0o640)
    ring = KeyRing.load(tmp_path / "secret.key")
    with pytest.raises(ConfigurationError, match="chmod 600"):
        attach(ring, beside(tmp_path / "secret.key")).take()


# --- rotating -------------------------------------------------------------------------------------------------------------------


def test_everything_goes_over_to_a_new_installation_key(store: Store, keys: KeyRing, own: DataKeys) -> None:
    fill(store)
    before, file = read(store), _file(keys)
    keys.with_new_key().save(file, replace=True)
    running = KeyRing.load(file)  # another process that has been running all the time
    attach(running, beside(file))
    keys.refresh()
    assert rotation.standing(store.engine, keys, own).needed(1) > 0
    for _ in (*rotation.wrap_anew(keys, own), *rotation.seal_left(store.engine, keys)):
        pass
    found = rotation.standing(store.engine, keys, own)
    assert (found.active, found.needed(1), found.left, found.without_own) == (2, 0, 0, 0)
    KeyRing.load(file).without(1).save(file, replace=True)
    fresh = KeyRing.load(file)
    attach(fresh, beside(file))
    assert fresh.numbers == (2,)
    alone = Store(open_engine(_url(store), fresh), fresh)
    assert read(alone) == before
    alone.close()
    running.close()


def test_a_running_process_takes_up_a_new_installation_key_by_itself(keys: KeyRing) -> None:
    file = _file(keys)
    keys.with_new_key().save(file, replace=True)
    other = KeyRing.load(file)
    assert keys.open(b"f", other.seal(b"f", b"by another process")) == b"by another process"
    assert keys.active == 2


def test_an_installation_key_that_is_in_use_cannot_be_left_out(keys: KeyRing) -> None:
    with pytest.raises(ConfigurationError, match="keys new"):
        keys.without(1)
    with pytest.raises(ConfigurationError, match="no installation key 7"):
        keys.without(7)


def test_everybody_gets_a_fresh_key_and_the_old_ones_go_a_while_later(store: Store, keys: KeyRing, own: DataKeys) -> None:
    people = fill(store)
    before, old = read(store), sealers(store)
    assert list(rotation.renew(store.engine, keys, own))[-1] == 9
    new = sealers(store)
    for column in ("person.name", "flag.note", "household.label", "contact_point.address", "case.rationale"):
        assert not new[column] & old[column]
    assert read(store) == before
    late = str(next(iter(old["person.name"])))
    assert dispose(store.engine, keys, datetime.now(UTC)).destroyed == 0, "whoever is in the middle of something can still write"
    _write_late(store, keys, people[0], own)
    done = dispose(store.engine, keys, datetime.now(UTC) + rotation.KEPT_FOR + timedelta(seconds=1))
    assert done.destroyed == 9
    assert read(store)["names"] == ["late", "name 1", "name 2"], "what was written late was sealed anew first"
    with pytest.raises(ErasedValue):
        own.of(late)
    with store.installation() as session:
        assert {each.why for each in session.exec(every(KeyDisposal))} == {DisposalReason.SEALED_ANEW}


def _write_late(store: Store, keys: KeyRing, person: UUID, own: DataKeys) -> None:
    """A transaction that read the old key before the rotation and is written after it."""
    table = SQLModel.metadata.tables["key_disposal"]
    with across(store.engine).begin() as connection:
        old = connection.execute(select(table.c.id).where(table.c.holder_id == person)).scalar_one()
        blob = keys.of(old.hex).seal_text(b"person.name", "late")
        names = table_named("person")
        connection.execute(names.update().where(names.c.id == person).values(name=type_coerce(blob, LargeBinary)))


SCRIPT = """
import sys
from pathlib import Path
from ccmm_bot.store import rotation
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import open_engine
url, file = sys.argv[1], Path(sys.argv[2])
keys = open_keys(url, file)
keys.refresh()
engine = open_engine(url, keys)
rotation._AT_A_TIME = 5
print("ready", flush=True)
for steps in (rotation.wrap_anew(keys, keys.own), rotation.give_keys(engine, keys), rotation.seal_left(engine, keys),
              rotation.renew(engine, keys, keys.own)):
    for done in steps:
        print(done, flush=True)
print("done", flush=True)
"""


def test_a_rotation_that_is_killed_anywhere_loses_nothing_and_goes_on(store: Store, keys: KeyRing, own: DataKeys) -> None:
    fill(store, people=MANY)
    before, file = read(store), _file(keys)
    keys.with_new_key().save(file, replace=True)
    arguments = [sys.executable, "-c", SCRIPT, _url(store), str(file)]
    ended = False
    for lines in (1, 3, 6, 11, 17, 10_000):
        running = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
        assert running.stdout is not None
        for _ in range(lines):
            line = running.stdout.readline()
            ended = line == "done\n"
            if not line or ended:
                break
        if not ended:
            running.send_signal(signal.SIGKILL)
        running.stdout.close()
        running.wait(60)
        keys.refresh()
        assert read(store) == before
        if ended:
            break
    assert ended
    keys.refresh()
    found = rotation.standing(store.engine, keys, own)
    assert (found.needed(1), found.left, found.without_own) == (0, 0, 0)
    assert not rotation.unfinished(own)
    dispose(store.engine, keys, datetime.now(UTC) + timedelta(hours=1))
    assert read(store) == before
    with across(store.engine).connect() as connection:
        counted = select(func.count(), func.count(table_named("person").c.data_key.distinct())).select_from(table_named("person"))
        assert connection.execute(counted).one() == (MANY, MANY)


def _file(keys: KeyRing) -> Path:
    assert keys._path is not None
    return keys._path


def _url(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)
