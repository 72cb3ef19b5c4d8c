"""Files on the staff pages: shown only when they are plain pictures, saved otherwise, and running nothing in any case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import select

from ccmm_bot.store.tables import Audit, OptOutEntry
from tests.web.serving import Site

PNG = b"\x89PNG\r\n\x1a\n picture"


def test_a_picture_is_shown_and_can_be_saved(site: Site, new_number: Callable[[], str]) -> None:
    conversation = site.text(new_number(), "hello")
    key = site.picture(conversation, PNG)
    with site.signed_in() as client, site.service.runtime.store.installation() as session:
        shown = client.get(f"/staff/attachments/{key}/picture")
        saved = client.get(f"/staff/attachments/{key}")
        opened = [row.subject_id for row in session.exec(select(Audit).where(Audit.action == "attachment.opened"))]
    assert (shown.content, shown.headers["content-type"], shown.headers["content-disposition"]) == (PNG, "image/png", "inline")
    assert saved.headers["content-disposition"].startswith('attachment; filename="image-')
    for answer in (shown, saved):
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert opened.count(key) == 2


@pytest.mark.parametrize(
    "kind", ["application/pdf", "text/vcard", "text/plain", "video/mp4", "audio/ogg", "image/svg+xml", "text/html"]
)
def test_anything_else_is_never_shown(site: Site, new_number: Callable[[], str], kind: str) -> None:
    key = site.picture(site.text(new_number(), "hello"), b"<script>alert(1)</script>", kind)
    with site.signed_in() as client:
        assert client.get(f"/staff/attachments/{key}/picture").status_code == 404
        assert client.get(f"/staff/attachments/{key}").headers["content-disposition"].startswith("attachment")


def test_the_conversation_shows_what_came_with_each_message(site: Site, new_number: Callable[[], str]) -> None:
    conversation = site.text(new_number(), "hello")
    picture, letter = site.picture(conversation, PNG), site.picture(conversation, b"%PDF-", "application/pdf")
    target = site.person_of(conversation)
    with site.signed_in() as client:
        page = client.get(f"/staff/people/{target}").text
    assert f'src="/staff/attachments/{picture}/picture"' in page
    assert f'href="/staff/attachments/{letter}" download' in page


def test_staff_write_down_that_somebody_wants_messages_again(site: Site, new_number: Callable[[], str]) -> None:
    conversation = site.text(new_number(), "hello", "English", "STOP")
    target = site.person_of(conversation)
    with site.signed_in() as client:
        assert "This person wants messages again" in client.get(f"/staff/people/{target}").text
        path = f"/staff/conversations/{conversation}/consent-again"
        assert client.post(path, data={"how": "because I say so"}).status_code == 400
        assert "said=consented" in client.post(path, data={"how": "in_person"}).headers["location"]
        assert "said=not-opted-out" in client.post(path, data={"how": "in_person"}).headers["location"]
        assert "This person wants messages again" not in client.get(f"/staff/people/{target}").text
    with site.service.runtime.store.installation() as session:
        entries = session.exec(select(OptOutEntry).where(OptOutEntry.staff_id == site.service.staff["case_manager"])).all()
    assert [entry.code for entry in entries] == ["in_person"]
