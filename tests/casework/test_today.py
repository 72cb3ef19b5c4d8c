"""The first page of the day: who wrote."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccmm_bot.casework.desk import today as desk
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Role
from tests import new


def test_who_wrote_last_comes_first_and_a_page_goes_on_where_the_one_before_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = new.agency(store)
    new.sender(store, agency)
    reader = new.staff(store, agency, Role.CASE_MANAGER)
    talks = []
    for number in range(5):
        at = new.NOW + timedelta(hours=number)
        talk = new.conversation(
            store, new.person(store, agency), new.telephone(store, agency, f"+1604555010{number}"), at, last_inbound_at=at
        )
        new.inbound(store, talk, at=at)
        talks.append(talk)
    monkeypatch.setattr(desk, "SHOWN", 2)
    monkeypatch.setattr(desk, "COUNTED", 3)
    seen, before = [], None
    while True:
        page = desk.today(store, reader, now=new.NOW + timedelta(days=1), before=before)
        assert page.conversation_count == 4  # one more than is counted
        seen += [row.id for row in page.conversations]
        before = page.older
        if before is None:
            break
    assert seen == talks[::-1]
