"""``ccmm-bot chat`` and ``serve`` as somebody at a terminal meets them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


def environment(folder: Path, **settings: str) -> Mapping[str, str]:
    """Nothing of this machine's settings, and everything kept in ``folder``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CCMM_")}
    return {
        **kept,
        "CCMM_DATABASE_URL": f"sqlite:///{folder}/ccmm.sqlite3",
        "CCMM_SECRET_KEY_FILE": str(folder / "secret.key"),
        "PYTHONUNBUFFERED": "1",
        **settings,
    }


def chat(folder: Path, typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ccmm_bot", "chat", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env=environment(folder),
    )


def test_a_tigrinya_speaker_talks_in_the_terminal_and_her_answers_are_kept(tmp_path: Path) -> None:
    answers = "1\n3\n1\n" + "እወ\n" * 5 + "ኣይፋልን\n" * 5 + "1\n"
    done = chat(tmp_path, answers, "--language", "ti", "--as", "somebody")
    assert done.returncode == 0, done.stderr
    assert "ትግርኛ" in done.stdout
    assert "self_screening.family: yes" in done.stdout
    assert "self_screening.adjustment: no" in done.stdout
    assert "flag asked_for_contact (normal)" in done.stdout
    again = chat(tmp_path, "", "--language", "ti", "--as", "somebody")
    assert "self_screening.family: yes" in again.stdout


def test_an_unknown_language_is_one_clear_line(tmp_path: Path) -> None:
    done = chat(tmp_path, "", "--language", "tlh")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "tlh" in done.stderr


@pytest.mark.parametrize("typed", ["", "\n", ":voice\n", "😀😀😀\n", "\u202eabc\n", ":nonsense\n"])
def test_whatever_is_typed_there_is_an_answer_or_an_end(tmp_path: Path, typed: str) -> None:
    done = chat(tmp_path, typed)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


# --- serve ------------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(folder: Path, printed: list[str], **settings: str) -> Iterator[httpx.Client]:
    """The service in a process of its own; ``printed`` holds what it wrote once it has ended."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "ccmm_bot", "serve", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=environment(folder, **settings),
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
            for _ in range(200):
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    assert process.poll() is None, process.communicate()[0]
                    time.sleep(0.1)
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        printed.extend(process.communicate(timeout=30)[0].splitlines())


def test_serve_without_credentials_says_in_a_line_each_which_channels_are_off(tmp_path: Path) -> None:
    printed: list[str] = []
    with served(tmp_path, printed) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        assert client.post("/webhooks/twilio", data={"Body": "hello"}).status_code == 404
    for name in ("SMS", "WhatsApp", "Telegram"):
        assert sum(line.startswith(f"{name}: off") for line in printed) == 1, printed
    assert sum("9 of 10 help lines wait to be confirmed" in line for line in printed) == 1, printed
    assert not any("Traceback" in line for line in printed)


def test_staff_pages_ask_for_a_sign_in_from_the_first_start_and_there_is_no_demonstration(tmp_path: Path) -> None:
    with served(tmp_path, []) as client:
        answer = client.get("/staff")
        assert answer.is_redirect
        assert "/staff/sign-in" in answer.headers["location"] or answer.headers["location"].endswith("/staff/today")
        assert client.get("/staff/today", follow_redirects=True).url.path == "/staff/sign-in"
        assert client.get("/demo").status_code == 404


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "ccmm_bot", "serve", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env=environment(tmp_path),
        )
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    chat(tmp_path, "")
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
