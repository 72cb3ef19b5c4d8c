"""From the rows of a form to questions and messages, as far as a conversation can carry them; the rest is listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ccmm_bot.dialogue.instrument import Better
from ccmm_bot.dialogue.model import All, ItemType
from ccmm_bot.dialogue.xlsform.choices import Choice, Lists, shaped
from ccmm_bot.dialogue.xlsform.circles import circles
from ccmm_bot.dialogue.xlsform.expressions import Asked, Condition, NotExpressible, bounds, condition, joined
from ccmm_bot.dialogue.xlsform.form import BETTER, CONSTRUCT, TRANSLATED
from ccmm_bot.dialogue.xlsform.groups import Groups
from ccmm_bot.dialogue.xlsform.names import Names
from ccmm_bot.dialogue.xlsform.parts import (
    AS_TEXT,
    KNOWN,
    METADATA,
    OTHER,
    OTHER_ASKED,
    OTHER_LABEL,
    OWN,
    SAID,
    SCALARS,
    WHY,
    Message,
    Question,
    own_type,
    paragraphs,
    range_of,
    select_of,
)
from ccmm_bot.dialogue.xlsform.read import FormErrors, Line, Remark, Sheets
from ccmm_bot.dialogue.xlsform.words import Languages, Words, piped, plain


@dataclass(slots=True)
class Carrying:
    """Goes through the rows from top to bottom."""

    sheets: Sheets
    languages: Languages
    slots: frozenset[str]
    file: str
    parts: list[Question | Message] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    _wrong: list[Remark] = field(default_factory=list)
    _groups: Groups = field(default_factory=Groups)
    _asked: dict[str, Asked | str] = field(default_factory=dict)  # the form's name → the question, or why there is none
    _constants: dict[str, str] = field(default_factory=dict)
    _seen: dict[tuple[int, str], Line] = field(default_factory=dict)
    _lists: Lists = field(init=False)

    def go(self) -> None:
        """Fill :attr:`parts` and :attr:`left_out`. Raises :class:`FormErrors` with everything that is wrong at once."""
        self._lists = Lists.of(self.sheets, self.languages, self._wrong, self.left_out)
        self._wrong += circles(self.sheets.survey)
        for line in self.sheets.survey:
            self._line(line)
        self._wrong += self._groups.never_ended()
        if self._wrong:
            raise FormErrors(self.file, self._wrong)
        if not any(isinstance(part, Question) for part in self.parts):
            raise FormErrors(self.file, message="there is no question in it that a conversation can ask.")

    def _leave(self, line: Line, column: str, message: str) -> None:
        self.left_out.append(Remark(line.at(column), message))

    def _line(self, line: Line) -> None:
        kind = " ".join(line.get("type").split())
        word = kind.casefold().replace("_", " ")
        if not kind:
            if line.get("name") or any(column.startswith("label") for column in line.cells):
                self._wrong.append(Remark(line.at("type"), "the row has no type"))
            return
        if word in ("end group", "end repeat"):
            if wrong := self._groups.end(line, repeat=word == "end repeat"):
                self._wrong.append(wrong)
            return
        if word in ("begin group", "begin repeat"):
            self._begin(line, repeat=word == "begin repeat")
            return
        name = line.get("name")
        if not name and kind.casefold() not in METADATA:
            self._wrong.append(Remark(line.at("name"), "the question has no name"))
            return
        self._once(line, name)
        if self._groups.in_repeat:
            self._not_asked(line, name, "type", "a question that repeats (begin repeat) is left out: a conversation asks each once")
            return
        self._row(line, kind, name)

    def _row(self, line: Line, kind: str, name: str) -> None:
        low = kind.casefold()
        if low in METADATA:
            self._not_asked(line, name, "type", f'"{kind}" is left out: the service keeps times, channel and person itself')
        elif low in ("calculate", "hidden"):
            self._calculated(line, name)
        elif low in SAID:
            self._note(line, name, low)
        elif low in SCALARS or low in AS_TEXT:
            self._scalar(line, name, low)
        elif (found := select_of(kind)) is not None:
            self._select(line, name, *found)
        else:
            self._not_asked(line, name, "type", f'a question of type "{kind}" is left out: it cannot be answered in a message')

    def _once(self, line: Line, name: str) -> None:
        first = self._seen.setdefault((self._groups.innermost, name), line)
        if name and first is not line:
            self._wrong.append(Remark(line.at("name"), f'the name "{name}" stands in row {first.row} already'))

    def _not_asked(self, line: Line, name: str, column: str, message: str) -> None:
        self._asked[name] = f'it reads "{name}", which is left out'
        self._leave(line, column, message)

    def _begin(self, line: Line, *, repeat: bool) -> None:
        self._once(line, line.get("name"))
        if any(column.split("::")[0] == "label" for column in line.cells):
            self._leave(line, "label", "the heading of a group is not said: a conversation has no pages")
        if repeat:
            self._leave(line, "type", "what repeats is left out: a conversation asks each question once")
        self._groups.begin(line, self._relevant(line), repeat=repeat)
        self._unknown(line, ("relevant",))

    # --- rows ----------------------------------------------------------------------------------------------------------

    def _calculated(self, line: Line, name: str) -> None:
        value = line.get("calculation")
        if len(value) > 1 and value[0] == value[-1] == "'" and "'" not in value[1:-1] and name in self.slots:
            self._constants[name] = name
            self._asked[name] = f'it reads "{name}", which is a text the service fills in'
            return
        self._not_asked(line, name, "calculation", "a calculation is left out: no answer is worked out of others here")

    def _note(self, line: Line, name: str, kind: str) -> None:
        if kind != "note":
            self._not_asked(line, name, "type", f'"{kind}" is said, and nothing is answered to it')
        else:
            self._asked[name] = f'it reads the note "{name}", which has no answer'
        words = self._words(line, "label")
        if not words:
            return
        self._unknown(line, ("relevant",))
        self.parts.append(Message(name=self.names.of(line, name), words=paragraphs(words), when=self._when(line), row=line.row))

    def _scalar(self, line: Line, name: str, kind: str) -> None:
        words = self._asking(line, name)
        if words is None:
            return
        known = ["relevant"]
        if kind in AS_TEXT:
            self._leave(line, "type", f'a question of type "{kind}" is asked in the person\'s own words')
        type_ = own_type(line) or SCALARS.get(kind, ItemType.TEXT)
        low: int | None = None
        high: int | None = None
        if kind == "range":
            known.append("parameters")
            type_, low, high = range_of(line.get("parameters"))
            if type_ is ItemType.TEXT:
                self._leave(line, "parameters", "a range that does not go up by 1 is asked in the person's own words")
        elif type_ is ItemType.INTEGER and line.get("constraint"):
            known.append("constraint")
            try:
                low, high = bounds(line.get("constraint"))
            except NotExpressible as error:
                self._leave(line, "constraint", f"the constraint is left out: {error}")
        elif type_ is ItemType.PHONE:
            known += ["constraint", "appearance"]
        if low is not None and high is not None and low >= high:
            self._leave(line, "constraint", f"the bounds {low} and {high} leave no choice, and are left out")
            low = high = None
        self._add(line, name, type_, words, known, minimum=low, maximum=high)

    def _select(self, line: Line, name: str, type_: ItemType, list_name: str, or_other: bool) -> None:
        lists = self._lists
        if list_name not in lists.choices:
            there = f"there is: {', '.join(lists.choices)}" if lists.choices else "there is no list of choices at all"
            self._wrong.append(Remark(line.at("type"), f'the list of choices "{list_name}" does not exist; {there}'))
            return
        words = self._asking(line, name)
        if words is None:
            return
        choices = list(lists.choices[list_name])
        if or_other and not any(choice.id == OTHER for choice in choices):
            choices.append(Choice(id=OTHER, form_name=OTHER, words={"en": OTHER_LABEL}))
            self._leave(line, "type", 'the answer "Other" of or_other is in English only')
        made = shaped(own_type(line), type_, choices)
        for message in made.left_out:
            self._leave(line, "type", message)
        if len(made.options) < 2 and made.type is not ItemType.SCALE:
            self._not_asked(line, name, "type", f"there are {len(made.options)} answers to choose from, so it is not asked")
            return
        self._add(
            line, name, made.type, words, ["relevant", "constraint"] if any(each.exclusive for each in choices) else ["relevant"],
            options=made.options, minimum=made.minimum, maximum=made.maximum, choices=made.names,
        )  # fmt: skip
        if or_other:
            self._specify(line, name)

    def _specify(self, line: Line, name: str) -> None:
        """The second question that ``or_other`` asks."""
        when = self.parts[-1].when
        try:
            chosen = condition(f"selected(${{{name}}}, '{OTHER}')", self._resolve)
        except NotExpressible:  # the list has no such answer after all
            return
        words = {"en": OTHER_ASKED}
        self._leave(line, "type", f'the question "{OTHER_ASKED}" of or_other is in English only')
        item = self.names.of(line, f"{name}_other")
        self.parts.append(
            Question(name=item, type=ItemType.TEXT, words=words, why={}, when=joined([when, chosen], All), row=line.row)
        )

    def _asking(self, line: Line, name: str) -> Words | None:
        words = self._words(line, "label")
        if "en" not in words:
            what = "has no words in English" if words else "has no words"
            self._not_asked(line, name, "label", f"the question {what}, so it is not asked")
            return None
        return words

    def _add(
        self,
        line: Line,
        name: str,
        type_: ItemType,
        words: Words,
        known: Sequence[str],
        *,
        options: tuple[Choice, ...] = (),
        minimum: int | None = None,
        maximum: int | None = None,
        choices: Mapping[str, str | None] | None = None,
    ) -> None:
        when = self._when(line)
        item = self.names.of(line, name)
        self._asked[name] = Asked(item=item, type=type_, choices=choices or {}, sometimes=when is not True)
        if line.get("required").casefold() in ("yes", "true", "true()"):
            self._leave(line, "required", "an answer is not required: every question can be skipped here")
        self._unknown(line, known)
        better = line.get(BETTER)
        self.parts.append(
            Question(
                name=item,
                type=type_,
                words=words,
                why=self._words(line, "hint"),
                when=when,
                row=line.row,
                options=options,
                minimum=minimum,
                maximum=maximum,
                better=Better(better) if better in {each.value for each in Better} else Better.NONE,
                construct=line.get(CONSTRUCT) or None,
            )
        )

    # --- cells ---------------------------------------------------------------------------------------------------------

    def _words(self, line: Line, kind: str) -> Words:
        return self.languages.words(line, kind, self._cleaner(line))

    def _cleaner(self, line: Line) -> Callable[[str, str], str]:
        def clean(text: str, column: str) -> str:
            def lost(name: str) -> None:
                self._leave(line, column, f'the answer to "{name}" cannot stand in a text; three dots do')

            said, remarks = plain(piped(text, self._constants, lost))
            for remark in remarks:
                self._leave(line, column, remark)
            return said

        return clean

    def _unknown(self, line: Line, known: Sequence[str]) -> None:
        """Columns that say something which is not carried over."""
        for column, text in line.cells.items():
            kind = column.split("::")[0]
            if kind in TRANSLATED[:2] or column in OWN or column in ("type", "name", "required", *known):
                continue
            if kind == "constraint_message" and ("constraint" in known or "constraint" not in line.cells):
                continue  # the service has its own words
            if kind in KNOWN and not text:
                continue
            self._leave(line, column, f'"{text[:60]}" is left out: {WHY.get(kind, "a conversation has nothing like it")}')

    def _relevant(self, line: Line) -> Condition:
        text = line.get("relevant")
        if not text:
            return True
        try:
            return condition(text, self._resolve)
        except NotExpressible as error:
            self._leave(line, "relevant", f"the condition is left out, and everybody is asked: {error}")
            return True

    def _when(self, line: Line) -> Condition:
        return self._groups.when(self._relevant(line))

    def _resolve(self, name: str) -> Asked:
        found = self._asked.get(name)
        if isinstance(found, Asked):
            return found
        raise NotExpressible(found or f'it reads "{name}", which is not asked before it')
