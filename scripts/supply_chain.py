"""What is installed: is it what the locks name, under licences we can live with, and as a list for whoever has to know.

    scripts/supply_chain.py check                        the environment against requirements/dev.txt, and every licence
    scripts/supply_chain.py sbom [--python P] [-o FILE]  a CycloneDX list of what an environment holds, and of the vendored assets

Both look at what is installed, not at what some file wishes.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements" / "dev.txt"
VENDOR: Final = ROOT / "src" / "ccmm_bot" / "web" / "static" / "vendor" / "MANIFEST.json"
#: What no lock names: ourselves, and what an environment is made with.
OUTSIDE: Final = frozenset({"ccmm-bot", "pip", "setuptools", "wheel"})
#: Parts of a licence's name that we can live with: permissive ones, and those that bind only the library itself (LGPL, MPL).
GOOD: Final = re.compile(
    r"\b(MIT(-0|-CMU)?|Apache|BSD|0BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla Public|LGPL|Lesser General Public|"
    r"CNRI-Python|Zlib|CC0|Unlicense|HPND)\b",
    re.IGNORECASE,
)
#: Licences that bind what uses them.
BAD: Final = re.compile(r"\b(A?GPL|SSPL|BUSL|Commons Clause|Proprietary)\b", re.IGNORECASE)
#: What their own metadata does not say, read from the licence file they install.
READ: Final = {"pyrage": "MIT", "pyxform": "BSD-2-Clause"}
#: Programs of the checks alone: they are run, never imported, and are in no lock that is installed with the service.
TOOLS: Final = {
    "translate-toolkit": "GPL-3.0-or-later: its pofilter reads our catalogues",
    "text-unidecode": "Artistic-1.0 or GPL-2.0-or-later, as one likes: behind the validator of data packages in the tests",
}


def canonical(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path = LOCK) -> dict[str, str]:
    """Name → version, as a lock has them."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+?)(?:\s|\\|;|$)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonical(name): version for name, version in pins}


def strangers() -> list[str]:
    """What is installed and not locked, or locked and not installed so."""
    pins = locked()
    here = {canonical(found.metadata["Name"]): found.version for found in metadata.distributions()}
    wrong = [
        f"{name} {version} is installed, but no lock names it" for name, version in here.items() if name not in {*pins, *OUTSIDE}
    ]
    wrong += [
        f"{name} is {here.get(name, 'missing')}, the lock says {version}"
        for name, version in pins.items()
        if here.get(name) != version
    ]
    return sorted(wrong)


def licences() -> dict[str, str]:
    """Name → licence of everything installed."""
    said = subprocess.run(
        [sys.executable, "-m", "piplicenses", "--format=json", "--with-system", "--from=mixed"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = {canonical(row["Name"]): row["License"] for row in json.loads(said.stdout)}
    return {name: READ.get(name, licence) for name, licence in found.items()}


def unwelcome() -> list[str]:
    """Licences that nobody has accepted."""
    served = {name for lock in ("runtime", "translate", "evaluation") for name in locked(ROOT / "requirements" / f"{lock}.txt")}
    wrong = []
    for name, licence in sorted(licences().items()):
        if name in TOOLS and name not in served:
            continue
        choices = re.split(r"\bOR\b|;", licence)
        if not any(GOOD.search(choice) and not BAD.search(choice) for choice in choices):
            wrong.append(f"{name}: {licence}")
    return wrong


def sbom(python: str, out: Path) -> int:
    """Write the list; how many components it has."""
    what = ["environment", python, "--pyproject", str(ROOT / "pyproject.toml")]
    how = ["--output-format", "JSON", "--output-file", str(out), "--validate"]
    subprocess.run([sys.executable, "-m", "cyclonedx_py", *what, *how], check=True)
    listed: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    for entry in json.loads(VENDOR.read_text(encoding="utf-8"))["files"]:
        listed["components"].append(
            {
                "type": "file",
                "name": entry["file"],
                "version": entry["version"],
                "licenses": [{"license": {"id": entry["licence"]}}],
                "hashes": [{"alg": "SHA-256", "content": entry["sha256"]}],
                "description": f"vendored from the npm package {entry['package']}",
            }
        )
    out.write_text(json.dumps(listed, indent=1, ensure_ascii=False), encoding="utf-8")
    return len(listed["components"])


def main() -> int:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    listing = commands.add_parser("sbom")
    listing.add_argument("--python", default=sys.executable)
    listing.add_argument("-o", "--out", type=Path, default=ROOT / "build" / "sbom.cdx.json")
    asked = parser.parse_args()
    if asked.command == "sbom":
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        print(f"{asked.out}: {sbom(asked.python, asked.out)} components")
        return 0
    wrong = [*strangers(), *(f"licence not accepted: {line}" for line in unwelcome())]
    print("\n".join(wrong) or f"{len(licences())} packages, all locked and under accepted licences")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
