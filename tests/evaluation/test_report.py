"""The report is one page that needs nothing else, can be read by everybody, and says how each number was counted."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.charts import pictures, standing_alone
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.parts import TooFewPeople
from ccmm_bot.evaluation.report import data_tables, report_page, study_tables, translator
from ccmm_bot.evaluation.report_pdf import report_pdf
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.evaluation.table import Table
from ccmm_bot.store.session import Store
from tests import new
from tests.evaluation.conftest import ROOT
from tests.evaluation.filling import NOW, fill


class Page(HTMLParser):
    """Ids, links and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "xlink:href") and value:
                self.targets.append(value)
            if name == "src" or tag == "script" or (tag == "link"):
                self.loaded.append(f"{tag} {name}")


def english(text: str) -> str:
    return text


@pytest.fixture(scope="module")
def tables(defined: tuple[Instrument, ...]) -> tuple[Table, ...]:
    return data_tables(synthetic(Plan(people=220, original=0.3), defined))


def test_the_page_needs_nothing_else_and_every_number_leads_to_how_it_was_counted(
    tables: tuple[Table, ...], defined: tuple[Instrument, ...]
) -> None:
    text = report_page(synthetic(Plan(people=220, original=0.3), defined), tables, english, "en")
    page = Page(text)
    assert page.loaded == []
    assert len(page.ids) == len(set(page.ids))
    assert {each.removeprefix("#") for each in page.targets if each.startswith("#")} <= set(page.ids)
    assert not [each for each in page.targets if not each.startswith(("#", "data:image/"))]
    numbers = re.findall(r'<td class="number">(.*?)</td>', text)
    assert len(numbers) > 200
    assert all(each == "–" or each.startswith("<a href=") for each in numbers)
    assert "nan" not in re.findall(r">([^<>]+)<", text)


def test_pictures_have_a_name_say_their_values_and_are_the_same_each_time(tables: tuple[Table, ...]) -> None:
    first, again = pictures(tables, english), pictures(tables, english)
    assert first == again
    assert {each.table for each in first} >= {"scale_entry_exit", "yes_no_entry_exit", "needs"}
    for each in first:
        assert 'role="img"' in each.svg
        assert f'<title id="{each.key}-title">' in each.svg
        assert f'<desc id="{each.key}-says">' in each.svg
        assert "(n = " in each.svg  # text, not outlines
        ElementTree.fromstring(standing_alone(each.svg))
        assert each.png == b""
    with_png = pictures(tables, english, png=True)
    assert all(each.png.startswith(b"\x89PNG") for each in with_png)
    shares = next(each for each in first if each.table == "yes_no_entry_exit")
    assert "<pattern" in shares.svg  # hatching: not told by colour alone
    assert "Has a family doctor" in shares.svg


def test_a_report_speaks_the_language_it_was_asked_for(tables: tuple[Table, ...], defined: tuple[Instrument, ...]) -> None:
    said: dict[str, str] = {"Background": "Contexte", "Has a family doctor": "A un médecin de famille"}

    def french(text: str) -> str:
        return said.get(text, text)

    text = report_page(synthetic(Plan(people=220, original=0.3), defined), tables, french, "fr")
    assert '<html lang="fr">' in text
    assert "Contexte" in text
    assert "A un médecin de famille" in text
    assert "Has a family doctor" not in text
    assert callable(translator(ROOT / "locales", "fr"))
    with pytest.raises(CcmmError, match="en or fr"):
        translator(ROOT / "locales", "de")


@pytest.mark.parametrize(
    ("people", "said"), [(0, "There is nothing to show"), (1, "There is nothing to show"), (9, "hidden: fewer")]
)
def test_a_report_on_nobody_or_a_few_has_words(defined: tuple[Instrument, ...], people: int, said: str) -> None:
    data = synthetic(Plan(people=people), defined)
    text = report_page(data, data_tables(data), english, "en")
    assert said in text
    assert pictures(data_tables(data), english) == ()
    assert report_pdf(data, data_tables(data), english, "en").startswith(b"%PDF-")
    assert f"People in the data set: {people}." in text or 0 < people < 10


def test_a_study_out_of_the_store_has_also_what_happened_in_the_case_files(
    store: Store, defined: tuple[Instrument, ...], tmp_path: Path
) -> None:
    agency = new.agency(store)
    fill(store, agency, synthetic(Plan(people=60, original=0.3), defined))
    data, found = study_tables(store, [agency], "s", defined, Selection(), NOW)
    assert {"adherence", "reach", "reach_week", "scale_entry_exit", "by_language", "drop_off"} <= {table.key for table in found}
    page = report_page(data, found, english, "en")
    assert "Counted here is what was so before 2028-06-01" in page
    assert "Some are not counted yet" in page  # no ten of them answered after three months
    later = next(table for table in found if table.key == "non_response")
    assert later.rows[0]["answered"]  # and yet it is told how many did
    with pytest.raises(TooFewPeople):
        study_tables(store, [agency], "s", defined, Selection(languages=("so",)), NOW)


def test_the_pdf_has_every_table_every_picture_and_links_to_how_numbers_were_counted(
    tables: tuple[Table, ...], defined: tuple[Instrument, ...]
) -> None:
    data = synthetic(Plan(people=220, original=0.3), defined)
    few = [table for table in tables if table.key in ("sample", "scale_entry_exit", "needs")]
    content = report_pdf(data, few, translator(ROOT / "locales", "fr"), "fr")
    assert content == report_pdf(data, few, translator(ROOT / "locales", "fr"), "fr")
    assert b"/Lang (fr)" in content
    assert content.count(b"/Subtype /Image") >= 2
    assert content.count(b"/Alt ") >= 2
    assert content.count(b"/Subtype /Link") > 50
    assert content.count(b"/Title ") >= len(few)  # the outline
