"""A published form as a dialogue with its instrument and its translations, and the list of what it has lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from ccmm_bot.dialogue.xlsform.carry import Carrying
from ccmm_bot.dialogue.xlsform.emit import Files, Head, emit
from ccmm_bot.dialogue.xlsform.names import Names, as_name
from ccmm_bot.dialogue.xlsform.parts import Message, Question
from ccmm_bot.dialogue.xlsform.read import Place, Remark, read_sheets
from ccmm_bot.dialogue.xlsform.words import Known, Languages

_NO_SEGMENTS: Final[Mapping[str, int]] = MappingProxyType({})
_LONGEST_TITLE: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a form has become; :meth:`files` writes it down."""

    head: Head
    parts: tuple[Question | Message, ...]
    left_out: tuple[Remark, ...]
    renamed: tuple[Remark, ...]
    languages: tuple[str, ...]  # our tags, English among them

    def files(self, segments: Mapping[str, int] = _NO_SEGMENTS) -> Files:
        """The dialogue, the instrument, and the texts with their translations."""
        return emit(self.head, self.parts, segments)


def import_form(content: bytes, file: str, known: Known, slots: Iterable[str], elsewhere: Iterable[str] = ()) -> Imported:
    """Read an XLSForm.

    :param known: how a form calls a language → our tag, ``None`` where it is none of ours
    :param slots: the names that stand in braces in our texts
    :param elsewhere: names of items that other dialogues ask
    :raises FormErrors: the file is no form, or one whose parts do not fit together; with every place that is wrong
    """
    sheets = read_sheets(content, file)
    left_out: list[Remark] = []
    languages = Languages.of(sheets, known, left_out, file)
    settings = sheets.settings
    name = as_name(settings.get("form_id") or settings.get("id_string") or PurePath(file).stem, "form")
    names = Names(form=name, elsewhere=frozenset(elsewhere))
    carrying = Carrying(sheets, languages, frozenset(slots), file, left_out=left_out, names=names)
    carrying.go()
    version = settings.get("version", "1")
    if not version.isdecimal() or not 1 <= int(version) < 10**9:
        left_out.append(Remark(Place("settings", 2, "version"), f'the version "{version}" is version 1 here: versions are counted'))
        version = "1"
    title = settings.get("form_title") or settings.get("title") or name.replace("_", " ").capitalize()
    for column, text in settings.items():
        if column not in ("form_title", "title", "form_id", "id_string", "version", "default_language", "allow_choice_duplicates"):
            left_out.append(Remark(Place("settings", 2, column), f'"{text[:60]}" is left out: it is for another program'))
    head = Head(
        id=name,
        version=int(version),
        title=title.replace("{", "(").replace("}", ")"),
        source=PurePath(file).name,
        section=f"form {settings.get('form_id', name)}",
    )
    return Imported(
        head=head,
        parts=tuple(carrying.parts),
        left_out=tuple(sorted(set(left_out))),
        renamed=tuple(carrying.names.changed),
        languages=languages.tags,
    )
