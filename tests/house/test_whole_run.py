"""``make test`` never passes over in silence what it could not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.house.conftest import Machine


@pytest.fixture
def ready(machine: Machine) -> Machine:
    """A checkout whose every step succeeds, on a machine with all system packages."""
    for name in ("system-packages", "setup", "lint"):
        step(machine, f"scripts/{name}")
    step(machine, ".venv/bin/python", 'echo "== 7 passed in 0.01s =="')
    return machine


def step(machine: Machine, path: str, body: str = "") -> None:
    file = machine.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/usr/bin/env bash\necho "{path} $*" >>"{machine.folder}/calls"\n{body}\n', encoding="utf-8")
    file.chmod(0o755)


def test_it_sets_up_then_checks_then_tests_and_ends_with_the_summary(ready: Machine) -> None:
    result = ready.run("test")
    assert result.returncode == 0
    assert [call.split()[0] for call in ready.calls] == [
        "scripts/system-packages",
        "scripts/setup",
        "scripts/lint",
        ".venv/bin/python",
    ]
    assert result.stdout.splitlines()[-1] == "== 7 passed in 0.01s =="


@pytest.mark.parametrize(
    ("missing", "markers", "named"),
    [
        ("chromium", "not browser", "browser tests (no Chromium)"),
        ("libatomic", "not browser", "browser tests (no libatomic"),
        ("postgresql", "not postgres", "tests on PostgreSQL (no server)"),
        ("graphviz", "not graphviz", "tests of SVG diagrams (no Graphviz)"),
        ("chromium\npostgresql", "not browser and not postgres", "tests on PostgreSQL (no server)"),
    ],
)
def test_what_cannot_run_is_left_out_by_name_and_fails_the_run(ready: Machine, missing: str, markers: str, named: str) -> None:
    step(ready, "scripts/system-packages", f"echo '{missing}'")
    result = ready.run("test")
    assert result.returncode == 1
    assert ready.calls[-1].endswith(f"-m {markers}")
    assert "Could not be run here:" in result.stdout
    assert named in result.stdout


@pytest.mark.parametrize("broken", ["scripts/lint", ".venv/bin/python"])
def test_a_failed_check_and_a_failed_test_each_fail_the_run_but_the_rest_still_runs(ready: Machine, broken: str) -> None:
    step(ready, broken, "exit 1")
    result = ready.run("test")
    assert result.returncode == 1
    assert ready.calls[-1].startswith(".venv/bin/python -m pytest")
    assert "Not everything passed" in result.stdout


def test_without_an_environment_nothing_is_claimed_to_have_run(ready: Machine) -> None:
    step(ready, "scripts/setup", "exit 1")
    result = ready.run("test")
    assert result.returncode == 1
    assert ready.calls[-1].startswith("scripts/setup")
