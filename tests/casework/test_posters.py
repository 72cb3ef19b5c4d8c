"""Posters: words that are shaped as they are written, squares that a camera reads, nothing over the edge."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from ccmm_bot.casework.inviting.invitation_links import Link, Sender, links
from ccmm_bot.casework.inviting.posters import pdf, svg
from ccmm_bot.casework.inviting.posters.content import NoPosterError, Poster, compose, spaced
from ccmm_bot.casework.inviting.posters.fonts import FOLDER, LATIN, Face, Weight, family_of
from ccmm_bot.casework.inviting.posters.layout import HEIGHT, WIDTH, lay_out, qr
from ccmm_bot.casework.inviting.posters.shaping import shape
from ccmm_bot.conversation.invitation_codes import given, new_code
from ccmm_bot.dialogue.system_texts import POSTER
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, Language
from ccmm_bot.messages import ChannelKind
from ccmm_bot.settings import Settings

CATALOGUES = Catalogues.load(Settings(_env_file=None).locales_dir)
OFFERED = CATALOGUES.offered(POSTER.values())
SENDERS = (
    Sender(channel=ChannelKind.WHATSAPP, public="+16045550199"),
    Sender(channel=ChannelKind.TELEGRAM, public="ccmm_test_bot"),
    Sender(channel=ChannelKind.SMS, public="+16045550100"),
)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
AGENCY = "Harbour Settlement & Integration Society"


def poster(tag: str, senders: tuple[Sender, ...] = SENDERS, **more: str) -> Poster:
    shown = {"agency": AGENCY, "small": "Until 2027-11-22", **more}
    return compose(CATALOGUES, tag, links(senders, new_code(), tag), **shown)


def test_the_project_has_posters_in_every_language_that_is_offered() -> None:
    assert {"en", "fr", "ar", "prs", "ti"} <= set(OFFERED)


@pytest.mark.parametrize("tag", OFFERED)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_everything_is_on_the_paper(tag: str, count: int) -> None:
    page = lay_out(poster(tag, SENDERS[:count]))
    point = 25.4 / 72
    for line in page.lines:
        half = shape(line.text, line.family, line.weight, rtl=line.rtl).width * line.size * point / 2
        assert line.x - half >= 10, line.text
        assert line.x + half <= WIDTH - 10, line.text
        assert 10 <= line.y <= HEIGHT - 8, line.text
    assert len(page.codes) == count
    tops = [line.y for line in page.lines if line.x == WIDTH / 2]
    assert tops == sorted(tops), "lines do not overtake one another"


@pytest.mark.parametrize("tag", OFFERED)
def test_every_sign_of_every_text_has_a_glyph(tag: str) -> None:
    for line in lay_out(poster(tag)).lines:
        glyphs = shape(line.text, line.family, line.weight, rtl=line.rtl).glyphs
        assert all(glyph.number for glyph in glyphs), line.text


@pytest.mark.parametrize("entry", LANGUAGES, ids=lambda entry: entry.tag)
@pytest.mark.parametrize("weight", list(Weight))
def test_the_fonts_can_write_every_language(entry: Language, weight: Weight) -> None:
    glyphs = shape(entry.autonym, family_of(entry), weight, rtl=entry.direction == "rtl").glyphs
    assert glyphs
    assert all(glyph.number for glyph in glyphs)


def numbers(text: str, family: str, *, rtl: bool) -> list[int]:
    return [glyph.number for glyph in shape(text, family, Weight.REGULAR, rtl=rtl).glyphs]


def test_arabic_letters_join_and_stand_from_right_to_left() -> None:
    beh, joined = numbers("ب", "NotoSansArabic", rtl=True), numbers("ببب", "NotoSansArabic", rtl=True)
    assert len(set(joined)) == 3, "initial, medial and final forms are three glyphs"
    assert beh[0] not in joined
    assert numbers("اب", "NotoSansArabic", rtl=True)[-1] == numbers("ا", "NotoSansArabic", rtl=True)[0], "the first is rightmost"


def test_an_invisible_joiner_keeps_letters_apart() -> None:
    apart, together = numbers("می‌کنیم", "NotoSansArabic", rtl=True), numbers("میکنیم", "NotoSansArabic", rtl=True)
    assert [number for number in apart if number in together] != together


def test_a_vowel_written_before_its_consonant_is_put_there() -> None:
    ka, ki = numbers("क", "NotoSansDevanagari", rtl=False), numbers("कि", "NotoSansDevanagari", rtl=False)
    assert ki[-1] == ka[0], "the sign of i stands in front"
    assert len(numbers("क्ष", "NotoSansDevanagari", rtl=False)) == 1, "a conjunct is one glyph"


def test_latin_words_inside_arabic_ones_read_from_left_to_right() -> None:
    mixed = shape("اكتبوا STOP الآن", "NotoSansArabic", Weight.REGULAR, rtl=True)
    latin = [glyph for glyph in mixed.glyphs if glyph.face.family == LATIN]
    assert [glyph.number for glyph in latin if glyph.number] == [
        glyph.number for glyph in shape("STOP", LATIN, Weight.REGULAR, rtl=False).glyphs
    ]
    assert [glyph.x for glyph in latin] == sorted(glyph.x for glyph in latin)


def modules_of(drawing: str, place: int) -> set[tuple[int, int]]:
    """The dark modules of one code, read back from the drawing."""
    paths = re.findall(r'shape-rendering="crispEdges" d="([^"]+)"', drawing)
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", paths[place])
    return {(int(x) + step, int(y)) for x, y, wide in runs for step in range(int(wide))}


def test_the_squares_of_the_drawing_are_the_codes_of_the_links() -> None:
    made = poster("ti")
    drawing = svg.draw(lay_out(made))
    for place, square in enumerate(made.squares):
        wanted = {(x, y) for y, row in enumerate(qr(square.address)) for x, dark in enumerate(row) if dark}
        assert modules_of(drawing, place) == wanted


def test_squares_have_white_around_them() -> None:
    page = lay_out(poster("ti"))
    for code in page.codes:
        side = len(code.rows) * code.module
        quiet = 4 * code.module
        for line in page.lines:
            above_or_below = line.y <= code.y - quiet or line.y - 0.75 * line.size * 25.4 / 72 >= code.y + side + quiet
            assert above_or_below, line.text
        assert code.x - quiet >= 0
    for left, right in zip(page.codes, page.codes[1:], strict=False):
        assert right.x - (left.x + len(left.rows) * left.module) >= 8 * left.module


def test_the_drawing_needs_no_font_and_can_be_read_out() -> None:
    made = poster("ar")
    drawing = svg.draw(lay_out(made))
    root = ElementTree.fromstring(drawing)
    assert "<text" not in drawing
    assert "font-family" not in drawing
    description = root.findtext("{http://www.w3.org/2000/svg}desc") or ""
    assert made.texts["offer"] in description
    assert AGENCY in description


def test_the_document_holds_its_fonts_and_comes_out_the_same_twice() -> None:
    page = lay_out(poster("ti"))
    document = pdf.draw(page, NOW)
    assert document.startswith(b"%PDF-")
    assert document == pdf.draw(page, NOW)
    assert document.count(b"/FontFile2") >= 2
    assert document.count(b"/Type /Page\n") == 1
    assert len(document) < 200_000


def test_half_a_translation_is_no_poster() -> None:
    with pytest.raises(NoPosterError, match="Somali"):
        compose(Catalogues({}), "so", links(SENDERS, new_code()), agency="A", small="")


def test_a_poster_leads_somewhere() -> None:
    with pytest.raises(NoPosterError, match="No channel"):
        compose(CATALOGUES, "ti", (), agency="A", small="")


@pytest.mark.parametrize("link", links(SENDERS, new_code(), "ti"), ids=lambda link: link.channel)
def test_what_a_link_sends_is_read_as_the_code(link: Link) -> None:
    parts = urlsplit(link.address)
    query = parse_qs(parts.query)
    sent = f"/start {query['start'][0]}" if "start" in query else (query.get("text") or query["body"])[0]
    read = given(sent)
    assert read is not None
    assert read.code
    assert read.language == "ti"


def test_links_have_the_shapes_the_apps_take() -> None:
    whatsapp, telegram, sms = (link.address for link in links(SENDERS, "7K3M9QWX2T4VB"))
    assert whatsapp == "https://wa.me/16045550199?text=START%207K3M-9QWX-2T4VB"
    assert telegram == "https://t.me/ccmm_test_bot?start=7K3M9QWX2T4VB"
    assert sms == "sms:+16045550100?body=START%207K3M-9QWX-2T4VB"
    assert links((Sender(channel=ChannelKind.CONSOLE, public="console"),), "7K3M9QWX2T4VB") == ()


def test_numbers_are_written_as_people_read_them() -> None:
    assert spaced("+16045550100") == "604 555 0100"
    assert spaced("+442071838750") == "+442071838750"


def test_a_long_name_is_cut_to_the_paper() -> None:
    page = lay_out(poster("en", agency="A very long name of a society " * 6))
    assert any(line.text.endswith("…") for line in page.lines)


def test_every_font_is_the_one_in_the_manifest_and_has_its_licence() -> None:
    listed = json.loads((FOLDER / "MANIFEST.json").read_text("utf-8"))["files"]
    assert {entry["file"] for entry in listed} == {path.name for path in FOLDER.glob("*.ttf")}
    for entry in listed:
        assert hashlib.sha256((FOLDER / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        assert (FOLDER / entry["licence_file"]).is_file()
    assert {Face(family_of(each), weight).path.is_file() for each in LANGUAGES for weight in Weight} == {True}
