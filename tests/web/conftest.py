"""Served applications for the tests of the pages."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.serving import Served, Site, open_service

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WITHOUT = "CCMM_TEST_WITHOUT_BROWSER"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the browser tests out where the environment says so."""
    if not os.environ.get(WITHOUT):
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One application for the tests of a module."""
    folder = tmp_path_factory.mktemp("site")
    with Served(partial(open_service, folder)) as served:
        yield Site(served)


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[Site]:
    """An application for one test alone."""
    with Served(partial(open_service, tmp_path)) as served:
        yield Site(served)


_numbers = itertools.count(1000)


@pytest.fixture
def new_number() -> Callable[[], str]:
    """Phone numbers that nobody has written from yet."""
    return lambda: f"+1604555{next(_numbers)}"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            f"There is no Chromium on this machine. Install it (apt-get install chromium), or set {WITHOUT}=1 to leave these out.",
            pytrace=False,
        )
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser for the tests of a module."""
    from tests.web.browsing import launched  # costs a third of a second, and most tests of the pages need no browser

    with launched(chromium) as running:
        yield running
