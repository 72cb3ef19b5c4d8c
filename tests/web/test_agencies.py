"""The operator makes agencies on a page, and opens herself no door to their people."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import select

from ccmm_bot.store.tables import Agency, Audit, ChannelAccount, Role, StaffLink
from tests.web.html import document
from tests.web.serving import FOREIGN_SMS, PASSWORD, Site

PAGE = "/staff/admin/agencies"
NEW = {"name": "Lumière du Fraser", "service_name": "Lumière", "email": "amal@example.org", "administrator": "Amal"}
TWILIO = {"channel": "sms", "account_sid": "AC" + "0" * 32, "token": "not to be seen again"}


def agency_id(site: Site, name: str = NEW["name"]) -> UUID:
    with site.service.runtime.store.installation() as session:
        return session.exec(select(Agency.id).where(Agency.name == name)).one()


def card(answer: httpx.Response, name: str = NEW["name"]) -> str:
    """What the page says of one agency."""
    found = next(each for each in document(answer.text).xpath("//section[h2]") if each.xpath("string(h2)").strip() == name)
    return " ".join(found.text_content().split())


def test_an_agency_is_made_its_administrator_comes_in_and_the_list_of_what_is_missing_shrinks(fresh_site: Site) -> None:
    with fresh_site.signed_in("operator") as operator:
        link = document(operator.post(PAGE, data=NEW).text).xpath("//input[@id='link']/@value")[0]
        first = card(operator.get(PAGE))
        assert "amal@example.org is invited" in first
        assert "No channel is connected: people have no number to write to." in first
        path = f"{PAGE}/{agency_id(fresh_site)}"
        connected = operator.post(f"{path}/senders", data={**TWILIO, "sender": "+16045550123"}, follow_redirects=True)
        assert "opens at the next start" in card(connected)
        assert TWILIO["token"] not in connected.text
    with fresh_site.browser() as her:
        made = her.post(link, data={"password": PASSWORD, "again": PASSWORD})
        assert made.headers["location"].startswith("/staff/sign-in/")
    with fresh_site.signed_in("operator") as operator:
        after = card(operator.get(PAGE))
        assert "administers it yet" not in after
        assert "no number to write to" not in after
        assert "confirmed all of the help lines" in after
        # From now on its administrator invites: the operator cannot make an account there to look with.
        refused = operator.post(f"{path}/administrator", data={"email": "me@example.org", "name": "Me"})
        assert refused.status_code == 422
        assert "who invites colleagues" in refused.text
    with fresh_site.service.runtime.store.installation() as session:
        said = {row.action: row for row in session.exec(select(Audit).where(Audit.agency_id == agency_id(fresh_site)))}
        assert {"agency.created", "staff.invited", "sender.added", "staff.created"} <= set(said)
        assert said["sender.added"].actor_id == fresh_site.service.staff["operator"]
        kept = session.exec(select(ChannelAccount).where(ChannelAccount.agency_id == agency_id(fresh_site))).one()
        assert kept.credentials == {"account_sid": TWILIO["account_sid"], "auth_token": TWILIO["token"]}


def test_another_invitation_takes_the_place_of_the_first(fresh_site: Site) -> None:
    with fresh_site.signed_in("operator") as operator:
        old = document(operator.post(PAGE, data=NEW).text).xpath("//input[@id='link']/@value")[0]
        path = f"{PAGE}/{agency_id(fresh_site)}/administrator"
        new = document(operator.post(path, data={"email": "noor@example.org", "name": "Noor"}).text).xpath(
            "//input[@id='link']/@value"
        )[0]
    with fresh_site.browser() as anybody:
        assert anybody.get(old).status_code == 404
        assert anybody.get(new).status_code == 200
    with fresh_site.service.runtime.store.installation() as session:
        assert {row.role for row in session.exec(select(StaffLink))} == {Role.ADMINISTRATOR}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": "Another  AGENCY"}, "There is an agency of that name already."),
        ({"name": " "}, "A name is one line"),
        ({"email": "case_manager@example.org"}, "There is already an account with this e-mail."),
        ({"email": "nobody"}, "e-mail"),
    ],
)
def test_what_cannot_be_comes_back_as_it_was_typed_and_makes_nothing(site: Site, changed: dict[str, str], says: str) -> None:
    with site.service.runtime.store.installation() as session:
        before = len(session.exec(select(Agency.id)).all())
    with site.signed_in("operator") as operator:
        answer = operator.post(PAGE, data=NEW | changed)
    assert answer.status_code == 422
    assert says in answer.text
    assert document(answer.text).xpath("//input[@id='first-name']/@value") == ["Amal"]
    with site.service.runtime.store.installation() as session:
        assert len(session.exec(select(Agency.id)).all()) == before


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"sender": "604"}, "The sender must be a number"),
        ({"sender": "+16045550123", "account_sid": "AC1"}, "32 hexadecimal digits"),
        ({"sender": FOREIGN_SMS}, "belongs to another agency"),
        ({"channel": "telegram", "token": "nothing"}, "has not the shape"),
    ],
)
def test_a_sender_that_cannot_be_one_is_said_and_its_secret_is_not(site: Site, changed: dict[str, str], says: str) -> None:
    own = site.service.runtime.agency_id
    with site.signed_in("operator") as operator:
        answer = operator.post(f"{PAGE}/{own}/senders", data=TWILIO | changed)
    assert answer.status_code == 422
    assert says in answer.text
    assert TWILIO["token"] not in answer.text


def test_an_agency_that_is_not_there_is_not_found(site: Site) -> None:
    with site.signed_in("operator") as operator:
        data = {**TWILIO, "sender": "+16045550123", "email": "a@example.org", "name": "A"}
        for what in ("senders", "administrator"):
            assert operator.post(f"{PAGE}/{uuid4()}/{what}", data=data).status_code == 404


def test_an_administrator_makes_no_agencies(site: Site) -> None:
    with site.signed_in("administrator") as client:
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, data=NEW).status_code == 403
        assert PAGE not in client.get("/staff/admin/agency").text
