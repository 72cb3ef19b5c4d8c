"""How long it takes until a flag that was raised on a phone is on the page of a case manager.

An open page as a browser keeps it, over loopback HTTP: it listens, asks for its fragment when it is told to, and has seen the flag
when its heading counts one more. The clock starts when the phone's message reaches the service, so that the time includes receiving
it, keeping it, and answering. ``CCMM_BENCH_FLAGS`` sets how many flags are raised, ``CCMM_BENCH_CASES`` and ``CCMM_BENCH_MESSAGES``
what is in the store besides.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from _table import Plan, Row, loaded
from staff_pages import fill

from tests.web.serving import Served, Site, open_service

FLAGS = int(os.environ.get("CCMM_BENCH_FLAGS", "200"))
WRITES = "my husband wants to kill me"
COUNT = re.compile(r"/staff/today/waiting.*?class=\"count\">(\d+)<", re.S)


class Desk:
    """An open page: what it shows, and when it changed."""

    def __init__(self, site: Site, client: httpx.Client) -> None:
        self._client = client
        self._shown = threading.Condition()
        self._seen = ""
        self.count = 0
        self.asked = 0
        self.look()

    def look(self) -> None:
        """Ask for the fragment, as the page does."""
        answer = self._client.get("/staff/today/live", params={"seen": self._seen}, headers={"HX-Request": "true"})
        with self._shown:
            self.asked += 1
            if answer.status_code == 200:
                self._seen = answer.text.partition('name="seen" value="')[2].partition('"')[0]
                found = COUNT.search(answer.text)
                self.count = int(found[1]) if found else self.count
                self._shown.notify_all()

    def listen(self) -> None:
        """Until the stream ends, and again."""
        while True:
            try:
                with self._client.stream("GET", "/staff/events", headers={"Accept": "text/event-stream"}) as stream:
                    for line in stream.iter_lines():
                        if line == "data: look":
                            self.look()
            except httpx.HTTPError:
                return

    def until(self, count: int) -> None:
        """Wait until the page shows so many."""
        with self._shown:
            self._shown.wait_for(lambda: self.count >= count, 30)


def rows(_plan: Plan) -> Iterator[Row]:
    """Flags raised one after the other: the middle and the long end."""
    with loaded() as found:
        took = sorted(_raise())
        for share, called in ((0.5, "median"), (0.99, "99th percentile")):
            name = f"from a phone's message to its flag on an open page: {called} of {len(took)}"
            found.append(Row(name=name, unit="ms", values=[took[min(len(took) - 1, int(len(took) * share))]]))
    yield from found


def _raise() -> list[float]:
    """Milliseconds until each flag was on the page."""
    with tempfile.TemporaryDirectory() as folder, Served(partial(open_service, Path(folder))) as served:
        site = Site(served)
        fill(site)
        numbers = [f"+1250555{n:04}" for n in range(FLAGS)]
        for number in numbers:
            site.text(number, "hello", "English", "1")
        with site.signed_in() as client:
            desk = Desk(site, client)
            threading.Thread(target=desk.listen, daemon=True).start()
            time.sleep(2)
            took = []
            for number in numbers:
                before, began = desk.count, time.perf_counter()
                site.text(number, WRITES)
                desk.until(before + 1)
                took.append((time.perf_counter() - began) * 1000)
    return took
