"""``ccmm-bot locale``: from an author's YAML to compiled catalogues, without ever losing a translation."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ccmm_bot.cli.locale import app
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n import pofiles
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, language

OPTIONS = "sets: {need: {family: Family, housing: Home}}\n"
DIALOGUE = """
dialogue: welcome
version: 1
initial: hello
states:
  hello:
    say: ["Hello from {service_name}.", "It is 100 % free."]
    next: ask
  ask:
    ask:
      select_many: needs
      options: need
      text: What do you need?
      why: So that we can help.
    next: sure
  sure:
    ask: {yes_no: sure, text: Are you sure?}
    next: bye
  bye: {say: Goodbye., end: completed}
"""


class House:
    """A folder of dialogues and one of catalogues, and the commands run on them."""

    def __init__(self, folder: Path) -> None:
        self.dialogues, self.locales = folder / "dialogues", folder / "locales"
        self.dialogues.mkdir()
        self.write(DIALOGUE)
        (self.dialogues / "options.yaml").write_text(OPTIONS, encoding="utf-8")
        (self.dialogues / "program.yaml").write_text("program: x\n", encoding="utf-8")
        (self.dialogues / "agencies.yaml").write_text("agencies: [{name: MOSAIC}]\n", encoding="utf-8")

    def write(self, dialogue: str) -> None:
        (self.dialogues / "welcome.yaml").write_text(dialogue, encoding="utf-8")

    def run(self, *arguments: str, dialogues: bool = True) -> Result:
        folders = ["--locales", str(self.locales)] + (["--dialogues", str(self.dialogues)] if dialogues else [])
        return CliRunner().invoke(app, [*arguments, *folders])

    def po(self, tag: str, domain: str = "dialogues") -> Path:
        return pofiles.path_of(self.locales, language(tag), domain)

    def translate(self, tag: str, key: str, translation: str) -> None:
        catalog = pofiles.read(self.po(tag), language(tag))
        message = next(one for one in pofiles.entries(catalog) if one.context == key)
        message.string = translation
        message.flags.discard("fuzzy")
        self.po(tag).write_bytes(pofiles.dump(catalog))

    def entry(self, tag: str, key: str) -> tuple[str, bool]:
        message = next(one for one in pofiles.entries(pofiles.read(self.po(tag), language(tag))) if one.context == key)
        return str(message.string), message.fuzzy


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def _keys(path: Path) -> list[str]:
    return [message.context or "" for message in pofiles.entries(pofiles.read(path))]


def test_extract_finds_every_text_once_under_its_key(house: House) -> None:
    assert house.run("extract").exit_code == 0
    assert _keys(house.locales / "dialogues.pot") == [
        "welcome.hello.say.0",
        "welcome.hello.say.1",
        "welcome.ask.text",
        "welcome.ask.why",
        "welcome.sure.text",
        "welcome.bye.say",
        "options.need.family",
        "options.need.housing",
    ]
    assert "system.yes" in _keys(house.locales / "system.pot")


def test_extract_writes_the_same_bytes_every_time_and_no_dates(house: House) -> None:
    house.run("extract")
    first = (house.locales / "dialogues.pot").read_bytes()
    house.run("extract")
    assert (house.locales / "dialogues.pot").read_bytes() == first
    assert b"Date" not in first


def test_a_translator_is_told_what_the_english_does_not_say(house: House) -> None:
    house.run("extract")
    template = (house.locales / "dialogues.pot").read_text(encoding="utf-8")
    assert "#. Keep as they are: {service_name}" in template
    assert "#. An answer to choose" in template
    assert "python-format" not in template


def test_a_dialogue_that_cannot_be_read_is_named_with_its_line(house: House) -> None:
    house.write("dialogue: welcome\nversion: [\n")
    result = house.run("extract")
    assert result.exit_code == 1
    assert "welcome.yaml" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("tag", [entry.tag for entry in LANGUAGES if entry.tag != "en"])
def test_every_language_can_be_begun_with_its_own_folder_and_plural_rule(house: House, tag: str) -> None:
    assert house.run("init", tag).exit_code == 0
    text = house.po(tag).read_text(encoding="utf-8")
    assert f'"Language: {language(tag).catalogue}\\n"' in text
    assert language(tag).plural_forms[:10] in text
    assert '"X-Review-Status: machine-draft\\n"' in text


def test_a_language_is_begun_once_and_only_if_we_know_it(house: House) -> None:
    assert house.run("init", "ti").exit_code == 0
    assert house.run("init", "ti").exit_code == 1
    assert house.run("init", "en").exit_code == 1
    assert "prs" in house.run("init", "fa_AF").output


def test_update_changes_nothing_when_nothing_changed(house: House) -> None:
    house.run("extract")
    house.run("init", "ti")
    house.translate("ti", "welcome.bye.say", "ደሓን ኩኑ።")
    before = house.po("ti").read_bytes()
    assert house.run("update", "--check").exit_code == 0
    house.run("update")
    assert house.po("ti").read_bytes() == before


def test_update_check_tells_stale_catalogues_and_writes_nothing(house: House) -> None:
    house.run("extract")
    house.run("init", "ti")
    before = house.po("ti").read_bytes()
    house.write(DIALOGUE.replace("Goodbye.", "Goodbye!"))
    result = house.run("update", "--check")
    assert result.exit_code == 1
    assert str(house.po("ti")) in result.output
    assert house.po("ti").read_bytes() == before


def test_a_changed_wording_keeps_its_translation_as_fuzzy_beside_the_old_wording(house: House) -> None:
    house.run("init", "ti")
    house.translate("ti", "welcome.bye.say", "ደሓን ኩኑ።")
    house.write(DIALOGUE.replace("Goodbye.", "See you soon. Goodbye."))
    for _ in range(2):  # and a second update changes nothing
        assert house.run("update").exit_code == 0
        assert house.entry("ti", "welcome.bye.say") == ("ደሓን ኩኑ።", True)
        assert '#| msgid "Goodbye."' in house.po("ti").read_text(encoding="utf-8")
    assert house.run("update", "--check").exit_code == 0


def test_a_renamed_state_takes_its_translation_along_as_fuzzy(house: House) -> None:
    house.run("init", "ti")
    house.translate("ti", "welcome.bye.say", "ደሓን ኩኑ።")
    house.write(DIALOGUE.replace("next: bye", "next: farewell").replace("  bye:", "  farewell:"))
    house.run("update")
    assert house.entry("ti", "welcome.farewell.say") == ("ደሓን ኩኑ።", True)


def test_a_text_that_comes_back_finds_its_translation_again(house: House) -> None:
    house.run("init", "ti")
    house.translate("ti", "welcome.ask.why", "ክንሕግዘኩም።")
    house.write(DIALOGUE.replace("      why: So that we can help.\n", ""))
    house.run("update")
    assert "#~ msgstr" in house.po("ti").read_text(encoding="utf-8")
    assert house.run("update", "--check").exit_code == 0
    house.write(DIALOGUE)
    house.run("update")
    assert house.entry("ti", "welcome.ask.why") == ("ክንሕግዘኩም።", False)


def test_update_keeps_who_has_reviewed_and_what_translators_noted(house: House) -> None:
    house.run("init", "ti")
    text = house.po("ti").read_text(encoding="utf-8").replace("machine-draft", "reviewed")
    house.po("ti").write_text(
        text.replace('msgctxt "welcome.bye.say"', '# polite form\nmsgctxt "welcome.bye.say"'), encoding="utf-8"
    )
    house.write(DIALOGUE.replace("Are you sure?", "Are you quite sure?"))
    house.run("update")
    updated = house.po("ti").read_text(encoding="utf-8")
    assert "X-Review-Status: reviewed" in updated
    assert "# polite form" in updated


def test_compile_leaves_fuzzy_out_and_the_service_reads_the_result(house: House) -> None:
    house.run("init", "prs")
    house.translate("prs", "welcome.bye.say", "خداحافظ.")
    result = house.run("compile", dialogues=False)
    assert result.exit_code == 0
    assert house.po("prs").with_suffix(".mo").is_file()
    catalogues = Catalogues.load(house.locales)
    assert catalogues.text(Text(key="welcome.bye.say", source="Goodbye."), "prs") == "خداحافظ."
    assert catalogues.review_status("prs", "dialogues") == "machine-draft"


def test_status_counts_fuzzy_as_missing(house: House) -> None:
    house.run("init", "ti")
    house.translate("ti", "welcome.bye.say", "ደሓን ኩኑ።")
    house.translate("ti", "welcome.ask.text", "እንታይ የድልየኩም፧")
    house.write(DIALOGUE.replace("Goodbye.", "Goodbye!"))
    house.run("update")
    line = next(line for line in house.run("status").output.splitlines() if line.startswith("ti ") and "dialogues" in line)
    assert line.split()[-4:] == ["1", "7", "1", "machine-draft"]


def test_check_names_file_line_code_and_what_to_do(house: House) -> None:
    house.run("init", "ti")
    house.translate("ti", "welcome.hello.say.0", "ሰላም ካብ ኣገልግሎት።")
    result = house.run("check", "--language", "ti", "--no-warnings", dialogues=False)
    assert result.exit_code == 1
    line = result.output.splitlines()[0]
    assert line.startswith(f"{house.po('ti')}:")
    assert "L101" in line
    assert "{service_name}" in line
    assert "\n1 errors, " in result.output


def test_check_passes_a_catalogue_that_is_only_begun(house: House) -> None:
    house.run("init", "ti")
    assert house.run("check", dialogues=False).exit_code == 0


def test_check_of_an_unknown_language_is_no_traceback(house: House) -> None:
    result = house.run("check", "--language", "xx", dialogues=False)
    assert result.exit_code == 1
    assert "not one of our language tags" in result.output
