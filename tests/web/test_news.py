"""An open page is told that something happened, and of nothing that is not its agency's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ccmm_bot.web.news import Newsroom
from tests.web.serving import FOREIGN_SMS, Served, Site, open_service

STREAM = {"Accept": "text/event-stream"}


def looks(lines: Iterator[str]) -> None:
    """Read on until the page is told to look."""
    assert any(line == "data: look" for line in lines), "the stream ended"


def test_a_flag_raised_on_a_phone_is_told_to_the_open_page_at_once(site: Site, new_number: Callable[[], str]) -> None:
    with site.signed_in() as client, client.stream("GET", "/staff/events", headers=STREAM) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        lines = stream.iter_lines()
        next(lines)
        number = new_number()
        site.text(number, "hello")
        looks(lines)
        site.text(number, "English", "1", "my husband wants to kill me")
        looks(lines)
        with site.signed_in() as other:
            assert "urgent" in other.get("/staff/today/live").text


def test_a_stream_says_nothing_of_another_agency(site: Site, new_number: Callable[[], str]) -> None:
    with site.signed_in("foreign") as client, client.stream("GET", "/staff/events", headers=STREAM) as stream:
        lines = stream.iter_lines()
        next(lines)
        heard: list[str] = []
        number = new_number()
        with site.signed_in() as own, own.stream("GET", "/staff/events", headers=STREAM) as ours:
            theirs = ours.iter_lines()
            next(theirs)
            site.text(number, "hello")
            looks(theirs)  # by now the other stream would have been told as well
        site.text(number, "hello", to=FOREIGN_SMS)
        for line in lines:
            heard.append(line)
            if line == "data: look":
                break
    assert heard.count("data: look") == 1


def test_listening_is_nobody_being_there(fresh_site: Site) -> None:
    with fresh_site.signed_in() as client:
        for _ in range(7):
            fresh_site.clock.put(fresh_site.clock.now() + timedelta(minutes=10))
            with client.stream("GET", "/staff/events", headers=STREAM) as stream:
                status = stream.status_code
        assert status == 303
        assert client.get("/staff/today").status_code == 303


@pytest.mark.parametrize("role", ["operator", "evaluator"])
def test_who_may_not_see_people_is_not_told_when_they_write(site: Site, role: str) -> None:
    with site.signed_in(role) as client:
        assert client.get("/staff/events", headers=STREAM).status_code == 403


def test_a_server_that_stops_does_not_wait_for_open_pages(tmp_path: Path) -> None:
    with Served(partial(open_service, tmp_path)) as served:
        site = Site(served)
        with site.signed_in() as client, client.stream("GET", "/staff/events", headers=STREAM) as stream:
            lines = stream.iter_lines()
            next(lines)
            served.server.should_exit = True
            assert "data: look" not in list(lines)  # it ends whole; one that the server cuts is an error


async def test_only_who_listens_has_the_database_looked_at() -> None:
    agency, looked = uuid4(), asyncio.Event()

    class Looking:
        def look(self) -> frozenset[UUID]:
            loop.call_soon_threadsafe(looked.set)
            return frozenset({agency})

    loop = asyncio.get_running_loop()
    room = Newsroom(Looking)
    assert not room.looking
    stream = room.listen(agency)
    assert await anext(stream) == "retry: 500\n\n"
    assert await anext(stream) == "data: look\n\n"
    assert looked.is_set()
    assert room.looking
    await stream.aclose()
    assert not room.looking
