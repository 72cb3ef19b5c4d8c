"""``make setup`` on machines that lack something: it says what to install and installs nothing by itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.house.conftest import Machine

#: Answers like a real interpreter, except that it lacks what Debian packs as python3-venv.
WITHOUT_VENV = f"""case "$*" in *ensurepip*) exit 1 ;; esac
exec "{sys.executable}" "$@"
"""


def test_without_python_it_names_the_packages_to_install(machine: Machine) -> None:
    result = machine.run("setup")
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed" in result.stderr
    assert "apt-get install python3 python3-venv" in result.stderr


def test_an_older_python_is_not_taken(machine: Machine) -> None:
    machine.program("python3", "exit 1")  # what the version question answers on Python 3.9
    result = machine.run("setup")
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed" in result.stderr
    assert not (machine.root / ".venv").exists()


def test_a_python_given_by_hand_that_is_too_old_is_named(machine: Machine) -> None:
    machine.program("python3", f'exec "{sys.executable}" "$@"')
    machine.program("python3.9", "exit 1")
    machine.environment["PYTHON"] = "python3.9"
    result = machine.run("setup")
    assert result.returncode == 1
    assert "PYTHON=python3.9" in result.stderr


def test_without_the_venv_module_it_names_the_package_to_install(machine: Machine) -> None:
    machine.program("python3", WITHOUT_VENV)
    result = machine.run("setup")
    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert not (machine.root / ".venv").exists()


def test_a_newer_python_beside_an_old_one_is_found(machine: Machine) -> None:
    machine.program("python3", "exit 1")
    machine.program("python3.13", WITHOUT_VENV)
    result = machine.run("setup")
    assert "python3.13 cannot make virtual environments" in result.stderr
