"""What the service does not load before somebody needs it: its memory when idle, and the time until it answers, are promised."""

from __future__ import annotations

import subprocess
import sys

#: What each is for: exports and statistics, spreadsheets, PDFs, machine translation, the other database, migrations to be made,
#: identity providers, Telegram, drawing in terminals, posters and their codes, backups, holidays, Twilio's library but for a few
#: functions and its second way to the network, durable work, pages, FastAPI's look for models of another time, telephone numbers.
HEAVY = (
    *("pandas", "numpy", "matplotlib", "pyarrow", "openpyxl", "fpdf", "argostranslate", "psycopg", "alembic", "authlib"),
    *("telegram", "rich", "pygments", "uharfbuzz", "segno", "pyrage", "holidays", "twilio.rest", "twilio.http", "requests", "dbos"),
    *("urllib3", "jinja2", "pydantic.v1", "phonenumbers", "ccmm_bot.web.staff", "ccmm_bot.web.api", "ccmm_bot.web.demo"),
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


def test_a_twilio_account_that_sends_texts_does_without_its_library_of_resources() -> None:
    asked = """
import asyncio, sys
from ccmm_bot.channels.opening import open_channels
from ccmm_bot.settings import Settings
async def opened():
    channels, lines = await open_channels(
        Settings(
            _env_file=None, public_base_url="https://bot.example.org", twilio_account_sid="AC" + "0" * 32,
            twilio_auth_token="0" * 32, twilio_sms_from="+16045550100", twilio_whatsapp_from="+16045550100",
        )
    )
    print(len(list(channels)), [name for name in ("twilio.rest", "twilio.http", "requests") if name in sys.modules])
    await channels.aclose()
asyncio.run(opened())
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2 []"
