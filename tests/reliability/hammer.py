"""One process that asks the application at random: ``hammer.py DATABASE_URL FOLDER SEED REQUESTS``. Prints its figures as JSON.

Straight to the application for the most part; the same requests over real HTTP are :mod:`tests.reliability.test_requests`'s.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from limits import RateLimitItemPerMinute
from sqlmodel import select

from ccmm_bot.casework.access import api_tokens, sessions
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.store.tables import (
    Absence,
    ApiToken,
    Appointment,
    Attachment,
    Case,
    CaseloadImport,
    ChannelAccount,
    Consent,
    ContactPoint,
    Conversation,
    Flag,
    Invitation,
    NextStep,
    Passkey,
    Person,
    PersonMerge,
    PlanGoal,
    Referral,
    Role,
    Staff,
    StaffLink,
    StaffSession,
    TokenScope,
    WebhookEndpoint,
)
from ccmm_bot.web import errors
from ccmm_bot.web.api import calling
from tests.reliability.asked import Pages, beside
from tests.reliability.asking import Answer, Request, ask
from tests.standins.fixtures import BOT_TOKEN, PUBLIC, SMS_FROM, WHATSAPP_FROM, telegram_account, twilio_account
from tests.standins.server import free_port_url
from tests.web.serving import Service, open_service

#: So many requests are drawn, then everything that is asked for by its id is looked up again.
ROUND = 200
#: So many more are made of each drawn, where few are asked for and where many are: drawing one costs more than answering ten.
MORE, MANY_MORE, MANY = 7, 31, 10_000
#: And after so many, everything is new.
WORLD = 20_000
#: Those who may do most are asked for most.
ROLES = [*(role.value for role in Role), *("administrator",) * 5, *("supervisor",) * 4, "case_manager"]
PEOPLE = 6
HOST = PUBLIC.removeprefix("https://")
PATIENT = RateLimitItemPerMinute(10**9)  # what is asked here is whether anything breaks, not how fast


@dataclass
class Log:
    """What the application says of what it could not answer."""

    said: list[str] = field(default_factory=list)

    def error(self, event: str, **more: Any) -> None:
        self.said.append(f"{event} {more}")

    def warning(self, event: str, **more: Any) -> None:
        """What was asked is at fault: no matter here."""


@dataclass
class World:
    """The application, who asks it, and what it holds."""

    app: FastAPI
    service: Service
    cookies: dict[str, str] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    broken: list[dict[str, Any]] = field(default_factory=list)
    log: Log = field(default_factory=Log)

    def cookie(self, role: str) -> str:
        """A session of the role's account, which is as it was first: requests at random change accounts too."""
        if role not in self.cookies:
            runtime, key = self.service.runtime, self.service.staff[role]
            with runtime.store.installation(write=True) as session:
                account = session.get_one(Staff, key)
                account.active, account.role = True, Role(role)
                session.add(account)
            self.cookies[role] = sessions.open_session(runtime.store, key, self.service.clock.now()).token
        return self.cookies[role]

    async def ask(self, request: Request) -> Answer:
        """One request; what breaks is kept with it."""
        sent = request
        if request.role is not None:
            sent = replace(request, headers=[*request.headers, ("Cookie", f"ccmm={self.cookie(request.role)}")])
        self.log.said.clear()
        try:
            answer = await ask(self.app, sent, host=HOST)
        except Exception as error:
            answer = Answer(status=599)
            self.log.error("raised", error=repr(error))
        self.statuses[f"{kind_of(request)} {answer.status}"] += 1
        if answer.status >= 500 or not answer.status:
            self.broken.append({"request": repr(request), "status": answer.status, "log": list(self.log.said)})
            sys.stderr.write(f"{self.broken[-1]}\n")
        if request.role is not None and (answer.status == 401 or answer.location.startswith("/staff/sign-in")):
            self.cookies.pop(request.role, None)
        return answer

    def pages(self) -> Pages:
        """What may be asked of it now."""
        store, now, agency = self.service.runtime.store, self.service.clock.now(), self.service.runtime.agency_id
        self.cookies.pop("administrator", None)
        self.cookie("administrator")
        chief = Reader(staff_id=self.service.staff["administrator"], agency_id=agency, role=Role.ADMINISTRATOR, name="")
        token = api_tokens.make_token(store, chief, name="system", scope=TokenScope.WRITE, now=now)
        return Pages(self.app, ROLES, ids_of(self.service), token)


def kind_of(request: Request) -> str:
    """Webhook, page, API or other."""
    first = request.target.split("?")[0].split("/")[1]
    return first if first in ("webhooks", "staff", "api") else "other"


@asynccontextmanager
async def world(folder: Path, **changed: Any) -> AsyncIterator[World]:
    """The application with two agencies, people, cases, every role, and every channel; nothing is sent anywhere."""
    nobody = free_port_url()
    # What is replaced is what it was before when the world ends: other tests of the process go on with it.
    with pytest.MonkeyPatch.context() as replaced:
        replaced.setattr(calling, "A_MINUTE", PATIENT)
        replaced.setattr(calling, "WRONG", PATIENT)
        async with open_service(folder, **changed) as (app, service):
            channels = service.runtime.channels
            channels.add_twilio(twilio_account(nobody))
            bot = TelegramChannel(telegram_account(nobody, webhook=True))
            channels.add(bot)
            with service.runtime.store.installation(write=True) as session:
                for kind, account in ((ChannelKind.WHATSAPP, WHATSAPP_FROM), (ChannelKind.TELEGRAM, BOT_TOKEN.partition(":")[0])):
                    session.add(ChannelAccount(agency_id=service.runtime.agency_id, channel=kind, account=account))
            made = World(app, service)
            replaced.setattr(errors, "_log", made.log)
            await people(service)
            try:
                yield made
            finally:
                await bot.aclose()


async def people(service: Service) -> None:
    """Some people in the middle of everything: with a conversation, a case, a referral, a next step."""
    runtime = service.runtime
    for number in range(PEOPLE):
        for count, text in enumerate(("hello", "English", "1", "1", "human")):
            await runtime.receiver.receive(
                InboundMessage(
                    channel=ChannelKind.SMS,
                    account=SMS_FROM,
                    provider_message_id=f"first-{number}-{count}",
                    sender=f"+160455502{number:02d}",
                    received_at=service.clock.now(),
                    text=text,
                )
            )
    await asyncio.to_thread(_at_the_desk, service)


def _at_the_desk(service: Service) -> None:
    now = service.clock.now()
    with service.runtime.store.installation(write=True) as session:
        for conversation in session.exec(select(Conversation)).all():
            shared: dict[str, Any] = {"agency_id": conversation.agency_id, "person_id": conversation.person_id}
            consent = Consent(**shared, kind="referral", given=True, at=now)
            case = Case(**shared, opened_at=now, case_manager_id=service.staff["case_manager"])
            session.add_all([case, consent])
            session.flush()
            own: dict[str, Any] = {**shared, "staff_id": service.staff["case_manager"], "created_at": now}
            step = NextStep(**own, text="Call", due_on=now.date())
            session.add_all([step, Referral(**own, domain="housing", destination="X", consent_id=consent.id)])


#: The table behind each name that routes have for an id.
TABLES: Mapping[str, Any] = MappingProxyType(
    {
        "absence_id": Absence,
        "appointment_id": Appointment,
        "attachment_id": Attachment,
        "case_id": Case,
        "contact_point_id": ContactPoint,
        "conversation_id": Conversation,
        "endpoint_id": WebhookEndpoint,
        "flag_id": Flag,
        "goal_id": PlanGoal,
        "import_id": CaseloadImport,
        "invitation_id": Invitation,
        "link_id": StaffLink,
        "merge_id": PersonMerge,
        "passkey_id": Passkey,
        "person_id": Person,
        "referral_id": Referral,
        "session_id": StaffSession,
        "staff_id": Staff,
        "step_id": NextStep,
        "token_id": ApiToken,
    }
)
#: The same ids, as fields of forms name them.
FIELDS: Mapping[str, str] = MappingProxyType({"to": "staff_id", "staff": "staff_id", "person": "person_id", "case": "case_id"})


def ids_of(service: Service) -> dict[str, list[str]]:
    """What is there, by the names routes and forms have for it: the latest of each."""
    found: dict[str, list[str]] = {"name": ["case_questionnaire", "adherence", "staff_survey"]}
    with service.runtime.store.installation() as session:
        for name, table in TABLES.items():
            found[name] = [str(each) for each in session.exec(select(table.id).order_by(table.id.desc()).limit(30))]
    found["subject_id"] = found["case_id"] + found["staff_id"]
    return found | {field: found[name] for field, name in FIELDS.items()}


def hammer(world: World, run: Callable[[Any], Any], number: int, start: int) -> None:
    """``number`` requests at random. ``run`` runs a coroutine."""
    done, chance, more = 0, random.Random(start), MANY_MORE if number >= MANY else MORE
    while done < number:
        many = min(ROUND, -(-(number - done) // (more + 1)))
        pages = world.pages()

        @seed(start + done)
        @settings(
            max_examples=many,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(request=pages.any_request())
        def ask_one(request: Request) -> None:
            run(world.ask(request))
            for other in beside(request, chance, ROLES, more):
                run(world.ask(other))

        before = world.statuses.total()
        ask_one()
        done += max(1, world.statuses.total() - before)


def main(url: str, folder: str, start: int, number: int) -> None:
    """Ask, and say what came. On SQLite with a new world from time to time, so that what was asked before costs nothing."""
    logging.disable(logging.ERROR)  # every refusal would be a line
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    began, statuses, broken = time.monotonic(), Counter[str](), list[dict[str, Any]]()
    span = number if url else WORLD
    for n, first in enumerate(range(0, number, span)):
        place = Path(folder) if url else Path(folder) / f"world-{n}"
        opened = world(place, **({"database_url": url} if url else {}))
        made = loop.run_until_complete(opened.__aenter__())
        try:
            hammer(made, loop.run_until_complete, min(span, number - first), start + first)
        finally:
            loop.run_until_complete(opened.__aexit__(None, None, None))
        statuses.update(made.statuses)
        broken += made.broken
        if not url:
            shutil.rmtree(place)
    figures = {"requests": statuses.total(), "seconds": time.monotonic() - began, "statuses": statuses, "broken": broken[:50]}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
