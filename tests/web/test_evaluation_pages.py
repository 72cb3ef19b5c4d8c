"""The evaluator's page: tables, the report as a file, and data for research with a log of who took what."""

from __future__ import annotations

import io
import zipfile

import pytest

from ccmm_bot.evaluation.instruments import instruments
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from tests.evaluation.filling import fill
from tests.web.serving import Site

EXPORT = {"study": "final", "purpose": "Comparing entry with exit", "form": "csv", "shape": "both"}


@pytest.fixture(scope="module")
def filled(site: Site) -> Site:
    runtime = site.service.runtime
    fill(
        runtime.store,
        runtime.agency_id,
        synthetic(Plan(people=40), instruments(runtime.loaded.dialogues, runtime.loaded.instruments)),
    )
    return site


def test_an_evaluator_sees_tables_and_no_cases(filled: Site) -> None:
    with filled.signed_in("evaluator") as client:
        page = client.get("/staff", follow_redirects=True)
        assert page.url.path == "/staff/evaluation"
        assert "Scale items, entry and exit" in page.text
        assert "40 people agree to research today" in page.text
        assert client.get("/staff/cases").status_code == 403
        few = client.get("/staff/evaluation?language=es")
        assert few.status_code == 422
        assert "fewer than 10 people" in few.text
        assert client.get("/staff/evaluation?since=yesterday").status_code == 422


def test_the_report_can_be_taken_along(filled: Site) -> None:
    with filled.signed_in("evaluator") as client:
        answer = client.get("/staff/evaluation/report")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "<svg" in answer.text
    assert "Adherence to the model" in answer.text


def test_an_export_needs_a_purpose_and_is_written_into_the_log(filled: Site) -> None:
    with filled.signed_in("evaluator") as client:
        refused = client.post("/staff/evaluation/export", data={**EXPORT, "purpose": ""})
        assert refused.status_code == 422
        assert "what the data are for" in refused.text
        assert client.post("/staff/evaluation/export", data={**EXPORT, "study": " "}).status_code == 422
        made = client.post("/staff/evaluation/export", data=EXPORT)
        assert made.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            assert "codebook.html" in archive.namelist()
        log = client.get("/staff/evaluation").text
    assert "Comparing entry with exit" in log
