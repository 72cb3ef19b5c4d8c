"""The job engine's library, loaded with no more than the service's own database needs.

It loads PostgreSQL's driver whatever the database is, nine megabytes of it, and uses it for the kinds of that driver's errors. On
SQLite it is handed stand-ins that become the driver when one of those is asked for.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from types import ModuleType
from typing import Any, Final

_DRIVER: Final = "psycopg"
_loading = threading.Lock()


class _WhenAsked(ModuleType):
    """A module that is loaded when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the language looks for while it imports
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


def load_library(dialect: str) -> None:
    """Load it for a database; nothing where it is loaded."""
    with _loading:
        if "dbos" in sys.modules:
            return
        if dialect != "sqlite" or _DRIVER in sys.modules:
            import_module("dbos")
            return
        driver, errors = _WhenAsked(_DRIVER), _WhenAsked(f"{_DRIVER}.errors")
        driver.errors = errors  # type: ignore[attr-defined]
        stand_ins = {module.__name__: module for module in (driver, errors)}
        sys.modules.update(stand_ins)
        try:
            import_module("dbos")
        finally:
            for name in stand_ins:
                del sys.modules[name]  # whoever asks for the driver from now on gets it
