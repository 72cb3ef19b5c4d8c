"""The staff pages speak French as whole as they speak English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ccmm_bot.i18n import interface, pofiles
from ccmm_bot.i18n.languages import language
from ccmm_bot.i18n.maintenance import compile_all
from tests.house.conftest import ROOT

LOCALES = ROOT / "locales"


@pytest.mark.parametrize("tag", interface.LANGUAGES)
def test_every_text_of_the_staff_pages_is_translated_and_fits_its_english(tag: str) -> None:
    assert [f"{fault.text!r} {fault.why}" for fault in interface.faults(LOCALES, tag)] == []


@pytest.mark.parametrize("tag", interface.LANGUAGES)
def test_the_catalogue_is_what_an_update_would_write(tag: str) -> None:
    assert interface.path_of(LOCALES, tag).read_bytes() == interface.update(LOCALES, tag), "run `ccmm-bot locale update`"


def test_french_signs_stand_where_they_stand_in_canada() -> None:
    """A no-break space before a colon and inside guillemets, none before other signs (Office québécois de la langue française)."""
    badly_set = re.compile(r"(?<!\u00a0):(?=\s|$)|[\s\u202f][;?!](?=\s|$)|«(?!\u00a0)|(?<!\u00a0)»")
    catalogue = pofiles.entries(pofiles.read(interface.path_of(LOCALES, "fr"), language("fr")))
    forms = [form for entry in catalogue for form in ([entry.string] if isinstance(entry.string, str) else entry.string or ())]
    assert len(forms) > 1000
    assert [form for form in forms if badly_set.search(form)] == []


def draft(folder: Path, entries: dict[str, str]) -> None:
    catalogue = pofiles.new(language("fr"), interface.DOMAIN)
    for source, translation in entries.items():
        catalogue.add(source, translation)
    path = interface.path_of(folder, "fr")
    path.parent.mkdir(parents=True)
    path.write_bytes(pofiles.dump(catalogue))


def test_what_is_missing_or_has_lost_a_placeholder_is_named(tmp_path: Path) -> None:
    draft(tmp_path, {"Today": "Aujourd'hui", "Page %(n)s of %(m)s": "Page %(n)s"})
    found = {fault.text: fault.why for fault in interface.faults(tmp_path, "fr")}
    assert "Today" not in found
    assert found["Page %(n)s of %(m)s"] == "has other placeholders in French"
    assert found["Sign out"] == "is not translated"


def test_an_update_keeps_what_is_translated_and_drops_what_is_gone(tmp_path: Path) -> None:
    draft(tmp_path, {"Today": "Aujourd'hui", "A text that is not there any more": "…"})
    interface.path_of(tmp_path, "fr").write_bytes(interface.update(tmp_path, "fr"))
    catalogue = pofiles.read(interface.path_of(tmp_path, "fr"), language("fr"))
    assert catalogue["Today"].string == "Aujourd'hui"
    assert catalogue.get("A text that is not there any more") is None
    assert catalogue.get("Sign out") is not None


def test_the_compiled_catalogue_is_what_the_pages_read(tmp_path: Path) -> None:
    draft(tmp_path, {"Today": "Aujourd'hui"})
    compile_all(tmp_path)
    interface.path_of(tmp_path, "fr").unlink()
    assert interface.speaking(tmp_path, "fr").gettext("Today") == "Aujourd'hui"
    assert interface.has(tmp_path, "fr")


def test_a_catalogue_that_is_not_compiled_yet_is_read_as_it_is(tmp_path: Path) -> None:
    draft(tmp_path, {"Today": "Aujourd'hui"})
    assert interface.speaking(tmp_path, "fr").gettext("Today") == "Aujourd'hui"


def test_without_a_catalogue_the_pages_are_english(tmp_path: Path) -> None:
    assert not interface.has(tmp_path, "fr")
    assert interface.speaking(tmp_path, "fr").gettext("Today") == "Today"
