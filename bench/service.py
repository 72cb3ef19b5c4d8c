"""What the service itself takes: until it answers, in memory while nothing happens and after many messages, and on the disk."""

from __future__ import annotations

import compileall
import http.client
import importlib.metadata
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import _load
from _job import ACCOUNT_SID, OUR_NUMBER, PUBLIC, SCRIPT, TOKEN, posts
from _servers import CONNECTIONS, FLOOR, HERE, PYTHON, WORKING, free_port, served
from _table import Plan, Row, at_most, loaded

MB = 1_000_000
MANY = 100_000


def rows(plan: Plan) -> Iterator[Row]:
    """Start, memory, size."""
    yield from start_and_idle(plan)
    yield from after_many(plan)
    yield installed()


def start_and_idle(plan: Plan) -> Iterator[Row]:
    """``ccmm-bot serve`` as an agency runs it: all dialogues in all languages, Twilio on, worker and job engine in the process."""
    compileall.compile_dir(HERE.parent / "src", quiet=1)  # as `make setup` does
    first, again, computed, idle, floor, floor_computed, floor_idle = [], [], [], [], [], [], []
    page, with_pages = [], []
    with loaded() as found, tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
        for turn in range(plan.rounds):
            folder = Path(name) / str(turn)
            folder.mkdir()
            first.append(_serve(folder).took)
            started = _serve(folder, settle_s=8, page="/staff/sign-in")
            again.append(started.took)
            computed.append(started.computed)
            idle.append(started.idle)
            page.append(started.page)
            with_pages.append(started.with_pages)
            port = free_port()
            command = list(FLOOR.command(folder, port, f"sqlite:///{folder}/floor.sqlite3"))
            started = _until_it_answers(command, port, {}, folder, 1)
            floor.append(started.took)
            floor_computed.append(started.computed)
            floor_idle.append(started.idle)
        found += [
            Row(
                name="start to first answer: ccmm-bot serve",
                unit="s",
                values=again,
                floors=floor,
                target=at_most(2, of_ratio=False),
            ),
            Row(name="start to first answer: its time on a processor", unit="s", values=computed, floors=floor_computed),
            Row(name="start to first answer, with a database to make first", unit="s", values=first, floors=floor),
            Row(
                name="memory of ccmm-bot serve, idle, without translation",
                unit="MB",
                values=idle,
                floors=floor_idle,
                target=at_most(150, of_ratio=False),
            ),
            Row(name="memory of ccmm-bot serve with the first staff page shown", unit="MB", values=with_pages, floors=floor_idle),
            Row(name="the first staff page since the start, which reads all of them", unit="s", values=page),
        ]
    yield from found


@dataclass(frozen=True, kw_only=True)
class _Started:
    """Seconds from the start until a request was answered, those of them on a processor, megabytes later; with a page: seconds
    until that was answered, and megabytes then."""

    took: float
    computed: float
    idle: float
    page: float = 0.0
    with_pages: float = 0.0


def _serve(folder: Path, settle_s: float = 0, page: str = "") -> _Started:
    port = free_port()
    settings = {
        "CCMM_DATABASE_URL": f"sqlite:///{folder}/ccmm.sqlite3",
        "CCMM_SECRET_KEY_FILE": str(folder / "secret.key"),
        "CCMM_PUBLIC_BASE_URL": PUBLIC,
        "CCMM_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "CCMM_TWILIO_AUTH_TOKEN": TOKEN,
        "CCMM_TWILIO_SMS_FROM": OUR_NUMBER,
    }
    return _until_it_answers([PYTHON, "-m", "ccmm_bot", "serve", "--port", str(port)], port, settings, folder, settle_s, page)


def _until_it_answers(
    command: list[str], port: int, settings: Mapping[str, str], folder: Path, settle_s: float, page: str = ""
) -> _Started:
    """Start it, wait for its first answer, let it be, and ask for a page."""
    began = time.perf_counter()
    settings = {**os.environ, **settings, "PYTHONPATH": _path()}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=folder, env=settings, stdout=subprocess.DEVNULL, stderr=log)
        try:
            while not _answers(port):
                if server.poll() is not None:
                    log.seek(0)
                    raise RuntimeError(f"{command[1:]} did not start: {log.read().decode(errors='replace')[-2000:]}")
                time.sleep(0.005)
            took, computed = time.perf_counter() - began, processor(server.pid)
            time.sleep(settle_s)
            idle, asked = resident(server.pid), time.perf_counter()
            if not page:
                return _Started(took=took, computed=computed, idle=idle)
            _answers(port, page)
            shown = time.perf_counter() - asked
            return _Started(took=took, computed=computed, idle=idle, page=shown, with_pages=resident(server.pid))
        finally:
            server.terminate()
            server.wait(60)


def _answers(port: int, path: str = "/healthz") -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()
    return True


def _path() -> str:
    """Where the code that is measured lies, also for a process that runs in another folder."""
    return os.pathsep.join([str(HERE), *(part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part)])


def processor(pid: int) -> float:
    """Seconds a process has computed, in its own code and in the system's."""
    after_name = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Megabytes of memory a process holds (RSS)."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"), re.MULTILINE)
    if found is None:
        raise RuntimeError("nothing is known about the process's memory")
    return int(found[1]) * 1024 / MB


def after_many(plan: Plan) -> Iterator[Row]:
    """Memory after many messages, beside the memory after the first tenth of them: the process with everything that works in it."""
    many = MANY // 10 if plan.quick else MANY
    with loaded() as found, tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
        folder = Path(name)
        held: list[float] = []
        with served(WORKING, folder, f"sqlite:///{folder}/ours.sqlite3") as ports:
            people = many // len(SCRIPT) // 10
            for part in range(10):
                everybody = [posts(part * people + n, "many") for n in range(people)]
                _load.run(ports, everybody, CONNECTIONS)
                held.append(resident(_pid(ports[0])))
        found.append(
            Row(
                name=f"memory after {many:,} messages; its floor: after {many // 10:,}",
                unit="MB",
                values=held[-1:],
                floors=held[:1],
                target=at_most(1.1),
            )
        )
    yield from found


def _pid(port: int) -> int:
    """The process of ours that was started for a port."""
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(port).encode() in words and any(word.endswith(b"_ours.py") for word in words):
            return int(entry.name)
    raise RuntimeError("the process is gone")


def installed() -> Row:
    """The packages of the default installation and ourselves, by the files each of them has installed here."""
    lock = (HERE.parent / "requirements" / "runtime.txt").read_text("utf-8")
    names = re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)
    sizes = {name: _size(name) for name in names if name not in ("hatchling", "editables")}
    folders = [HERE.parent / name for name in ("src", "dialogues", "locales")]
    sizes["ccmm-bot"] = sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())
    heavy = [name for name in sizes if name.lower() in ("torch", "ctranslate2", "pandas", "scipy")]
    if heavy:
        raise RuntimeError(f"the default installation has {', '.join(heavy)}")
    total = sum(sizes.values()) / MB
    return Row(name=f"size of the default installation: {len(sizes)} packages, no torch", unit="MB", values=[total])


def _size(name: str) -> int:
    try:
        files = importlib.metadata.files(name) or []
    except importlib.metadata.PackageNotFoundError:
        return 0  # for another system
    return sum(found.stat().st_size for file in files if (found := Path(str(file.locate()))).is_file())
