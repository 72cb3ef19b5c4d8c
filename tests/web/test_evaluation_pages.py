"""The evaluator's pages: tables, pictures, the report as a file, studies, and data for research with a log of who took what."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlmodel import select

from ccmm_bot.casework.access import accounts
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.evaluation import studies
from ccmm_bot.evaluation.instruments import Instrument, instruments
from ccmm_bot.evaluation.making import make_asked
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.store.tables import Agency, Role, Study
from tests.evaluation.filling import fill
from tests.web.serving import PASSWORD, Site

EXPORT = {"name": "final", "purpose": "Comparing entry with exit", "form": "csv", "shape": "both"}
ADDRESS = "/staff/evaluation"


def defined(site: Site) -> tuple[Instrument, ...]:
    loaded = site.service.runtime.loaded
    return instruments(loaded.dialogues, loaded.instruments)


@pytest.fixture(scope="module")
def filled(site: Site) -> Site:
    runtime = site.service.runtime
    for n, agency in enumerate((runtime.agency_id, site.service.foreign_agency)):
        over = Plan(people=60, seed=n + 1, start=datetime(2023, 1, 2, 18, tzinfo=UTC))  # years before the clock of the pages
        fill(runtime.store, agency, synthetic(over, defined(site)))
    return site


def make(site: Site, location: str) -> None:
    """What the worker does."""
    key = UUID(urlsplit(location).path.rsplit("/", 1)[-1])
    make_asked(site.service.runtime.store, key, defined(site), {}, site.clock.now)


def test_an_evaluator_sees_tables_with_pictures_and_no_cases(filled: Site) -> None:
    with filled.signed_in("evaluator") as client:
        page = client.get("/staff", follow_redirects=True)
        assert page.url.path == ADDRESS
        assert "Scale items, entry and exit" in page.text
        assert "People in the data set: 60." in page.text
        assert '<svg role="img"' in page.text
        assert "style=" not in page.text.split("<main", 1)[1]  # the pages' policy shows no other styles than its files'
        assert client.get("/staff/cases").status_code == 403
        few = client.get(f"{ADDRESS}?language=es")
        assert few.status_code == 422
        assert "fewer than 10 people" in few.text
        assert client.get(f"{ADDRESS}?since=yesterday").status_code == 422


def test_pictures_and_the_report_can_be_taken_along(filled: Site) -> None:
    with filled.signed_in("evaluator") as client:
        page = client.get(f"{ADDRESS}/report")
        assert page.headers["content-disposition"] == 'attachment; filename="evaluation.html"'
        assert "Adherence to the model" in page.text
        assert client.get(f"{ADDRESS}/report?form=pdf").content.startswith(b"%PDF-")
        assert client.get(f"{ADDRESS}/pictures/needs").content.startswith(b"<?xml")
        assert client.get(f"{ADDRESS}/pictures/needs?form=png").content.startswith(b"\x89PNG")
        assert client.get(f"{ADDRESS}/pictures/sample").status_code == 404
        assert client.get(f"{ADDRESS}/pictures/needs?since=yesterday").status_code == 422
        assert client.get(f"{ADDRESS}/report?language=es").status_code == 422


def test_an_export_needs_a_purpose_is_made_in_the_background_and_is_in_the_log(filled: Site) -> None:
    with filled.signed_in("evaluator") as client:
        refused = client.post(f"{ADDRESS}/export", data={**EXPORT, "purpose": ""})
        assert refused.status_code == 422
        assert "what the data are for" in refused.text
        assert client.post(f"{ADDRESS}/export", data={**EXPORT, "name": " "}).status_code == 422
        asked = client.post(f"{ADDRESS}/export", data=EXPORT)
        assert asked.status_code == 303
        place = asked.headers["location"]
        waiting = client.get(place)
        assert "It waits for its turn." in waiting.text
        assert "<progress" in waiting.text
        assert "Comparing entry with exit" not in client.get(ADDRESS).text
        assert client.get(f"{place}/file").status_code == 404
        make(filled, place)
        assert "The file is ready: 60 people." in client.get(f"{place}/live").text
        file = client.get(f"{place}/file")
        assert file.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            assert "datapackage.json" in archive.namelist()
        assert "Comparing entry with exit" in client.get(ADDRESS).text
    with filled.signed_in("administrator") as client:
        assert client.get(f"{place}/file").status_code == 404


def reader(site: Site, email: str, role: Role, agency: UUID) -> Reader:
    store = site.service.runtime.store
    key = accounts.create(store, email=email, name="Other", password=PASSWORD, now=site.clock.now(), role=role, agency_id=agency)
    return Reader(staff_id=key, agency_id=agency, role=role, name="Other")


def test_an_evaluator_of_a_study_sees_the_agencies_that_joined_it(filled: Site) -> None:
    store = filled.service.runtime.store
    with filled.signed_in("administrator") as client:
        page = client.get("/staff/admin/studies")
        assert "There is no study yet." in page.text
        wrong = client.post("/staff/admin/studies", data={"name": "Final report", "evaluators": "nobody@example.org"})
        assert wrong.status_code == 422
        begun = client.post("/staff/admin/studies", data={"name": "Final report", "evaluators": "evaluator@example.org"})
        assert "The study has begun." in client.get(begun.headers["location"]).text
    with store.installation() as session:
        study = session.exec(select(Study.id)).one()
        names = dict(session.exec(select(Agency.id, Agency.name)).all())
    own, other = filled.service.runtime.agency_id, filled.service.foreign_agency
    with filled.signed_in("evaluator") as client:
        alone = client.get(f"{ADDRESS}?study={study}")
        assert "People in the data set: 60." in alone.text
        assert names[other] not in alone.text
        studies.join(store, reader(filled, "lead2@example.org", Role.ADMINISTRATOR, other), study, filled.clock.now())
        both = client.get(f"{ADDRESS}?study={study}")
        assert "People in the data set: 120." in both.text
        assert names[other] in both.text
        part = client.get(f"{ADDRESS}?study={study}&agency={own}")
        assert part.status_code in (200, 422)  # as many as stand in whole parcels, or too few
        asked: Any = client.post(f"{ADDRESS}/export", data={**EXPORT, "study": str(study)})
        make(filled, asked.headers["location"])
        assert "120 people" in client.get(asked.headers["location"]).text
        assert client.get(f"{ADDRESS}?study={other}").status_code == 422  # no study of hers
    with filled.signed_in("administrator") as client:
        assert "2 agencies" in client.get("/staff/admin/studies").text
        client.post(f"/staff/admin/studies/{study}/leave")
        assert client.post(f"/staff/admin/studies/{study}/leave").status_code == 404
    with filled.signed_in("evaluator") as client:
        assert "People in the data set: 60." in client.get(f"{ADDRESS}?study={study}").text
        assert client.get("/staff/admin/studies").status_code == 403
