"""Who may call what: every route, every role, one's own agency and another's, one's own people and a colleague's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from ccmm_bot.casework.access import accounts, api_tokens, staff_links
from ccmm_bot.casework.access.policy import Permission, Reader
from ccmm_bot.casework.exchange import webhooks
from ccmm_bot.casework.inviting import invitations
from ccmm_bot.store.tables import Case, Consent, Conversation, Flag, NextStep, Person, Referral, Role, Staff, TokenScope
from ccmm_bot.web.access import ACCESS, Door, UnlistedRoute, check_routes, entries
from ccmm_bot.web.access_whose import PARAMETERS, Whose, parameters
from ccmm_bot.web.access_whose import whose as whose_is
from tests.web.case_ids import case_ids
from tests.web.serving import FOREIGN_SMS, PASSWORD, SMS, Site

#: What each role may do, written down a second time: a slip in the policy and the same slip here are two slips.
CASE_WORK = {Permission.READ_CASES, Permission.RESOLVE_FLAGS, Permission.WRITE_TO_PEOPLE, Permission.WRITE_CASES}
LEADING = {
    Permission.SUPERVISE,
    Permission.EXPORT_PEOPLE,
    Permission.ERASE_PEOPLE,
    Permission.READ_AUDIT,
    Permission.SEE_SERVICE,
}
MAY = {
    Role.OPERATOR: {Permission.SEE_SERVICE, Permission.RUN_INSTALLATION},
    Role.EVALUATOR: {Permission.EVALUATE},
    Role.AUDITOR: {Permission.READ_CASES, Permission.READ_AUDIT},
    Role.CASE_MANAGER: CASE_WORK | {Permission.OPEN_OTHERS},
    Role.SUPERVISOR: CASE_WORK | LEADING,
    Role.ADMINISTRATOR: CASE_WORK | LEADING | {Permission.OPEN_OTHERS, Permission.EVALUATE, Permission.ADMINISTER},
}

STAFF_ROUTES = [(method, path, need) for (method, path), need in ACCESS.items() if isinstance(need, Permission)]
FORMS = {
    "/staff/flags/{flag_id}/resolve": {"outcome": "no_need", "note": ""},
    "/staff/flags/{flag_id}/reassign": {"to": "nobody"},
    "/staff/flags/{flag_id}/snooze": {"until": "never"},
    "/staff/conversations/{conversation_id}/reply": {"text": ""},
    "/staff/people/{person_id}/name": {"name": ""},
    "/staff/people/{person_id}/second-language": {"language": "fr"},
    "/staff/people/{person_id}/invitation/sheet": {"code": "nothing"},
    "/staff/conversations/{conversation_id}/consent-again": {"how": "in_person"},
    "/staff/conversations/{conversation_id}/safety": {"safety": "safe"},
    "/staff/conversations/{conversation_id}/safe-again": {"how": "in_person"},
    "/staff/cases/{case_id}/exit": {"exit_date": "2026-11-30"},
    "/staff/people/{person_id}/erase": {"code": "not hers"},
    "/staff/admin/agencies/{agency_id}/senders": {"channel": "sms"},
    "/staff/admin/tokens": {"scope": "read", "name": ""},
    "/staff/admin/activity": {"since": "2026-11-01", "until": "2026-11-30"},
    "/staff/admin/staff": {"email": "nobody", "name": "Nobody", "role": "auditor"},
    "/staff/admin/staff/{staff_id}": {"role": "auditor", "active": "true"},
}


def test_every_route_is_in_the_table(site: Site) -> None:
    served = set(entries(site.service.app.routes))
    assert served <= set(ACCESS)
    rest = {path for _method, path in set(ACCESS) - served}
    assert all(path.startswith("/demo") for path in rest), "the table names routes that are not there"


def test_a_route_nobody_listed_keeps_the_application_from_starting() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/staff/everything", lambda: "all of it")
    with pytest.raises(UnlistedRoute, match="/staff/everything"):
        check_routes(app.routes)


def test_a_mounted_application_cannot_hide_routes() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/inner", FastAPI())
    with pytest.raises(UnlistedRoute):
        check_routes(app.routes)


def test_every_staff_route_needs_a_permission() -> None:
    open_doors = {path for (_method, path), need in ACCESS.items() if need is Door.PUBLIC}
    assert {path for path in open_doors if path.startswith("/staff")} == {
        "/staff/sign-in",
        "/staff/sign-out",
        "/staff/welcome/{token}",
        "/staff/oidc",
        "/staff/oidc/back",
    }


@pytest.fixture(scope="module")
def ids(site: Site) -> dict[str, dict[str, str]]:
    """Somebody with everything a person can have: of the case manager's own, of a colleague's, of the other agency's; and ids that
    nobody has."""
    found: dict[str, dict[str, str]] = {}
    for whose, account in (("own", SMS), ("colleague's", SMS), ("foreign", FOREIGN_SMS)):
        key = site.text(f"+160455507{len(found)}7", "hello", "English", "1", "human", to=account)
        manager = looking_after(site, whose)
        with site.service.runtime.store.installation(write=True) as session:
            conversation = session.exec(select(Conversation).where(col(Conversation.id) == key)).one()
            flag = session.exec(select(Flag).where(Flag.person_id == conversation.person_id)).first()
            case = Case(
                agency_id=conversation.agency_id,
                person_id=conversation.person_id,
                case_manager_id=manager,
                opened_at=conversation.created_at,
            )
            session.add(case)
        assert flag is not None
        found[whose] = {
            "person_id": str(conversation.person_id),
            "conversation_id": str(key),
            "flag_id": str(flag.id),
            "case_id": str(case.id),
            "agency_id": str(conversation.agency_id),
            "attachment_id": str(site.picture(key)),
            "invitation_id": str(invited(site, conversation)),
            "export_id": str(uuid4()),  # an export is its evaluator's own, and no study is anybody's: test_evaluation_pages.py
            "study_id": str(uuid4()),
            "name": "nothing",
            "opening_id": str(uuid4()),  # whom somebody has opened is her own: see below
            **office(site, whose),
            **case_file(site, conversation, case, whose),
            **desk(site, conversation),
        }
    found["missing"] = {name: str(uuid4()) for name in found["own"]}
    found["nonsense"] = dict.fromkeys(found["own"], "1' OR '1'='1")
    return found


def invited(site: Site, of: Conversation) -> UUID:
    """An invitation that nobody has used."""
    store, now = site.service.runtime.store, site.clock.now()
    return invitations.invite(store, agency_id=of.agency_id, person_id=of.person_id, language="ti", now=now).id


def looking_after(site: Site, whose: str) -> UUID | None:
    """The case manager of a case: the one who signs in below, a colleague, nobody."""
    if whose == "foreign":
        return None
    if whose == "own":
        return site.service.staff["case_manager"]
    agency = site.service.runtime.agency_id
    return accounts.create(
        site.service.runtime.store,
        email="colleague@example.org",
        name="Colleague",
        password=PASSWORD,
        now=site.clock.now(),
        role=Role.CASE_MANAGER,
        agency_id=agency,
    )


def case_file(site: Site, of: Conversation, case: Case, whose: str) -> dict[str, str]:
    """What a case file holds."""
    made = {}
    for n, role in enumerate((Role.SUPERVISOR, Role.CASE_MANAGER)):
        made[role] = accounts.create(
            site.service.runtime.store,
            email=f"{whose[:7]}.{n}@example.org",
            name="At Work",
            password=PASSWORD,
            now=site.clock.now(),
            role=role,
            agency_id=of.agency_id,
        )
    return case_ids(site, of.agency_id, of.person_id, case.id, made[Role.SUPERVISOR], made[Role.CASE_MANAGER])


def desk(site: Site, of: Conversation) -> dict[str, str]:
    """A next step and a referral."""
    now = site.clock.now()
    with site.service.runtime.store.installation(write=True) as session:
        by = session.exec(select(Staff.id).where(Staff.agency_id == of.agency_id)).first()
        assert by is not None
        shared: dict[str, Any] = {"agency_id": of.agency_id, "person_id": of.person_id}
        step = NextStep(**shared, staff_id=by, text="Call", due_on=now.date(), created_at=now)
        consent = Consent(**shared, kind="referral", given=True, at=now)
        session.add_all([step, consent])
        session.flush()
        sent = Referral(**shared, domain="housing", destination="Somewhere", consent_id=consent.id, created_at=now, staff_id=by)
        session.add(sent)
    return {"step_id": str(step.id), "referral_id": str(sent.id)}


def office(site: Site, whose: str) -> dict[str, str]:
    """What an administrator works on: an account and an invitation."""
    store, now = site.service.runtime.store, site.clock.now()
    agency = site.service.foreign_agency if whose == "foreign" else site.service.runtime.agency_id
    email = f"spare.{whose[:7]}@example.org"
    staff = accounts.create(store, email=email, name="Spare", password=PASSWORD, now=now, role=Role.AUDITOR, agency_id=agency)
    admin = Reader(staff_id=staff, agency_id=agency, role=Role.ADMINISTRATOR, name="Spare")
    invited = f"invited.{whose[:7]}@example.org"
    link = staff_links.invite(store, admin, email=invited, name="Invited", role=Role.AUDITOR, languages=(), now=now)
    api_tokens.make_token(store, admin, name="System", scope=TokenScope.READ, now=now)
    webhooks.register(store, admin, url="https://example.org/hook", events=["flag.raised"], private=False, now=now)
    return {
        "staff_id": str(staff),
        "link_id": str(link.id),
        "token_id": str(api_tokens.tokens(store, admin)[0].id),
        "endpoint_id": str(webhooks.endpoints(store, admin)[0].id),
    }


def call(client: httpx.Client, method: str, path: str, names: dict[str, str]) -> httpx.Response:
    return client.request(method, path.format(**names), data=FORMS.get(path) if method == "POST" else None)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_what_it_may_and_nothing_else(site: Site, ids: dict[str, dict[str, str]], role: Role) -> None:
    with site.signed_in(role.value) as client:
        for method, path, need in STAFF_ROUTES:
            answer = call(client, method, path, ids["own"])
            allowed = answer.status_code in (200, 204, 303, 409, 422)  # a form that is shown again: changed meanwhile, or not right
            if whose_is(path) in (Whose.OWN, Whose.NOBODY) and "{" in path:
                allowed = answer.status_code == 404  # it was let in, and there is no such thing
            assert allowed == (need in MAY[role]), (role, method, path, answer.status_code)
            if not allowed:
                assert answer.status_code == 403


def test_nobody_reaches_anything_without_a_session(site: Site, ids: dict[str, dict[str, str]]) -> None:
    with site.browser() as client:
        for method, path, _need in STAFF_ROUTES:
            answer = call(client, method, path, ids["own"])
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/staff/sign-in"), path


#: An operator makes agencies, and no agency is another's to her (test_agencies.py).
WITH_IDS = [(method, path) for method, path, need in STAFF_ROUTES if "{" in path and need is not Permission.RUN_INSTALLATION]


def plain(answer: httpx.Response) -> str:
    """A page without what differs each time."""
    return re.sub(r"[0-9a-f]{8}</p>", "</p>", answer.text)


@pytest.mark.parametrize("role", ["administrator", "case_manager"])
def test_what_is_another_agencys_looks_like_what_does_not_exist(site: Site, ids: dict[str, dict[str, str]], role: str) -> None:
    with site.signed_in(role) as client:
        for method, path in WITH_IDS:
            if ACCESS[method, path] not in MAY[Role(role)]:
                continue
            answers = [call(client, method, path, ids[whose]) for whose in ("foreign", "missing", "nonsense")]
            assert [answer.status_code for answer in answers] == [404] * 3, (method, path)
            assert len({plain(answer) for answer in answers}) == 1, (method, path)


OF_A_PERSON = [(method, path) for method, path in WITH_IDS if whose_is(path) is Whose.PERSON]


def test_a_colleagues_person_looks_like_nobody_to_a_case_manager(site: Site, ids: dict[str, dict[str, str]]) -> None:
    with site.signed_in("case_manager") as client:
        for method, path in OF_A_PERSON:
            if ACCESS[method, path] in MAY[Role.CASE_MANAGER]:
                answer, nobody = (call(client, method, path, ids[whose]) for whose in ("colleague's", "missing"))
                assert answer.status_code == 404, (method, path)
                assert plain(answer) == plain(nobody), (method, path)
        for page in ("/staff/today", "/staff/cases", "/staff/intake", "/staff/appointments", "/staff/today/list?list=referrals"):
            shown = client.get(page).text
            assert not [
                name for name, key in ids["colleague's"].items() if len(key) > 30 and key in shown and name != "staff_id"
            ], page


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
def test_who_leads_or_audits_reaches_everybodys_people(site: Site, ids: dict[str, dict[str, str]], role: Role) -> None:
    with site.signed_in(role.value) as client:
        for method, path in OF_A_PERSON:
            if method == "GET" and ACCESS[method, path] in MAY[role]:
                assert call(client, method, path, ids["colleague's"]).status_code in (200, 204, 303), (method, path)


def test_with_a_reason_a_case_manager_reaches_a_colleagues_person(site: Site, ids: dict[str, dict[str, str]]) -> None:
    person = ids["colleague's"]["person_id"]
    with site.service.runtime.store.installation() as session:
        code = session.exec(select(Person.code).where(col(Person.id) == UUID(person))).one()
    with site.signed_in("case_manager") as client:
        refused = client.post("/staff/opening", data={"who": code, "why": "no"})
        assert refused.status_code == 422
        assert client.get(f"/staff/people/{person}").status_code == 404
        answer = client.post("/staff/opening", data={"who": code, "why": "She stands at the counter today."})
        assert answer.headers["location"] == f"/staff/people/{person}"
        assert client.get(f"/staff/people/{person}").status_code == 200
        opened = re.search(r"/staff/opening/([0-9a-f-]{36})/end", client.get("/staff/opening").text)
        assert opened
        for other in ("administrator", "foreign"):
            with site.signed_in(other) as somebody:
                assert somebody.post(f"/staff/opening/{opened[1]}/end").status_code == 404
        assert client.post(f"/staff/opening/{opened[1]}/end").status_code == 303
        assert client.get(f"/staff/people/{person}").status_code == 404


def test_an_address_that_names_something_nobody_has_said_whose_it_is_does_not_start() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/staff/people/{person_id}", lambda: "", methods=["GET"])
    check_routes(app.routes)
    assert {name for _method, path in ACCESS for name in parameters(path)} <= set(PARAMETERS)


def test_a_conversation_of_somebody_else_is_not_shown_on_a_persons_page(
    site: Site, ids: dict[str, dict[str, str]], new_number: Callable[[], str]
) -> None:
    other = site.text(new_number(), "hello")
    person = ids["own"]["person_id"]
    with site.signed_in() as client:
        for conversation in (other, ids["foreign"]["conversation_id"], uuid4()):
            assert client.get(f"/staff/people/{person}", params={"conversation": str(conversation)}).status_code == 404


def test_the_lists_show_ones_own_agency_only(site: Site, ids: dict[str, dict[str, str]]) -> None:
    with site.signed_in() as own, site.signed_in("foreign") as foreign:
        assert ids["own"]["conversation_id"] in own.get("/staff/today").text
        assert ids["foreign"]["conversation_id"] not in own.get("/staff/today").text
        assert ids["foreign"]["conversation_id"] in foreign.get("/staff/today").text
        assert ids["own"]["conversation_id"] not in foreign.get("/staff/today").text
