"""The key file, and what is sealed with it."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.errors import ConfigurationError
from ccmm_bot.store.keys import KeyRing, UnreadableValue

RING = KeyRing.generate()
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(data=st.binary())
def test_what_is_sealed_opens_again_for_the_same_field_only(data: bytes) -> None:
    blob = RING.seal(b"person.name", data)
    assert RING.open(b"person.name", blob) == data
    with pytest.raises(UnreadableValue):
        RING.open(b"person.note", blob)


@given(text=ANY_TEXT)
def test_text_of_any_kind_comes_back_as_typed(text: str) -> None:
    assert RING.open_text(b"inbound.text", RING.seal_text(b"inbound.text", text)) == text


@given(data=st.binary(min_size=1), place=st.integers(min_value=0), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed(data: bytes, place: int, change: int) -> None:
    blob = bytearray(RING.seal(b"person.name", data))
    blob[place % len(blob)] ^= change
    with pytest.raises(UnreadableValue):
        RING.open(b"person.name", bytes(blob))


@given(blob=st.binary(max_size=40))
def test_bytes_nobody_sealed_are_refused(blob: bytes) -> None:
    with pytest.raises(UnreadableValue):
        RING.open(b"person.name", blob)


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    assert RING.seal_text(b"person.name", "Zahra") != RING.seal_text(b"person.name", "Zahra")


def test_a_ring_with_a_new_key_still_opens_what_the_old_one_sealed() -> None:
    old = RING.seal(b"person.name", b"Zahra")
    newer = RING.with_new_key()
    assert newer.open(b"person.name", old) == b"Zahra"
    assert newer.active != RING.active
    with pytest.raises(UnreadableValue):
        RING.open(b"person.name", newer.seal(b"person.name", b"Zahra"))
    assert newer.lookup(b"address", "+1") == RING.lookup(b"address", "+1")


def test_a_lookup_hash_is_the_same_for_one_purpose_and_key_only() -> None:
    assert RING.lookup(b"address", "+1604") == RING.lookup(b"address", "+1604")
    assert RING.lookup(b"address", "+1604") != RING.lookup(b"user", "+1604")
    assert RING.lookup(b"address", "+1604") != KeyRing.generate().lookup(b"address", "+1604")
    assert len(RING.lookup(b"address", "")) == 32


def test_the_file_is_made_for_its_owner_only_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    blob = KeyRing.load_or_create(path).seal(b"person.name", b"Zahra")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyRing.load_or_create(path).open(b"person.name", blob) == b"Zahra"
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_others_can_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret.key"
    KeyRing.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        KeyRing.load_or_create(path)


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "null", '{"keys": {}, "active": 1, "lookup": ""}', '{"keys": {"1": "AA=="}, "active": 1, "lookup": "AA=="}'],
)
def test_what_is_no_key_file_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError) as caught:
        KeyRing.load(path)
    assert "AA==" not in str(caught.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CCMM_SECRET_KEY_FILE"):
        KeyRing.load(tmp_path / "nothing")


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda n: _create(path, n), range(8)))
    hashes = {ring.lookup(b"address", "x") for ring in rings}
    assert len(hashes) == 1
    assert os.listdir(tmp_path) == ["secret.key"]


def _create(path: Path, _n: int) -> KeyRing:
    return KeyRing.load_or_create(path)
