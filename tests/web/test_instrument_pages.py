"""What evaluators take along about the instruments."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from tests.web.serving import Site

ADDRESS = "/staff/evaluation/instruments"


def test_an_evaluator_sees_every_instrument_with_its_source(site: Site) -> None:
    with site.signed_in("evaluator") as client:
        page = client.get(ADDRESS)
        assert page.status_code == 200
        for name in ("entry_survey", "exit_survey", "follow_up", "household"):
            assert f'<code lang="en">{name}</code>' in page.text
        assert "Final report, BC Settlement Case Management Service project" in page.text
        assert ADDRESS in client.get("/staff/evaluation").text


@pytest.mark.parametrize(
    ("form", "start", "name"),
    [
        ("html", b"<!doctype html>", "follow_up-2.html"),
        ("pdf", b"%PDF-", "follow_up-2.pdf"),
        ("ddi", b"<?xml", "follow_up-2.xml"),
        ("package", b"{", "follow_up-2.json"),
        ("xlsform", b"PK", "follow_up-2.xlsx"),
    ],
)
def test_each_is_a_file_in_the_languages_that_were_ticked(site: Site, form: str, start: bytes, name: str) -> None:
    with site.signed_in("evaluator") as client:
        file = client.get(f"{ADDRESS}/file?instrument=follow_up&form={form}&languages=en&languages=ar&languages=xx")
        assert file.status_code == 200
        assert file.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert file.content.startswith(start)
        if form == "html":
            assert "العربية" in file.text
        if form == "xlsform":
            heads = [cell.value for cell in load_workbook(io.BytesIO(file.content))["survey"][1]]
            assert [head for head in heads if str(head).startswith("label")] == ["label::English (en)", "label::العربية (ar)"]


@pytest.mark.parametrize("query", ["", "?instrument=nobody", "?instrument=household&form=exe"])
def test_what_there_is_not_is_said(site: Site, query: str) -> None:
    with site.signed_in("evaluator") as client:
        page = client.get(f"{ADDRESS}/file{query}")
        assert page.status_code == 422
        assert "Choose an instrument and what you want of it." in page.text


def test_nobody_else_opens_them(site: Site) -> None:
    for role in ("supervisor", "case_manager", "auditor"):
        with site.signed_in(role) as client:
            assert client.get(ADDRESS).status_code == 403
            assert client.get(f"{ADDRESS}/file?instrument=household").status_code == 403
