"""The locks are what is installed: complete, hashed, without addresses, and made from today's ``pyproject.toml``."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = {
    "runtime": ("build",),
    "translate": ("build", "translate"),
    "evaluation": ("build", "evaluation"),
    "dev": ("build", "dev", "evaluation", "translate"),
}
#: What a package names but is locked without.
LEFT_OUT = set(PYPROJECT["tool"]["uv"]["exclude-dependencies"])
LOCKS = sorted(EXTRAS)
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")


def text(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")


def pins(lock: str) -> dict[str, str]:
    """Package → version."""
    found = (_PIN.match(line) for line in text(lock).splitlines())
    return {canonicalize_name(match["name"]): match["version"] for match in found if match}


def direct(lock: str) -> list[Requirement]:
    extras = PROJECT["optional-dependencies"]
    return [Requirement(line) for line in (*PROJECT["dependencies"], *(line for name in EXTRAS[lock] for line in extras[name]))]


def closure(requirements: list[Requirement]) -> set[str]:
    """Every package these need, as the installed packages themselves declare it."""
    seen: set[tuple[str, str]] = set()
    todo = [(canonicalize_name(one.name), extra) for one in requirements for extra in ("", *one.extras)]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            if canonicalize_name(needed.name) in LEFT_OUT:
                continue
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                todo += [(canonicalize_name(needed.name), one) for one in ("", *needed.extras)]
    return {name for name, _ in seen}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", text(lock).strip())
    assert entries
    for entry in entries:
        assert _PIN.match(entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_address_or_an_index(lock: str) -> None:
    # Who installs decides where from; a lock with addresses would bypass a mirror and leak where it was made.
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", text(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_the_project_needs_and_nothing_else(lock: str) -> None:
    assert set(pins(lock)) == closure(direct(lock))


@pytest.mark.parametrize("smaller", ["runtime", "translate", "evaluation"])
def test_all_locks_agree_on_every_version(smaller: str) -> None:
    part, dev = pins(smaller), pins("dev")
    assert part
    assert {name: dev.get(name) for name in part} == part


def test_the_locked_versions_are_the_installed_ones() -> None:
    assert {name: metadata.version(name) for name in pins("dev")} == pins("dev")


def test_what_builds_the_package_is_locked_too() -> None:
    # The installation runs without build isolation: nothing may be fetched beyond the locks.
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    assert {canonicalize_name(Requirement(line).name) for line in build} <= set(pins("runtime"))
