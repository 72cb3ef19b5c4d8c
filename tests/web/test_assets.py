"""What the pages are made of comes from this package, is what its makers published, and may be kept for good."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from ccmm_bot.web import templating
from ccmm_bot.web.assets import STATIC, fingerprint, static_url

VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text())["files"]
NOT_VENDORED = {"MANIFEST.json", "fonts.css"}  # written here


def test_every_vendored_file_is_the_one_in_the_manifest() -> None:
    for entry in MANIFEST:
        assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry["file"]


def test_every_vendored_file_has_an_entry_and_a_licence() -> None:
    listed = {entry["file"] for entry in MANIFEST}
    licences = {entry["licence_file"] for entry in MANIFEST}
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert present == listed | licences | NOT_VENDORED
    assert {entry["licence"] for entry in MANIFEST} <= {"0BSD", "MIT", "OFL-1.1"}


def test_the_fonts_named_in_the_sheet_are_there() -> None:
    named = set(re.findall(r'url\("([^"]+)"\)', (VENDOR / "fonts.css").read_text()))
    assert named == {entry["file"] for entry in MANIFEST if entry["file"].endswith(".woff2")}


def test_an_address_names_the_content() -> None:
    assert static_url("app.css") == f"/static/{fingerprint()}/app.css"


def test_no_page_has_a_script_or_style_inside_it_or_from_elsewhere() -> None:
    for template in Path(templating.TEMPLATES).rglob("*.html"):
        text = template.read_text()
        assert "<style" not in text, template
        assert not re.search(r"\sstyle=", text), template
        assert not re.search(r"\son[a-z]+=", text), template
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), template
        assert not re.search(r"(?:src|href|action)=[\"']?(?:https?:)?//", text), template
        assert "hx-on" not in text, template
        assert "|safe" not in text, template
