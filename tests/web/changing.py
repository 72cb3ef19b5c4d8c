"""One valid request to every route of staff and of other systems that changes something, each when what it needs is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from sqlmodel import col, select

from ccmm_bot.casework.access import accounts, api_tokens
from ccmm_bot.casework.casefile import cases, intake
from ccmm_bot.casework.casefile.criteria import ALL_CRITERIA
from ccmm_bot.casework.inviting import invitations
from ccmm_bot.clock import BC
from ccmm_bot.store.tables import (
    Absence,
    ApiToken,
    Appointment,
    Case,
    CaseloadImport,
    ContactPoint,
    Conversation,
    Flag,
    Invitation,
    NextStep,
    Person,
    PersonMerge,
    PersonOpening,
    PlanGoal,
    Referral,
    Role,
    TokenScope,
)
from tests.web.serving import PASSWORD, Site


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request. ``by``: the account or the token that the entry has to name; ``None`` where nobody is signed in."""

    client: httpx.Client
    route: tuple[str, str]
    names: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    by: UUID | None = None

    def send(self) -> httpx.Response:
        """Ask."""
        method, path = self.route
        return self.client.request(method, path.format(**self.names), **self.body)


class Changing:
    """A world in which things are changed, one after the other. A browser for every role is open as long as it is."""

    def __init__(self, site: Site, open_: ExitStack) -> None:
        self.site, self.store, self.now = site, site.service.runtime.store, site.clock.now()
        self.open = open_
        self.today = self.now.astimezone(BC).date()
        self.agency = site.service.runtime.agency_id
        self.me, self.leading = site.reader(), site.reader("supervisor")
        self._clients: dict[str, httpx.Client] = {}
        self._numbers = count(60)

    def browser(self, role: str) -> httpx.Client:
        """Signed in."""
        if role not in self._clients:
            self._clients[role] = self.open.enter_context(self.site.signed_in(role))
        return self._clients[role]

    def post(self, path: str, role: str = "case_manager", /, names: Mapping[str, Any] | None = None, **typed: Any) -> Ask:
        """A form, sent by somebody signed in."""
        ids = {name: str(value) for name, value in (names or {}).items()}
        by = self.site.service.staff[role]
        return Ask(client=self.browser(role), route=("POST", path), names=ids, body={"data": typed}, by=by)

    def talk(self, *texts: str) -> UUID:
        """Somebody new writes."""
        return self.site.text(f"+160455508{next(self._numbers)}", "hello", "English", "1", *texts)

    def person(self, *texts: str) -> UUID:
        """Somebody new."""
        return self.site.person_of(self.talk(*texts))

    def case(self) -> UUID:
        """The case of somebody new, with the case manager."""
        return cases.open_case(self.store, self.me, self.person(), self.now)

    def row(self, table: Any, **wanted: Any) -> Any:
        """The latest row like that."""
        with self.store.installation() as session:
            found = select(table).where(*(getattr(table, name) == value for name, value in wanted.items()))
            return session.exec(found.order_by(col(table.id).desc())).first()

    def day(self, days: int) -> str:
        """So many days from today."""
        return str(self.today + timedelta(days=days))


def changes(world: Changing) -> Iterator[Ask]:
    """Every one of them."""
    yield from _people(world)
    yield from _conversations(world)
    yield from _case_file(world)
    yield from _caseload(world)
    yield from _desk(world)
    yield from _systems(world)


def changing_nothing(world: Changing) -> Iterator[Ask]:
    """What is asked by a form and changes nothing."""
    person = world.person()
    made = invitations.invite_as(world.store, world.me, person, now=world.now, language="en")
    yield world.post("/staff/people/{person_id}/invitation/sheet", names={"person_id": person}, code=made.code, form="svg")
    yield world.post("/staff/search", query="Almaz")


def _people(world: Changing) -> Iterator[Ask]:
    person, at = world.person(), "/staff/people/{person_id}"
    whom = {"person_id": person}
    yield world.post(f"{at}/name", names=whom, name="Almaz Tesfay")
    yield world.post(f"{at}/second-language", names=whom, language="fr")
    yield world.post(f"{at}/invitation", names=whom, language="ti", days="3")
    made = world.row(Invitation, person_id=person).id
    yield world.post("/staff/invitations/{invitation_id}/withdraw", names={"invitation_id": made})
    yield world.post(f"{at}/case", names=whom)
    other = world.person()
    yield world.post(f"{at}/merge", names=whom, other=str(other))
    yield world.post("/staff/merges/{merge_id}/undo", names={"merge_id": world.row(PersonMerge, kept_id=person).id})
    with world.store.installation() as session:
        said = select(ContactPoint.id).join(Conversation, col(Conversation.contact_point_id) == ContactPoint.id)
        point = session.exec(said.where(Conversation.person_id == person)).one()
    yield world.post("/staff/contact-points/{contact_point_id}/let-go", names={"contact_point_id": point})
    yield world.post(f"{at}/numbers", names=whom, number="604 555 0177", channel="sms", how="by_phone")
    yield world.post(f"{at}/export", "supervisor", names=whom)
    gone = world.row(Person, id=other)
    yield world.post(f"{at}/erase", "supervisor", names={"person_id": gone.id}, code=gone.code)
    colleague = _colleague(world)
    code = world.row(Person, id=world.row(Case, case_manager_id=colleague).person_id).code
    yield world.post("/staff/opening", who=code, why="She stands at the counter today.")
    opened = world.row(PersonOpening, staff_id=world.me.staff_id).id
    yield world.post("/staff/opening/{opening_id}/end", names={"opening_id": opened})


def _colleague(world: Changing) -> UUID:
    """Somebody else's case."""
    email, role, now = "colleague@example.org", Role.CASE_MANAGER, world.now
    made = accounts.create(
        world.store, email=email, name="Colleague", password=PASSWORD, now=now, role=role, agency_id=world.agency
    )
    intake.assign(world.store, world.leading, world.case(), made, now)
    return made


def _conversations(world: Changing) -> Iterator[Ask]:
    talk, at = world.talk("skip"), "/staff/conversations/{conversation_id}"
    here = {"conversation_id": talk}
    world.browser("case_manager").post(f"/staff/people/{world.site.person_of(talk)}/name", data={"name": "Sara Tesfay"})
    yield world.post(f"{at}/follow-up", names=here)
    yield world.post(f"{at}/take-over", names=here, back="2h")
    yield world.post(f"{at}/reply", names=here, text="Are you there?", back="1d")
    yield world.post(f"{at}/canned", names=here, key="system.stuck")
    yield world.post(f"{at}/hand-back", names=here)
    yield world.post(f"{at}/safety", names=here, safety="hours", safe_from="09:30", safe_until="15:00")
    yield world.post(f"{at}/consent-again", names={"conversation_id": world.talk("stop")}, how="in_person")
    yield world.post(f"{at}/safe-again", names={"conversation_id": world.talk("QUIET")}, how="by_phone")


def _case_file(world: Changing) -> Iterator[Ask]:
    case, at = world.case(), "/staff/cases/{case_id}"
    here = {"case_id": case}

    def seen() -> str:
        return str(world.row(Case, id=case).revision)

    yield world.post(f"{at}/stage", names=here, stage="assessment_planning", seen=seen())
    yield world.post(f"{at}/steps", names=here, step="met_client", day=world.day(0))
    yield world.post(f"{at}/facts", names=here, rationale="One for all of them", planned_end=world.day(90), seen=seen())
    yield world.post(f"{at}/needs", names=here, moment="entry", domains=["housing"])
    yield world.post(f"{at}/criteria", names=here, criteria=[ALL_CRITERIA[0]])
    yield world.post(f"{at}/contacts", names=here, day=world.day(0), method="phone", note="She called.")
    yield world.post(f"{at}/goals", names=here, domain="housing", goal="A home")
    goal = world.row(PlanGoal, case_id=case)
    changed: dict[str, Any] = {"domain": "housing", "goal": "A home of her own", "status": "met", "seen": str(goal.revision)}
    yield world.post("/staff/goals/{goal_id}", names={"goal_id": goal.id}, **changed)
    yield world.post(f"{at}/plan", names=here)
    yield world.post(f"{at}/plan/decision", "supervisor", names=here, ruling="approved", seen=seen())
    yield world.post(f"{at}/manager", "supervisor", names=here, staff_id=str(world.leading.staff_id))
    yield world.post(f"{at}/manager", "supervisor", names=here, staff_id=str(world.me.staff_id))
    yield world.post(f"{at}/appointments", names=here, at=f"{world.day(3)}T10:00", place="5575 Boundary Road")
    appointment = world.row(Appointment, case_id=case)
    here_too = {"appointment_id": appointment.id}
    moved: dict[str, Any] = {"at": f"{world.day(4)}T11:00", "place": "5575 Boundary Road"}
    yield world.post("/staff/appointments/{appointment_id}", names=here_too, seen=str(appointment.revision), **moved)
    now_at = str(world.row(Appointment, case_id=case).revision)
    yield world.post("/staff/appointments/{appointment_id}/outcome", names=here_too, status="cancelled", seen=now_at)
    form: dict[str, Any] = {"seen": "0", "period": "", "household_size": "5", "do": "keep"}
    yield world.post("/staff/forms/{name}/{subject_id}", names={"name": "case_questionnaire", "subject_id": case}, **form)
    asking = world.person("human")
    yield world.post("/staff/intake/{person_id}", names={"person_id": asking}, together="yes")
    begun = world.row(Case, person_id=asking)
    why: dict[str, Any] = {"ruling": "approved", "reason": "All of it is known.", "seen": str(begun.revision)}
    yield world.post(f"{at}/decision", "supervisor", names={"case_id": begun.id}, **why)
    yield world.post(f"{at}/exit", names=here, exit_date=world.day(0))
    yield world.post("/staff/supervision/audits/draw", "supervisor")
    yield world.post(f"{at}/exit/clear", names=here)
    cases.set_exit_date(world.store, world.me, case, world.today, world.now)
    yield world.post(f"{at}/reopen", names=here)


def _caseload(world: Changing) -> Iterator[Ask]:
    for n in range(2):
        sheet = {"file": (f"cases{n}.csv", b"name,stage\nAmina,intake\n")}
        upload = world.post("/staff/import", "supervisor")
        yield Ask(client=upload.client, route=upload.route, by=upload.by, body={"files": sheet})
        what = "take-over" if n else "drop"
        made = world.row(CaseloadImport, agency_id=world.agency).id
        yield world.post(f"/staff/import/{{import_id}}/{what}", "supervisor", names={"import_id": made})
    me, other = str(world.me.staff_id), str(world.leading.staff_id)
    away: dict[str, Any] = {"staff": me, "stand_in": other, "first_day": world.day(5), "last_day": world.day(9)}
    yield world.post("/staff/absences", "supervisor", **away)
    absence = world.row(Absence, agency_id=world.agency).id
    yield world.post("/staff/absences/{absence_id}/end", "supervisor", names={"absence_id": absence})
    handed: dict[str, Any] = {"from": me, "to": other}
    yield world.post("/staff/absences/hand-over", "supervisor", **handed)
    world.browser("supervisor").post("/staff/absences/hand-over", data={"from": other, "to": me})


def _desk(world: Changing) -> Iterator[Ask]:
    person = world.person("human")
    cases.open_case(world.store, world.me, person, world.now)
    flag, at = {"flag_id": world.row(Flag, person_id=person).id}, "/staff/flags/{flag_id}"
    yield world.post(f"{at}/reassign", names=flag, to=str(world.me.staff_id), note="You know her")
    yield world.post(f"{at}/snooze", names=flag, until=world.day(3), reason="Waits for a letter")
    yield world.post(f"{at}/wake", names=flag)
    yield world.post(f"{at}/resolve", names=flag, outcome="no_need", note="")
    whom, steps = {"person_id": person}, "/staff/people/{person_id}/steps"
    yield world.post(steps, names=whom, next_step="Call again", next_on=world.day(2))
    step = world.row(NextStep, person_id=person).id
    yield world.post("/staff/steps/{step_id}/done", names={"step_id": step})
    sent: dict[str, Any] = {
        "domain": "housing",
        "destination": "BC Housing",
        "agreed": "1",
        "how": "by_phone",
        "check_on": world.day(21),
    }
    yield world.post("/staff/people/{person_id}/referrals", names=whom, **sent)
    referral = world.row(Referral, person_id=person)
    said: dict[str, Any] = {"outcome": "received", "seen": str(referral.revision)}
    yield world.post("/staff/referrals/{referral_id}/outcome", names={"referral_id": referral.id}, **said)


def _systems(world: Changing) -> Iterator[Ask]:
    """Another system, which writes for who made its token."""
    maker = world.site.reader("administrator")
    token = api_tokens.make_token(world.store, maker, name="Case system", scope=TokenScope.WRITE, now=world.now)
    client = world.open.enter_context(
        httpx.Client(base_url=world.site.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    )
    by = world.row(ApiToken, agency_id=world.agency).id
    client.get("/api/v1/persons")  # its first use is kept: not a change of anybody's
    person = world.person("human")
    case = cases.open_case(world.store, world.me, person, world.now)
    asked: tuple[tuple[str, str, dict[str, UUID], dict[str, str]], ...] = (
        ("POST", "flags/{flag_id}/resolve", {"flag_id": world.row(Flag, person_id=person).id}, {"outcome": "no_need"}),
        ("PUT", "persons/{person_id}/name", {"person_id": person}, {"name": "Almaz"}),
        ("PUT", "cases/{case_id}/exit-date", {"case_id": case}, {"exit_date": world.day(0)}),
    )
    for method, path, names, typed in asked:
        ids = {name: str(value) for name, value in names.items()}
        yield Ask(client=client, route=(method, f"/api/v1/{path}"), names=ids, body={"json": typed}, by=by)
