"""Lists of choices, and what kind of question each makes: a choice, a scale, or yes and no."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.xlsform.form import EXCLUSIVE, MISSING, SKIPPED
from ccmm_bot.dialogue.xlsform.names import as_name
from ccmm_bot.dialogue.xlsform.read import Line, Remark, Sheets
from ccmm_bot.dialogue.xlsform.words import Languages, Words, plain

_MINUS: Final = re.compile(r"-\d+\Z")
_POINT: Final = re.compile(r"\d{1,2}\Z")
_YES_NO: Final = {"yes", "no"}
_CODED: Final = {"1": "yes", "0": "no"}
#: A scale has at least three points and at most eleven.
_FEWEST, _MOST = 3, 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer; ``form_name``: its code in the form."""

    id: str
    form_name: str
    words: Words
    exclusive: bool = False
    missing: bool = False  # says "no answer", and is kept as an answer
    skip: bool = False  # our own code for "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """What a question with a list of choices becomes. ``names``: the form's code → ours, ``None`` for one that is left out."""

    type: ItemType
    options: tuple[Choice, ...]
    names: Mapping[str, str | None]
    minimum: int | None = None
    maximum: int | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lists:
    """Every list of choices of a form, by name."""

    choices: Mapping[str, tuple[Choice, ...]]

    @classmethod
    def of(cls, sheets: Sheets, languages: Languages, wrong: list[Remark], left_out: list[Remark]) -> Lists:
        """Read the sheet. A name that stands twice in a list is wrong, unless the settings allow it."""
        made: dict[str, list[Choice]] = {}
        seen: dict[tuple[str, str], int] = {}
        allowed = sheets.settings.get("allow_choice_duplicates", "").casefold() in ("yes", "true")
        for line in sheets.choices or ():
            name, form_name = line.get("list_name"), line.get("name")
            if not name and not form_name:
                continue
            if not name or not form_name:
                wrong.append(Remark(line.at("list_name" if not name else "name"), "the choice has no name"))
                continue
            if (first := seen.setdefault((name, form_name), line.row)) != line.row:
                message = f'the choice "{form_name}" of "{name}" stands in row {first} already'
                (left_out if allowed else wrong).append(Remark(line.at("name"), message))
                continue
            choice = _choice(line, form_name, languages, left_out)
            if "en" not in choice.words and not choice.skip:
                left_out.append(Remark(line.at("label"), f'the choice "{form_name}" has no words in English, and is left out'))
                continue
            taken = {each.id for each in made.setdefault(name, [])}
            number, own = 2, choice.id
            while choice.id in taken:
                choice, number = replace(choice, id=f"{own}_{number}"), number + 1
            made[name].append(choice)
        return cls({name: tuple(each) for name, each in made.items()})


def _choice(line: Line, form_name: str, languages: Languages, left_out: list[Remark]) -> Choice:
    def clean(text: str, column: str) -> str:
        said, remarks = plain(text.replace("${", "{"))
        left_out.extend(Remark(line.at(column), each) for each in remarks)
        return said

    for column, text in line.cells.items():
        kind = column.split("::")[0]
        if kind in ("media", "image", "audio", "video", "big-image"):
            left_out.append(Remark(line.at(column), f'"{text[:60]}" is left out: a message has no picture, sound or film'))
    return Choice(
        id=as_name(form_name, f"c{line.row}"),
        form_name=form_name,
        words=languages.words(line, "label", clean),
        exclusive=line.get(EXCLUSIVE) == "yes",
        missing=line.get(MISSING) == "yes" or (bool(_MINUS.match(form_name)) and line.get(MISSING) != "skip"),
        skip=line.get(MISSING) == "skip" and form_name == SKIPPED,
    )


def shaped(own: ItemType | None, type_: ItemType, choices: Sequence[Choice]) -> Shaped:
    """``own``: what the question is in our words, where the form says so; otherwise it is told by the answers."""
    names: dict[str, str | None] = {each.form_name: None if each.skip else each.id for each in choices}
    kept = [each for each in choices if not each.skip]
    certain = [each for each in kept if not _MINUS.match(each.form_name)]
    dropped = names | {each.form_name: None for each in kept if _MINUS.match(each.form_name)}
    gone = tuple(
        f'the answer {each.form_name} ("{each.words["en"]}") is left out: every question can be skipped'
        for each in kept
        if _MINUS.match(each.form_name)
    )
    if type_ is ItemType.SELECT_ONE and own in (ItemType.YES_NO, None):
        named = _yes_no(certain)
        if named:
            return Shaped(type=ItemType.YES_NO, options=_in_order(certain, named), names=dropped | named, left_out=gone)
    if type_ is ItemType.SELECT_ONE and _is_scale(certain, sure=own is ItemType.SCALE) and own in (ItemType.SCALE, None):
        points = [int(each.form_name) for each in certain]
        labelled = [each for each in certain if any(said != each.form_name for said in each.words.values())]
        return Shaped(
            type=ItemType.SCALE,
            options=tuple(replace(each, id=each.form_name) for each in labelled),
            names=dropped | {each.form_name: each.form_name for each in certain},
            minimum=min(points),
            maximum=max(points),
            left_out=gone,
        )
    return Shaped(type=type_, options=tuple(kept), names=names)


def _yes_no(choices: Sequence[Choice]) -> dict[str, str | None]:
    """The form's codes as yes and no, where those are the two answers and no others."""
    coded = {each.form_name for each in choices} == set(_CODED) and _says_yes(choices)
    named: dict[str, str | None] = {each.form_name: _CODED[each.form_name] if coded else each.id for each in choices}
    return named if set(named.values()) == _YES_NO and len(choices) == len(_YES_NO) else {}


def _in_order(choices: Sequence[Choice], named: Mapping[str, str | None]) -> tuple[Choice, ...]:
    return tuple(sorted((replace(each, id=str(named[each.form_name])) for each in choices), key=lambda each: each.id == "no"))


def _says_yes(choices: Sequence[Choice]) -> bool:
    said = {each.form_name: each.words["en"].casefold().strip(" .") for each in choices}
    return said.get("1") == "yes" and said.get("0") == "no"


def _is_scale(choices: Sequence[Choice], *, sure: bool) -> bool:
    """Whether the answers are points one after the other; ``sure``: the form says that it is a scale."""
    if len(choices) < 2 or not all(_POINT.match(each.form_name) for each in choices):
        return False
    points = [int(each.form_name) for each in choices]
    if points != list(range(points[0], points[0] + len(points))):
        return False
    return sure or (points[0] in (0, 1) and _FEWEST <= len(points) <= _MOST)
