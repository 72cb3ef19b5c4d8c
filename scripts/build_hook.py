"""Puts the dialogues and the compiled catalogues into the wheel.

Compiled catalogues are never committed, so that none can be stale; the build makes them from the ``.po`` files it packs. An
editable install gets neither: a checkout reads its own ``dialogues/`` and ``locales/``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CataloguesHook(BuildHookInterface[Any]):
    """Hatchling's door into the build of a wheel."""

    _folder: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues into a temporary folder, and add them and the dialogues to what is packed."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        try:
            from ccmm_bot.i18n.maintenance import compile_all
        finally:
            sys.path.remove(str(root / "src"))
        self._folder = Path(tempfile.mkdtemp(prefix="ccmm-catalogues-"))
        locales = self._folder / "locales"
        shutil.copytree(root / "locales", locales, ignore=shutil.ignore_patterns("*.mo", "*.pot"))
        packed = build_data["force_include"]
        for compiled in compile_all(locales):
            packed[str(compiled)] = f"ccmm_bot/_data/locales/{compiled.relative_to(locales).as_posix()}"
        for notice in sorted((root / "locales").glob("*/privacy.toml")):
            packed[str(notice)] = f"ccmm_bot/_data/locales/{notice.relative_to(root / 'locales').as_posix()}"
        dialogues = root / "dialogues"
        for source in sorted(dialogues.rglob("*.yaml")):
            packed[str(source)] = f"ccmm_bot/_data/dialogues/{source.relative_to(dialogues).as_posix()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
