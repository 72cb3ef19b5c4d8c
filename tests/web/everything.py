"""A served application in which something of everything has happened, and every page of it somebody can reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from ccmm_bot.casework.access import own_account
from ccmm_bot.casework.casefile import cases
from ccmm_bot.casework.caseload import importing, taking_over
from ccmm_bot.casework.conversations.replies import ConsentHow
from ccmm_bot.casework.desk import referrals
from ccmm_bot.casework.desk.referrals import Draft
from ccmm_bot.casework.persons.changing import rename
from tests.web.case_ids import case_ids
from tests.web.html import document
from tests.web.serving import Site


def fill(site: Site) -> tuple[str, ...]:
    """Let something of everything happen, also in Arabic and Tigrinya; pages that no menu leads to."""
    store, now, leading = site.service.runtime.store, site.clock.now(), site.reader("supervisor")
    screened = ("bonjour", "français", "1", "3", "1", "1", "1", "1", "1", "2", "2", "2", "2", "2", "2", "1")
    person = site.person_of(site.text("+16045550177", *screened))
    left = site.person_of(site.text("+16045550178", "hello", "English", "1", "stop"))
    asking = site.person_of(site.text("+16045550179", "selam"))
    arabic = site.person_of(site.text("+16045550180", "مرحبا", "العربية", "1", "أريد التحدث مع شخص 604 555 0123"))
    ethiopic = site.person_of(site.text("+16045550181", "ሰላም", "ትግርኛ", "1", "ሓገዝ የድልየኒ ኣሎ"))
    for key, name in ((person, "Amélie Nkurunziza"), (arabic, "زهرا رحیمی"), (ethiopic, "ኣልማዝ ገብረ")):
        rename(store, leading, key, name, now)
    case = cases.open_case(store, site.reader(), person, now)
    gone = cases.open_case(store, site.reader(), left, now)
    cases.set_exit_date(store, site.reader(), gone, now.date(), now)
    made = case_ids(site, leading.agency_id, person, case, leading.staff_id, site.service.staff["case_manager"])
    agreed = Draft(
        domain="housing",
        destination="BC Housing",
        note="",
        agreed=True,
        how=ConsentHow.BY_PHONE,
        check_on=now.date() + timedelta(days=20),
    )
    referrals.refer(store, site.reader(), person, agreed, now)
    return (
        *imports(site),
        f"/staff/import/{made['import_id']}",
        *(f"/staff/people/{each}" for each in (person, left, asking, arabic, ethiopic)),
        f"/staff/people/{person}/live",
        f"/staff/people/{person}/entries",
        f"/staff/intake/{asking}",
        f"/staff/cases/{gone}",
        f"/staff/cases/{case}",
    )


def imports(site: Site) -> tuple[str, ...]:
    """Pages of lists from elsewhere: with faults, half taken over, and taken over but for one row."""
    store, now, leading = site.service.runtime.store, site.clock.now(), site.reader("supervisor")
    sheet = "name,stage,language,phone,channel,household\n"
    faulty = importing.upload(store, leading, f"{sheet}زهرا رحیمی,intake,ar,12,sms,رحیمی\n".encode(), "cases.csv", now)
    lines = "".join(f"ኣልማዝ ገብረ {n},intake,ti,+1604555026{n},sms,ገብረ\n" for n in range(6))
    going, done = (importing.upload(store, leading, f"{sheet}{lines}".encode(), "cases.csv", now) for _ in range(2))
    for upload, rows in ((going, 4), (done, 6)):
        taking_over.ask(store, leading, upload, now)
        work = taking_over.begin(store, upload)
        assert work is not None
        taking_over.take_piece(store, work, rows, now)
    return tuple(f"/staff/import/{each}" for each in (faulty, going, done))


def speak(site: Site, language: str) -> None:
    """Let everybody's pages be in one language."""
    for role in site.service.staff:
        own_account.set_interface_language(site.service.runtime.store, site.reader(role), language, site.clock.now())


def template_of(path: str) -> str:
    """The address without ids and moments: one page of each kind is enough."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|=[^&]*\d[^&]*", "*", path.partition("#")[0])


def reachable(site: Site, role: str, first: Iterable[str], starting: Iterable[str], known: set[str]) -> Iterator[str]:
    """Pages that a role can open, from those it starts at by way of every link; one of each kind, and each of ``first``.

    ``known``: kinds that are left out, added to as they are found.
    """
    first = list(first)
    special, todo, opened = set(first), list(starting), set[str]()
    with site.signed_in(role) as client:
        while first or todo:
            path = first.pop() if first else todo.pop()
            if path in opened or (template_of(path) in known and path not in special):
                continue
            opened.add(path)
            assert len(opened) < 400, "the pages lead to ever new ones"
            answer = client.get(path, follow_redirects=True)
            if answer.status_code != 200:
                continue  # another role may open it
            known.add(template_of(path))
            kind, how = (answer.headers.get(name, "") for name in ("content-type", "content-disposition"))
            if not kind.startswith("text/html") or how.startswith("attachment"):
                continue
            todo += [link for link in document(answer.text).xpath("//a/@href") if link.startswith("/staff/")]
            if "<html" in answer.text:
                yield path
