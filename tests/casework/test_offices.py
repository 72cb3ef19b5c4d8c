"""When an office is open and who is on call is set by whoever runs the installation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccmm_bot.casework.agencies import offices
from ccmm_bot.store.session import Store
from tests import new

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


@pytest.fixture
def store(store: Store) -> Store:
    """An installation with one agency."""
    new.agency(store, "First")
    return store


def test_hours_and_contact_are_kept(store: Store) -> None:
    offices.set_hours(store, None, "Mon-Thu 09:00-17:00,  fri 09:00-15:00", NOW)
    offices.set_on_call(store, "First", "night@example.org", NOW)
    (office,) = offices.offices(store)
    assert (office.hours, office.on_call_email) == ("mon-thu 09:00-17:00, fri 09:00-15:00", "night@example.org")


def test_a_contact_can_be_taken_back(store: Store) -> None:
    offices.set_on_call(store, None, "night@example.org", NOW)
    offices.set_on_call(store, None, "", NOW)
    assert offices.offices(store)[0].on_call_email is None


@pytest.mark.parametrize("hours", ["always", "mon 17:00-09:00", ""])
def test_hours_that_cannot_be_meant_are_refused(store: Store, hours: str) -> None:
    with pytest.raises(offices.OfficeError):
        offices.set_hours(store, None, hours, NOW)


@pytest.mark.parametrize("email", ["night", "@example.org", "a b@example.org", "a@b\r\nBcc: c@d"])
def test_an_address_that_is_none_is_refused(store: Store, email: str) -> None:
    with pytest.raises(offices.OfficeError):
        offices.set_on_call(store, None, email, NOW)


def test_with_several_agencies_it_has_to_be_said_which(store: Store) -> None:
    new.agency(store, "Second")
    with pytest.raises(offices.OfficeError, match="First, Second"):
        offices.set_hours(store, None, "mon 09:00-17:00", NOW)
    offices.set_hours(store, "Second", "mon 09:00-17:00", NOW)
    assert [office.hours for office in offices.offices(store)] == [None, "mon 09:00-17:00"]
