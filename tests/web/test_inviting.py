"""How a person is reached, on her page: the second language, and an invitation shown once with its links and its sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest
from sqlmodel import select

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables import Audit, ChannelAccount, ContactPoint, Conversation, MessageTemplate, Person
from ccmm_bot.store.tables.templates import ApprovalStatus
from tests.web.html import document
from tests.web.serving import SMS, Site

NewNumber = Callable[[], str]


def invite(client: httpx.Client, person: UUID, **fields: str) -> httpx.Response:
    return client.post(f"/staff/people/{person}/invitation", data={"language": "ti", "days": "3", **fields})


def code_of(answer: httpx.Response) -> str:
    (shown,) = document(answer.text).xpath("//*[@id='code']")
    return str(shown.text_content())


def test_an_invitation_is_shown_once_with_links_squares_and_its_end(site: Site, new_number: NewNumber) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    with site.signed_in() as client:
        answer = invite(client, person)
        assert answer.status_code == 200
        assert "no-store" in answer.headers["cache-control"]
        code, page = code_of(answer), document(answer.text)
        assert re.fullmatch(r"[0-9A-Z-]{13,20}", code)
        (link,) = page.xpath("//*[@id='links']//a/@href")
        assert unquote(link) == f"sms:{SMS}?body=START {code}"
        (picture,) = page.xpath("//*[@id='links']//img/@src")
        assert picture.startswith("data:image/svg+xml")
        assert "Tigrinya" in answer.text
        again = client.get(f"/staff/people/{person}").text
        assert "An invitation is open until" in again
        assert code not in again, "nobody can read it anywhere later"


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF-"), ("svg", b"<svg ")])
def test_the_sheet_to_print_is_in_the_persons_language_and_carries_the_code(
    site: Site, new_number: NewNumber, form: str, begins: bytes
) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    with site.signed_in() as client:
        code = code_of(invite(client, person))
        sheet = client.post(f"/staff/people/{person}/invitation/sheet", data={"code": code, "form": form})
    assert sheet.status_code == 200
    assert sheet.content.startswith(begins)
    assert f'filename="invitation.{form}"' in sheet.headers["content-disposition"]
    if form == "svg":
        assert 'lang="ti"' in sheet.text


def test_a_withdrawn_or_foreign_code_gets_no_sheet(site: Site, new_number: NewNumber) -> None:
    person, other = (site.person_of(site.text(new_number(), "hello", "English")) for _ in range(2))
    with site.signed_in() as client:
        code = code_of(invite(client, person))

        def sheet(whose: UUID) -> str:
            path = f"/staff/people/{whose}/invitation/sheet"
            return client.post(path, data={"code": code, "form": "pdf"}, follow_redirects=True).text

        assert "this code does nothing any more" in sheet(other)
        page = document(client.get(f"/staff/people/{person}").text)
        (action,) = page.xpath("//form[contains(@action, '/withdraw')]/@action")
        assert "The invitation is withdrawn" in client.post(action, follow_redirects=True).text
        assert "An invitation is open until" not in client.get(f"/staff/people/{person}").text
        assert "this code does nothing any more" in sheet(person)


def test_a_new_invitation_withdraws_the_one_before_and_ends_by_itself(fresh_site: Site, new_number: NewNumber) -> None:
    site = fresh_site
    person = site.person_of(site.text(new_number(), "hello", "English"))
    with site.signed_in() as client:
        invite(client, person)
        invite(client, person)
        assert client.get(f"/staff/people/{person}").text.count("An invitation is open until") == 1
        assert invite(client, person, language="xx").status_code == 303
        assert invite(client, person, days="91").status_code == 400
        site.clock.put(site.clock.now() + timedelta(days=4))
    with site.signed_in() as client:
        assert "An invitation is open until" not in client.get(f"/staff/people/{person}").text


def test_the_second_language_is_kept_with_an_entry_in_the_audit(site: Site, new_number: NewNumber) -> None:
    person = site.person_of(site.text(new_number(), "hello", "English"))
    with site.signed_in() as client:
        path = f"/staff/people/{person}/second-language"
        kept = client.post(path, data={"language": "fr"}, follow_redirects=True)
        assert "The second language is kept." in kept.text
        (chosen,) = document(kept.text).xpath("//select[@id='second-language-tag']/option[@selected]/@value")
        assert chosen == "fr"
        odd = client.post(path, data={"language": "xx"}, follow_redirects=True)
        assert "none of our languages" in odd.text
        client.post(path, data={"language": ""})
    with site.service.runtime.store.reading(site.service.runtime.agency_id) as session:
        assert session.get_one(Person, person).second_language is None
        entries = [row.detail for row in session.exec(select(Audit).where(Audit.subject_id == person)).all()]
    assert {"before": None, "after": "fr"} in entries
    assert {"before": "fr", "after": None} in entries


@pytest.mark.parametrize(
    ("approved", "second", "starts"),
    [((), None, False), (("ar",), None, False), (("ar",), "ar", True), (("fr",), None, True)],
)
def test_outside_whatsapps_window_an_approved_template_decides(
    fresh_site: Site, new_number: NewNumber, approved: tuple[str, ...], second: str | None, starts: bool
) -> None:
    site = fresh_site
    site.clock.put(site.clock.now().replace(year=2026, month=11, day=24, hour=20, minute=0))  # a Tuesday, noon in BC
    talk = site.text(new_number(), "hello", "English", "1", "skip")
    person = site.person_of(talk)
    on_whatsapp(site, talk, approved)
    site.clock.put(site.clock.now() + timedelta(days=2))
    with site.signed_in() as client:
        client.post(f"/staff/people/{person}/name", data={"name": "Almaz Tesfay"})
        if second is not None:
            client.post(f"/staff/people/{person}/second-language", data={"language": second})
        reply = client.post(f"/staff/conversations/{talk}/reply", data={"text": "Are you there?"}, follow_redirects=True).text
        assert ("this person is told that there is one" in reply) == starts
        assert ("none is approved in a language of this person" in reply) != starts
        client.post(f"/staff/conversations/{talk}/hand-back")
        begun = client.post(f"/staff/conversations/{talk}/follow-up", follow_redirects=True).text
        assert ("it goes on as soon as this person writes" in begun) == starts
        assert ("none is approved in a language of this person" in begun) != starts


def on_whatsapp(site: Site, talk: UUID, approved: tuple[str, ...]) -> None:
    """As if the conversation had been on WhatsApp, with templates in these languages to knock with."""
    with site.service.runtime.store.writing(site.service.runtime.agency_id) as session:
        conversation = session.get_one(Conversation, talk)
        point = session.get_one(ContactPoint, conversation.contact_point_id)
        account = session.get_one(ChannelAccount, point.account_id)
        point.channel = ChannelKind.WHATSAPP
        session.add(point)
        for language in approved:
            session.add(
                MessageTemplate(
                    agency_id=account.agency_id,
                    account_id=account.id,
                    name="knock",
                    language=language,
                    locale=language,
                    hash="0" * 64,
                    body="There is a message.",
                    content_sid="HX" + "0" * 32,
                    status=ApprovalStatus.APPROVED,
                    created_at=site.clock.now(),
                )
            )
