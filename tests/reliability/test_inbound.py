"""Every message that comes in has one effect, however often, in whichever order and from whichever process it is delivered.

A short run by default; ``CCMM_TEST_INBOUND=100000`` makes it the long one of ``make test-reliability``.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from ccmm_bot.store.scope import across
from tests.conversation.support import service, settings
from tests.reliability import figures
from tests.reliability.deliver import MESSAGES_A_PERSON

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = int(os.environ.get("CCMM_TEST_INBOUND", "700"))  # about three deliveries each
WORKERS = 4

#: Every promise as a query that counts what breaks it.
BROKEN = {
    "a message kept twice": "SELECT count(*) FROM (SELECT 1 FROM inbound GROUP BY account_id, provider_message_id "
    "HAVING count(*) > 1) AS x",
    "a conversation changed more or less often than it had messages": "SELECT count(*) FROM conversation c WHERE c.version <> "
    "(SELECT count(*) FROM inbound i WHERE i.conversation_id = c.id)",
    "a message without its one entry in the audit": "SELECT count(*) FROM inbound i LEFT JOIN (SELECT subject_id, count(*) AS n "
    "FROM audit WHERE action = 'message.received' GROUP BY subject_id) AS a ON a.subject_id = i.id WHERE COALESCE(a.n, 0) <> 1",
    "an answer lost or made twice": "SELECT count(*) FROM conversation c WHERE c.last_seq <> "
    "(SELECT count(*) FROM outbox o WHERE o.conversation_id = c.id)",
    "an answer to no message": "SELECT count(*) FROM outbox WHERE in_reply_to IS NULL",
    "two conversations at one address": "SELECT count(*) FROM (SELECT 1 FROM contact_point GROUP BY account_id, address_hash "
    "HAVING count(*) > 1) AS x",
    "an item answered twice in a run": "SELECT count(*) FROM (SELECT 1 FROM response GROUP BY run_id, item HAVING count(*) > 1) "
    "AS x",
}


@pytest.mark.timeout(3600)
async def test_every_message_has_one_effect(database_url: str, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    async with service(settings(database_url, tmp_path)):
        pass  # seeds the agency and makes the key file
    program = (sys.executable, "-m", "tests.reliability.deliver", database_url, str(tmp_path), str(seed), str(MESSAGES))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        await asyncio.create_subprocess_exec(
            *program, str(worker), str(WORKERS), cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
        )
        for worker in range(WORKERS)
    ]
    said = [(await process.communicate())[0] for process in running]
    assert [process.returncode for process in running] == [0] * WORKERS
    counted = [json.loads(each) for each in said]
    total: Counter[str] = Counter()
    for each in counted:
        total.update({name: value for name, value in each.items() if isinstance(value, int)})
    seconds, slowest = (max(float(each[name]) for each in counted) for name in ("seconds", "slowest"))
    again = {name: count for name, count in total.items() if name.startswith("again")}
    kind = "PostgreSQL" if database_url.startswith("postgresql") else "SQLite"
    people = -(-MESSAGES // MESSAGES_A_PERSON)
    print(
        f"\n{kind}: {MESSAGES} messages of {people} people, {total['deliveries']} deliveries shuffled over "
        f"{WORKERS} processes (seed {seed}): {total['new']} effects, {total['answers']} answers, {seconds:.0f} s, "
        f"{total['deliveries'] / seconds:.0f} deliveries/s, slowest {slowest:.1f} s, delivered again {again or 0}"
    )
    async with service(settings(database_url, tmp_path)) as runtime:
        with across(runtime.database.engine).connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM inbound")).scalar_one() == MESSAGES
            assert connection.execute(text("SELECT count(*) FROM outbox")).scalar_one() == total["answers"]
            broken = {promise: connection.execute(text(query)).scalar_one() for promise, query in BROKEN.items()}
    told: dict[str, str | int] = {
        "database": kind,
        "messages": MESSAGES,
        "deliveries": total["deliveries"],
        "effects": total["new"],
        "answers": total["answers"],
        "promises broken": sum(broken.values()),
        "time": f"{seconds:.0f} s",
        "deliveries a second": int(total["deliveries"] / seconds),
    }
    figures.keep("inbound", kind.lower(), told)
    assert total["new"] == MESSAGES
    assert broken == dict.fromkeys(BROKEN, 0)
