"""The words of a form: which column is in which of our languages, and what of a text can be said in a message."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue.xlsform.form import TRANSLATED, split_column
from ccmm_bot.dialogue.xlsform.read import FormErrors, Line, Place, Remark, Sheets

#: Our tag → the words.
Words = Mapping[str, str]
#: How a form calls a language → our tag; ``None`` where it is none of ours.
Known = Callable[[str], str | None]

_ENGLISH: Final = "en"
_CODE: Final = re.compile(r"\(\s*([A-Za-z]{2,3}(?:[-_][A-Za-z]+)*)\s*\)\s*$")
_FIELD: Final = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_INVISIBLE: Final = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SPACES: Final = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")


def code_in(label: str) -> str | None:
    """The language's code, where its name ends with one: ``العربية (ar)``."""
    match = _CODE.search(label)
    return match[1] if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """``columns``: kind (label, hint) → our tag → the headings that may hold its words, the best first."""

    columns: Mapping[str, Mapping[str, tuple[str, ...]]]
    tags: tuple[str, ...]

    @classmethod
    def of(cls, sheets: Sheets, known: Known, left_out: list[Remark], file: str) -> Languages:
        """The languages of a form. Raises :class:`FormErrors` where it has no English, which dialogues are written in."""
        default = sheets.settings.get("default_language", "")
        plain_tag = _ENGLISH if not default or default.casefold() == "default" else known(default)
        columns: dict[str, dict[str, list[str]]] = {}
        unknown: dict[str, Place] = {}
        for heading, (kind, label) in sheets.headings.items():
            if kind not in TRANSLATED[:2]:
                continue
            tag = plain_tag if label is None else known(label)
            if tag is None:
                unknown.setdefault(label or default, sheets.places[heading])
                continue
            held = columns.setdefault(kind, {}).setdefault(tag, [])
            held.insert(0 if label is not None else len(held), heading)
        for label, place in unknown.items():
            left_out.append(Remark(place, f'"{label}" is none of our languages; its words are left out'))
        tags = tuple(dict.fromkeys(tag for kinds in columns.values() for tag in kinds))
        if _ENGLISH not in columns.get("label", {}):
            message = (
                'there is no English: dialogues are written in it and translated from it. Add a column "label::English (en)", '
                "or set default_language where the column without a language is in English."
            )
            raise FormErrors(file, message=message)
        return cls(columns={kind: {tag: tuple(held) for tag, held in each.items()} for kind, each in columns.items()}, tags=tags)

    def words(self, line: Line, kind: str, clean: Callable[[str, str], str]) -> Words:
        """What a row says, by language; ``clean`` gets a text and its heading."""
        made: dict[str, str] = {}
        for tag, headings in self.columns.get(kind, {}).items():
            for heading in headings:
                said = clean(line.get(heading), heading) if line.get(heading) else ""
                if said:
                    made[tag] = said
                    break
        return made


def piped(text: str, constants: Mapping[str, str], lost: Callable[[str], None]) -> str:
    """Answers that stand in a text (``${name}``) as slots of ours, or as three dots."""

    def put(match: re.Match[str]) -> str:
        if match[1] in constants:
            return "\x01" + constants[match[1]] + "\x02"  # the braces of a slot, until the other braces are gone
        lost(match[1])
        return "…"

    return _FIELD.sub(put, text)


def plain(text: str) -> tuple[str, tuple[str, ...]]:
    """A text as a message can show it, and what had to go."""
    remarks = []
    slots = text.replace("\x01", "\ue001").replace("\x02", "\ue002")
    said = _TAG.sub(" ", html.unescape(slots))
    if said != html.unescape(slots):
        remarks.append("marks of HTML are left out of the text")
    if "{" in said or "}" in said:
        remarks.append("braces are written as round brackets: in braces stand names that the service fills in")
        said = said.replace("{", "(").replace("}", ")")
    said = unicodedata.normalize("NFC", _INVISIBLE.sub("", said.replace("\r\n", "\n").replace("\r", "\n")))
    lines = [_SPACES.sub(" ", each).strip() for each in said.split("\n")]
    said = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return said.replace("\ue001", "{").replace("\ue002", "}"), tuple(remarks)


__all__ = ["Known", "Languages", "Words", "code_in", "piped", "plain", "split_column"]
