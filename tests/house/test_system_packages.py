"""What ``make test`` installs by apt, for root, with sudo and without either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.house.conftest import Machine

PRESENT = ("chromium", "initdb", "dot", "strace", "faketime", "caddy", "systemd-analyze")
UPDATE = "apt-get -q update"


@pytest.fixture
def bare(machine: Machine) -> Machine:
    """A machine where apt succeeds but installs nothing, and everything else is there."""
    machine.program("python3")
    machine.program("fc-list", "echo Noto")
    machine.program("apt-get")
    machine.program("id", "echo 1000")
    for name in PRESENT:
        machine.program(name)
    return machine


def without(machine: Machine, name: str) -> None:
    (machine.folder / "bin" / name).unlink()


def apt_calls(machine: Machine) -> list[str]:
    return [call for call in machine.calls if call.startswith("apt-get")]


def test_with_everything_there_apt_is_not_called(bare: Machine) -> None:
    result = bare.run("system-packages")
    assert (result.returncode, result.stdout) == (0, "")
    assert apt_calls(bare) == []


def test_root_installs_only_what_is_missing(bare: Machine) -> None:
    bare.program("id", "echo 0")
    without(bare, "dot")
    bare.run("system-packages")
    installs = [call for call in apt_calls(bare) if call != UPDATE]
    assert installs == ["apt-get -q install --yes --no-install-recommends graphviz"]


def test_what_apt_could_not_bring_is_told_to_the_caller(bare: Machine) -> None:
    bare.program("id", "echo 0")
    bare.program("apt-get", "exit 100")
    without(bare, "dot")
    without(bare, "chromium")
    result = bare.run("system-packages")
    assert result.stdout.split() == ["chromium", "graphviz"]
    assert "could not install graphviz" in result.stderr


def test_one_package_that_cannot_be_had_does_not_keep_the_others_out(bare: Machine) -> None:
    bare.program("id", "echo 0")
    programs = bare.folder / "bin"
    # A real apt refuses the whole list when one name is unknown.
    bare.program(
        "apt-get",
        f'case "$*" in *chromium*) exit 100 ;; *graphviz*) cp "{programs}/true" "{programs}/dot" ;; esac',
    )
    without(bare, "dot")
    without(bare, "chromium")
    assert bare.run("system-packages").stdout.split() == ["chromium"]


def test_an_ordinary_person_goes_through_sudo(bare: Machine) -> None:
    bare.program("sudo", 'shift; exec "$@"')
    without(bare, "dot")
    bare.run("system-packages")
    assert any(call.startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get") for call in bare.calls)


@pytest.mark.parametrize("sudo", ["none", "asks for a password"])
def test_without_rights_it_says_what_root_would_have_to_install(bare: Machine, sudo: str) -> None:
    if sudo != "none":
        bare.program("sudo", "exit 1")  # what `sudo -n` does where a password is needed
    without(bare, "dot")
    result = bare.run("system-packages")
    assert result.returncode == 0
    assert result.stdout.split() == ["graphviz"]
    assert "As root:  apt-get install graphviz" in result.stderr
    assert apt_calls(bare) == []


def test_elsewhere_than_debian_it_says_so(bare: Machine) -> None:
    without(bare, "apt-get")
    without(bare, "dot")
    result = bare.run("system-packages")
    assert result.stdout.split() == ["graphviz"]
    assert "Not a Debian system" in result.stderr
