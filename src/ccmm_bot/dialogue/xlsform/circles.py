"""Conditions of a form that wait for each other: no order of asking is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ccmm_bot.dialogue.xlsform.expressions import fields_of
from ccmm_bot.dialogue.xlsform.read import Line, Remark


def circles(survey: Sequence[Line]) -> Iterator[Remark]:
    """One remark for every circle that a walk from question to question closes; a group's condition is that of all in it."""
    needs, lines = _needs(survey)
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        path = [start]
        waiting = [iter(sorted(needs[start]))]
        while waiting:  # depth first, by hand: a long form is deeper than Python calls may be
            following = next(waiting[-1], None)
            if following is None:
                waiting.pop()
                done.add(path.pop())
            elif following in path:
                circle = " → ".join([*path[path.index(following) :], following])
                yield Remark(lines[following].at("relevant"), f"the conditions go in a circle: {circle}")
            elif following in needs and following not in done:
                waiting.append(iter(sorted(needs[following])))
                path.append(following)


def _needs(survey: Sequence[Line]) -> tuple[Mapping[str, set[str]], Mapping[str, Line]]:
    """Question → the questions its condition reads; and where each stands."""
    needs: dict[str, set[str]] = {}
    lines: dict[str, Line] = {}
    around: list[set[str]] = []
    for line in survey:
        word = " ".join(line.get("type").split()).casefold().replace("_", " ")
        own = set(fields_of(line.get("relevant")))
        if word.startswith("end ") and around:
            around.pop()
        elif word.startswith("begin "):
            around.append(own)
        elif name := line.get("name"):
            lines.setdefault(name, line)
            needs.setdefault(name, set()).update(own, *around)
    return needs, lines
