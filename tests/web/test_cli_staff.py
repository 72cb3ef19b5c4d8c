"""``ccmm-bot staff``: the first account is made on the command line, and no password ever appears on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PASSWORD = "four unrelated words here"


def staff(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as somebody at a terminal would."""
    environment = {
        **os.environ,
        "CCMM_DATABASE_URL": f"sqlite:///{folder}/ccmm.sqlite3",
        "CCMM_SECRET_KEY_FILE": str(folder / "secret.key"),
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    }
    program = "import typer; from ccmm_bot.cli.staff import app; from ccmm_bot.errors import CcmmError\n"
    program += "import sys\ntry:\n    app()\nexcept CcmmError as error:\n    sys.exit(f'ccmm-bot: {error}')"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False, cwd=folder)


def test_the_first_account_is_made_before_the_service_ever_ran(tmp_path: Path) -> None:
    made = staff(tmp_path, "create-admin", "--email", "Sara@Example.org", "--name", "Sara K.", stdin=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    assert "sara@example.org" in made.stdout
    assert PASSWORD not in made.stdout + made.stderr
    listed = staff(tmp_path, "list").stdout
    assert "sara@example.org  Sara K.  administrator  active  never here" in listed


def test_a_weak_password_is_refused_in_one_line(tmp_path: Path) -> None:
    refused = staff(tmp_path, "create-admin", "--email", "sara@example.org", "--name", "Sara", stdin="short\n")
    assert refused.returncode != 0
    assert "at least 12 characters" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_there_is_no_option_for_a_password(tmp_path: Path) -> None:
    answer = staff(tmp_path, "create-admin", "--email", "a@b.c", "--name", "A", "--password", "x")
    assert answer.returncode == 2


def test_an_e_mail_has_one_account(tmp_path: Path) -> None:
    staff(tmp_path, "create-admin", "--email", "sara@example.org", "--name", "Sara", stdin=f"{PASSWORD}\n")
    again = staff(tmp_path, "create-admin", "--email", "SARA@example.org", "--name", "Other", stdin=f"{PASSWORD}\n")
    assert "already an account" in again.stderr


def test_an_account_is_switched_off(tmp_path: Path) -> None:
    staff(tmp_path, "create-admin", "--email", "sara@example.org", "--name", "Sara", stdin=f"{PASSWORD}\n")
    assert staff(tmp_path, "disable", "--email", "sara@example.org").returncode == 0
    assert "  off  " in staff(tmp_path, "list").stdout
    assert "no account" in staff(tmp_path, "disable", "--email", "nobody@example.org").stderr
