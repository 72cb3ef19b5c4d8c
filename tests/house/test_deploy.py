"""What docs/deploy.md installs: units that start the service with few rights, and Caddy that hands on what it should.

The units' own command runs as it stands, behind a real Caddy with a certificate of its own, as far as loopback allows.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
HOME = "/opt/ccmm-bot"
TOKEN = "0123456789abcdef0123456789abcdef"

pytestmark = pytest.mark.deploy


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def setting(unit: Path, name: str) -> list[str]:
    """The values of a setting in a unit, in order."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


def make_checkout(folder: Path) -> None:
    """What ``deploy/install`` needs of a checkout; the environment is there already, and is not made anew."""
    shutil.copytree(DEPLOY, folder / "deploy")
    (folder / "src").mkdir()
    (folder / "scripts").mkdir()
    (folder / "scripts" / "setup").write_text("#!/bin/sh\n")
    (folder / "scripts" / "setup").chmod(0o755)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)


def install(checkout: Path, destination: Path) -> None:
    env = {**os.environ, "DESTDIR": str(destination)}
    subprocess.run([checkout / "deploy" / "install"], env=env, check=True, capture_output=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything ``deploy/install`` lays out, below a folder."""
    checkout, folder = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("server")
    make_checkout(checkout)
    for _ in range(2):  # again after an upgrade
        install(checkout, folder)
    return folder


def test_everything_is_laid_out_where_the_guide_says(installed: Path) -> None:
    laid_out = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert laid_out == {
        "etc/caddy/Caddyfile",
        "etc/ccmm-bot/env",
        "etc/sysusers.d/ccmm-bot.conf",
        "usr/local/bin/ccmm-bot",
        *(f"etc/systemd/system/{unit.name}" for unit in UNITS),
    }
    assert (installed / "etc/ccmm-bot/env").stat().st_mode & 0o777 == 0o600


def test_what_somebody_changed_is_kept_by_the_next_run(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(installed, tmp_path / "server")
    env, caddyfile = tmp_path / "server/etc/ccmm-bot/env", tmp_path / "server/etc/caddy/Caddyfile"
    env.write_text("CCMM_AGENCY_NAME=Ours\n")
    caddyfile.write_text("example.org {\n\trespond ours\n}\n")
    make_checkout(tmp_path)
    install(tmp_path, tmp_path / "server")
    assert env.read_text() == "CCMM_AGENCY_NAME=Ours\n"
    assert "respond ours" in caddyfile.read_text()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_reads_every_unit_without_a_word(unit: Path, tmp_path: Path) -> None:
    name = unit.name.replace("@", "@8001")
    for other in UNITS:
        # The program is not on this machine; another that is stands for it.
        text = (
            other.read_text(encoding="utf-8").replace(f"{HOME}/.venv/bin/python", "/bin/true").replace(f"file:{HOME}/", "https://")
        )
        (tmp_path / other.name).write_text(text)
    target = tmp_path / name
    if not target.exists():
        target.symlink_to(tmp_path / unit.name)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", target], capture_output=True, text=True, timeout=60, check=False
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "ccmm-bot" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_every_unit_has_few_rights(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", unit],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_all_services_run_as_the_same_user_with_the_same_folders_and_settings() -> None:
    services = [unit for unit in UNITS if unit.suffix == ".service"]
    for name in ("User", "Group", "WorkingDirectory", "EnvironmentFile", "StateDirectory", "UMask", "ProtectSystem"):
        assert len({tuple(setting(unit, name)) for unit in services}) == 1, name


def test_the_database_and_what_opens_it_are_in_different_folders() -> None:
    said = dict(line.split("=", 1) for line in (DEPLOY / "env.example").read_text().splitlines() if "=" in line and line[0] != "#")
    assert said["CCMM_DATABASE_URL"].startswith("sqlite:////var/lib/ccmm-bot/")
    assert said["CCMM_SECRET_KEY_FILE"].startswith("/var/lib/ccmm-bot-keys/")
    assert said["CCMM_BACKUP_KEY_FILE"].startswith("/var/lib/ccmm-bot-keys/")
    assert said["CCMM_BACKUP_DIR"].startswith("/var/lib/ccmm-bot/")


@dataclass(frozen=True)
class Server:
    """The service behind Caddy, as seen from outside (``https``), and the service itself (``inside``)."""

    https: str
    http: str
    inside: str
    trust: ssl.SSLContext
    caddy_log: Path
    service: subprocess.Popen[bytes]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.https, verify=self.trust, timeout=20)


def wait_for(url: str, trust: ssl.SSLContext | bool = True, tries: int = 300) -> None:
    for _ in range(tries):
        try:
            if httpx.get(url, verify=trust, timeout=5).status_code < 500:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@contextmanager
def caddy(folder: Path, *, host: str, http: int, upstream: str) -> Iterator[ssl.SSLContext]:
    """A running Caddy with our file; what trusts its certificate."""
    names = {"BOT_HOST": host, "BOT_HTTP_PORT": str(http), "BOT_CADDY_ADMIN": f"localhost:{free_port()}"}
    names |= {"BOT_UPSTREAMS": upstream, "XDG_DATA_HOME": str(folder / "caddy"), "HOME": str(folder), "PATH": os.environ["PATH"]}
    command = ["caddy", "run", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("wb") as log, subprocess.Popen(command, env=names, stderr=log) as running:
        try:
            root = folder / "caddy/caddy/pki/authorities/local/root.crt"
            for _ in range(300):
                if root.exists() and root.stat().st_size:
                    break
                time.sleep(0.1)
            yield ssl.create_default_context(cafile=str(root))
        finally:
            running.terminate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("deployed")
    (folder / "data").mkdir()
    port, https, http = free_port(), free_port(), free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CCMM_")}
    lines = (DEPLOY / "env.example").read_text().replace("https://bot.example.org", f"https://localhost:{https}").splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    said = {name: value.replace("/var/lib/ccmm-bot", f"{folder}/data/ccmm-bot") for name, value in said.items()}
    said |= {"CCMM_TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "CCMM_TWILIO_AUTH_TOKEN": TOKEN, "CCMM_TWILIO_SMS_FROM": "+16045550100"}
    said |= {"CCMM_TWILIO_API_BASE_URL": "http://127.0.0.1:9"}  # nobody is there
    for state in setting(DEPLOY / "ccmm-bot.service", "StateDirectory")[0].split():
        (folder / "data" / state).mkdir(mode=0o700)
    (started,) = setting(DEPLOY / "ccmm-bot.service", "ExecStart")
    command = started.replace(f"{HOME}/.venv/bin/python", sys.executable).replace("--port 8000", f"--port {port}").split()
    with ExitStack() as stack:
        service = subprocess.Popen(command, env={**clean, **said}, cwd=folder / "data" / "ccmm-bot", stderr=subprocess.DEVNULL)
        stack.callback(service.wait, 60)
        stack.callback(service.terminate)
        trust = stack.enter_context(caddy(folder, host=f"localhost:{https}", http=http, upstream=f"127.0.0.1:{port}"))
        wait_for(f"http://127.0.0.1:{port}/readyz")
        wait_for(f"https://localhost:{https}/healthz", trust)
        yield Server(
            https=f"https://localhost:{https}",
            http=f"http://localhost:{http}",
            inside=f"http://127.0.0.1:{port}",
            trust=trust,
            caddy_log=folder / "caddy.log",
            service=service,
        )


def test_pages_come_by_https_with_their_own_headers_and_nothing_says_what_serves_them(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/staff/sign-in")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in answer.headers


def test_http_leads_to_https(server: Server) -> None:
    answer = httpx.get(server.http + "/staff", follow_redirects=False)
    assert answer.status_code in (301, 308)
    assert answer.headers["location"].startswith("https://localhost")


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/demo", "/demo/phones"])
def test_what_is_for_the_inside_is_not_handed_out(server: Server, path: str) -> None:
    with server.client() as client:
        assert client.get(path).status_code == 404


def test_a_signed_message_gets_through_unchanged_and_a_forged_one_does_not(server: Server) -> None:
    form = {"MessageSid": "SM" + "1" * 32, "AccountSid": "AC" + "0" * 32, "From": "+16045550177", "To": "+16045550100"}
    form |= {"Body": "ሰላም & سلام + 1%", "NumMedia": "0"}
    url = f"{server.https}/webhooks/twilio"
    signed = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form)}
    with server.client() as client:
        assert client.post("/webhooks/twilio", data=form, headers=signed).status_code == 200
        assert client.post("/webhooks/twilio", data={**form, "Body": "x"}, headers=signed).status_code == 403


def test_a_body_that_is_too_large_ends_at_the_door(server: Server) -> None:
    with server.client() as client:
        answer = client.post("/staff/sign-in", content=b"x" * 2_000_000, headers={"Origin": server.https})
    assert answer.status_code == 413


class Echo(BaseHTTPRequestHandler):
    """Answers with who it was told is calling."""

    def do_GET(self) -> None:
        said = self.headers.get_all("X-Forwarded-For") or []
        self.send_response(200)
        self.end_headers()
        self.wfile.write(",".join(said).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_the_caller_is_the_one_caddy_saw_whatever_she_says_of_herself(tmp_path: Path) -> None:
    https, upstream = free_port(), ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    with caddy(tmp_path, host=f"localhost:{https}", http=free_port(), upstream=f"127.0.0.1:{upstream.server_port}") as trust:
        wait_for(f"https://localhost:{https}/", trust)
        answer = httpx.get(f"https://localhost:{https}/", verify=trust, headers={"X-Forwarded-For": "192.0.2.7"})
    upstream.shutdown()
    upstream.server_close()
    assert answer.text in ("127.0.0.1", "::1")


def test_where_the_service_is_away_the_log_of_caddy_holds_no_address(server: Server) -> None:
    server.service.terminate()
    assert server.service.wait(60) == 0
    with server.client() as client:
        answer = client.get("/staff/welcome/a-secret-token", params={"q": "Almaz"}, headers={"Cookie": "ccmm=secret"})
    assert answer.status_code in (502, 503)
    written = server.caddy_log.read_text()
    assert "http.log.error" in written
    assert not any(word in written for word in ("a-secret-token", "Almaz", "ccmm=secret"))
