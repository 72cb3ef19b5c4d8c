"""What staff know of a person's phone: safe, safe at some hours, never, shared; and that it is safe again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from ccmm_bot.store.tables import Audit, ContactPoint, ContactSafety, Conversation
from tests.web.html import document
from tests.web.serving import Site

NewNumber = Callable[[], str]


def point(site: Site, conversation: object) -> ContactPoint:
    with site.service.runtime.store.installation() as session:
        found = select(ContactPoint).join(Conversation, col(Conversation.contact_point_id) == ContactPoint.id)
        return session.exec(found.where(col(Conversation.id) == conversation)).one()


def said(answer: Any) -> str:
    return str(answer.url.params["said"])


def test_the_form_keeps_what_is_known_and_shows_it_again(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "hello")
    address = f"/staff/conversations/{conversation}/safety"
    with site.signed_in() as client:
        hours = {"safety": "hours", "safe_from": "09:30", "safe_until": "15:00", "shared": "true"}
        kept = client.post(address, data=hours, follow_redirects=True)
        assert said(kept) == "safety-kept"
        found = point(site, conversation)
        assert (found.safety, found.safe_from, found.safe_until, found.shared) == (ContactSafety.SAFE, 570, 900, True)
        page = document(kept.text)
        assert page.xpath("//input[@id='safe-from']/@value | //input[@id='safe-until']/@value") == ["09:30", "15:00"]
        assert page.xpath("//select[@id='safety-when']/option[@selected]/@value") == ["hours"]
        assert said(client.post(address, data={"safety": "never"}, follow_redirects=True)) == "safety-kept"
        found = point(site, conversation)
        assert (found.safety, found.safe_from, found.shared) == (ContactSafety.NEVER, None, False)
        assert said(client.post(f"/staff/conversations/{conversation}/follow-up", follow_redirects=True)) == "unsafe"


@pytest.mark.parametrize(
    "hours",
    [{}, {"safe_from": "10:00"}, {"safe_from": "10:00", "safe_until": "10:00"}, {"safe_from": "01:00", "safe_until": "05:00"}],
)
def test_hours_in_which_we_never_write_are_not_kept(site: Site, new_number: NewNumber, hours: dict[str, str]) -> None:
    conversation = site.text(new_number(), "hello")
    with site.signed_in() as client:
        answer = client.post(
            f"/staff/conversations/{conversation}/safety", data={"safety": "hours", **hours}, follow_redirects=True
        )
    assert said(answer) == "no-hours"
    assert point(site, conversation).safe_from is None


def test_a_phone_the_person_called_unsafe_is_safe_again_once_somebody_knows_and_says_how(site: Site, new_number: NewNumber) -> None:
    conversation = site.text(new_number(), "hello", "English", "1", "QUIET")
    with site.signed_in() as client:
        address = f"/staff/conversations/{conversation}"
        assert said(client.post(f"{address}/safety", data={"safety": "safe"}, follow_redirects=True)) == "said-not-safe"
        assert point(site, conversation).safety is ContactSafety.NEVER
        again = client.post(f"{address}/safe-again", data={"how": "by_phone"}, follow_redirects=True)
        assert said(again) == "safe-again"
        assert document(again.text).xpath("//details[@id='safety']")
        assert said(client.post(f"{address}/safe-again", data={"how": "by_phone"}, follow_redirects=True)) == "not-silent"
    assert point(site, conversation).safety is ContactSafety.UNKNOWN
    with site.service.runtime.store.installation() as session:
        found = session.exec(
            select(Audit.detail).where(Audit.action == "contact.safe_again", Audit.subject_id == _id(site, conversation))
        )
        assert found.all() == [{"how": "by_phone"}]


def _id(site: Site, conversation: object) -> UUID:
    return point(site, conversation).id
