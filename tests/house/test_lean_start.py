"""What the service does not load before somebody needs it: its memory when idle, and the time until it answers, are promised."""

from __future__ import annotations

import subprocess
import sys

#: What each is for: exports and statistics, spreadsheets, PDFs, machine translation, the other database, migrations to be made.
HEAVY = ("pandas", "numpy", "matplotlib", "pyarrow", "openpyxl", "fpdf", "argostranslate", "psycopg", "alembic", "authlib")


def test_serving_on_sqlite_loads_nothing_that_only_some_moments_need() -> None:
    asked = f"import sys, ccmm_bot.cli.serve; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
