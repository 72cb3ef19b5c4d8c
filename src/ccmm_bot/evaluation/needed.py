"""Whether what evaluators need is installed: it is an extra of its own, and nothing else of the service needs it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from ccmm_bot.errors import ConfigurationError

_LIBRARIES: Final = ("matplotlib", "pandas", "pyarrow", "pyreadstat", "python_calamine", "scipy", "statsmodels")


def is_there() -> bool:
    """Whether the libraries for tables and exports are installed."""
    return all(find_spec(name) is not None for name in _LIBRARIES)


def require_libraries() -> None:
    """Raise :class:`ConfigurationError` unless they are."""
    if not is_there():
        raise ConfigurationError("What evaluators need is not installed here. Run: scripts/setup --evaluation")
