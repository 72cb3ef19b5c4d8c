"""What the service does not load before somebody needs it: its memory when idle, and the time until it answers, are promised."""

from __future__ import annotations

import subprocess
import sys

#: What each is for: exports and statistics, spreadsheets, PDFs, machine translation, the other database, migrations to be made,
#: identity providers, Telegram, drawing in terminals, posters and their codes, backups, holidays, Twilio's library but for a few
#: functions and its second way to the network, durable work, pages, FastAPI's look for models of another time.
HEAVY = (
    *("pandas", "numpy", "matplotlib", "pyarrow", "openpyxl", "fpdf", "argostranslate", "psycopg", "alembic", "authlib"),
    *("telegram", "rich", "pygments", "uharfbuzz", "segno", "pyrage", "holidays", "twilio.rest", "twilio.http", "requests", "dbos"),
    *("urllib3", "jinja2", "pydantic.v1", "ccmm_bot.web.staff", "ccmm_bot.web.api", "ccmm_bot.web.demo"),
)


def test_serving_on_sqlite_loads_nothing_that_only_some_moments_need() -> None:
    asked = f"""
import sys
from ccmm_bot.cli import main
sys.argv = ["ccmm-bot", "serve", "--help"]
try:
    main()
except SystemExit:
    assert "ccmm_bot.cli.serve" in sys.modules
    print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_one_holiday_does_not_load_the_calendars_of_all_countries() -> None:
    asked = """
import sys
from datetime import date
from ccmm_bot.followup.quiet_hours import is_holiday
assert is_holiday(date(2026, 7, 1))
print(sum(name.startswith("holidays.countries") for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_durable_work_on_sqlite_leaves_the_other_databases_driver_alone_until_its_errors_are_asked_for() -> None:
    asked = """
import sqlite3, sys
from sqlalchemy.exc import DBAPIError
from ccmm_bot.worker.jobs.library import load_library
load_library("sqlite")
print("dbos" in sys.modules, "psycopg" in sys.modules)
from dbos import _utils as told
print(told.retriable_postgres_exception(DBAPIError("", {}, sqlite3.OperationalError())), "psycopg" in sys.modules)
import psycopg
print(told.psycopg.OperationalError is psycopg.OperationalError, told.psycopg.errors.DataError is psycopg.errors.DataError)
load_library("sqlite")
print(told.retriable_postgres_exception(DBAPIError("", {}, psycopg.errors.ConnectionTimeout())), sys.modules["psycopg"] is psycopg)
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False", "False True", "True True", "True True"]
