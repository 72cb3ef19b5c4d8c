"""Runs the measurements of this folder: every module here that has a ``main()``, which prints its own table.

``python bench/run.py`` runs them all, ``python bench/run.py engine`` one. A measurement that raises is reported and the others
still run; the exit code is then 1.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent


def measurements(folder: Path) -> dict[str, Path]:
    """Name → file of every measurement in ``folder``, in alphabetical order."""
    return {
        path.stem: path
        for path in sorted(folder.glob("*.py"))
        if path.stem not in {"run", "__init__"} and not path.stem.startswith("_") and "def main(" in path.read_text("utf-8")
    }


def load(path: Path) -> Callable[[], object]:
    """The ``main`` of one measurement."""
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    main = module.main
    if not callable(main):
        raise TypeError(f"{path}: main is not a function")
    return main  # type: ignore[no-any-return]


def run(names: list[str], folder: Path = HERE) -> int:
    """Run the named measurements, or all; returns the exit code."""
    known = measurements(folder)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    failed = []
    sys.path.insert(0, str(folder))  # a measurement may share a helper module, named with a leading underscore
    for name in names or known:
        print(f"\n== {name} ==", flush=True)
        try:
            load(known[name])()
        except Exception:
            traceback.print_exc()
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
