"""The documentation tells the truth: every link resolves, every command and setting exists and is described."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from ccmm_bot.cli import app
from ccmm_bot.settings import Settings
from scripts.write_docs import pages
from tests.house.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROMISED_TARGETS = ("setup", "demo", "test", "test-fast", "test-reliability", "bench", "lint", "docs", "help")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


def shown_commands(program: str) -> list[tuple[str, list[str]]]:
    """Every ``program …`` that a page shows, in a block or in backquotes: (page, words after the program)."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        pieces = re.findall(rf"`{program} ([^`]+)`", text) + re.findall(rf"^\$ (?:\S+=\S+ )*{program} (.+)$", text, re.MULTILINE)
        found += [(page.name, piece.split("#")[0].split()) for piece in pieces]
    return found


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def commands() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Every command by its full name."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    todo: list[tuple[str, TyperCommand | TyperGroup]] = [("ccmm-bot", root)]
    while todo:
        name, command = todo.pop()
        yield name, command
        if isinstance(command, TyperGroup):
            todo += [
                (f"{name} {part}", child)
                for part, child in command.commands.items()
                if isinstance(child, TyperCommand | TyperGroup)
            ]


COMMANDS = dict(commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_resolves(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    broken = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        targets = re.findall(r"\]\(([^)#\s]+)", prose(page))
        todo += [(page.parent / target).resolve() for target in targets if not re.match(r"[a-z]+:", target)]
    assert set(PAGES) - reached == set()


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_generated_page_is_up_to_date(page: Path) -> None:
    if page.read_text("utf-8") != pages()[page]:  # the difference itself is long and says nothing
        pytest.fail(f"{page.name} is not what the code says now: run `make docs`")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_described(name: str) -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    section = re.search(rf"^#+ {re.escape(name)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"docs/cli.md has no section for {name}"
    command = COMMANDS[name]
    assert (command.help or "").strip(), f"{name} says nothing about itself"
    options = [option for param in command.params for option in param.opts if option.startswith("--") and option != "--help"]
    assert [option for option in options if option not in section[1]] == []
    undescribed = [param.name for param in command.params if param.name != "help" and not getattr(param, "help", None)]
    assert undescribed == []


def test_every_shown_command_exists() -> None:
    shown = shown_commands("ccmm-bot")
    assert shown
    wrong = []
    for page, words in shown:
        name, command = "ccmm-bot", COMMANDS["ccmm-bot"]
        for word in words:
            if not isinstance(command, TyperGroup) or not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
                break
            name = f"{name} {word}"
            if name not in COMMANDS:
                wrong.append(f"{page}: {name}")
                break
            command = COMMANDS[name]
        known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help"}
        wrong += [f"{page}: {name} {word}" for word in words if word.startswith("--") and word.split("=")[0] not in known]
    assert wrong == []


def test_every_shown_make_target_exists() -> None:
    shown = shown_commands("make")
    assert {"demo", "test"} <= {words[0] for _, words in shown}
    listed = set(help_of_make())
    assert {(page, words[0]) for page, words in shown if words[0] not in listed} == set()


def test_the_readme_opens_with_the_two_commands_a_newcomer_needs() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"^\$ (.+)$", text, re.MULTILINE)[:2] == ["make demo", "make test"]


def help_of_make() -> dict[str, str]:
    output = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^make (\S+) +(\S.*)$", output, re.MULTILINE))


def test_make_help_lists_every_target_with_what_it_does() -> None:
    defined = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(help_of_make()) == defined
    assert set(PROMISED_TARGETS) <= defined


def test_make_without_a_target_only_helps() -> None:
    plain = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert plain == subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_port_of_the_demonstration_can_be_chosen() -> None:
    planned = subprocess.run(["make", "-n", "demo", "PORT=9123"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "--port 9123" in planned


def test_every_setting_is_described_and_none_that_is_gone() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    described = set(re.findall(r"^\| `(CCMM_[A-Z_]+)`", text, re.MULTILINE))
    assert described == {f"CCMM_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_named_anywhere_exists() -> None:
    named = {name for page in PAGES for name in re.findall(r"\bCCMM_[A-Z_]+\b", page.read_text("utf-8"))}
    assert named <= {f"CCMM_{name.upper()}" for name in Settings.model_fields}


def test_the_changelog_keeps_its_format() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "\n## [Unreleased]\n" in text
    sections = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
