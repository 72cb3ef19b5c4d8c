"""The groups and repeats of a form, one inside the other, as its rows are gone through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ccmm_bot.dialogue.model import All
from ccmm_bot.dialogue.xlsform.expressions import Condition, joined
from ccmm_bot.dialogue.xlsform.read import Line, Remark


@dataclass(slots=True, kw_only=True)
class _Group:
    number: int
    line: Line
    when: Condition
    repeat: bool


@dataclass(slots=True)
class Groups:
    """Those that were begun and not ended yet."""

    _open: list[_Group] = field(default_factory=list)
    _begun: int = 0

    @property
    def innermost(self) -> int:
        """Which group of the form this is, counted from 1; 0 outside of all. A name stands once in each."""
        return self._open[-1].number if self._open else 0

    @property
    def in_repeat(self) -> bool:
        """Whether what stands here is asked again and again."""
        return any(group.repeat for group in self._open)

    def when(self, relevant: Condition) -> Condition:
        """When a row that is ``relevant`` by itself is asked: when its groups are, too."""
        return joined([self._open[-1].when if self._open else True, relevant], All)

    def begin(self, line: Line, relevant: Condition, *, repeat: bool) -> None:
        """A row that begins one."""
        self._begun += 1
        self._open.append(_Group(number=self._begun, line=line, when=self.when(relevant), repeat=repeat))

    def end(self, line: Line, *, repeat: bool) -> Remark | None:
        """A row that ends one, or what is wrong with that."""
        if not self._open:
            return Remark(line.at("type"), f'"{line.get("type")}" ends nothing that was begun')
        ended = self._open.pop()
        if ended.repeat is repeat:
            return None
        begun = ended.line
        message = f'"{line.get("type")}" stands where "{begun.get("type")}" of row {begun.row} should end'
        return Remark(line.at("type"), message)

    def never_ended(self) -> Iterator[Remark]:
        """What is wrong after the last row."""
        for group in self._open:
            yield Remark(group.line.at("type"), f'"{group.line.get("type")}" is never ended')
