"""States as authors write them."""

from __future__ import annotations

from typing import Final

from ruamel.yaml.nodes import Node, ScalarNode, SequenceNode

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.model import Directory, Outcome, Report, State, Text, Transition, Visits
from ccmm_bot.dialogue.parse_actions import read_actions
from ccmm_bot.dialogue.parse_guards import read_guard
from ccmm_bot.dialogue.parse_items import Frame, read_ask
from ccmm_bot.dialogue.parse_sheet import Sheet
from ccmm_bot.dialogue.parse_text import read_text

_KEYS: Final = ("effects", "say", "show", "ask", "call", "goto", "end", "next", "on_timeout", "visits")
#: What a person can be shown of what is stored.
REPORTS: Final = ("my_answers",)
_LEADS: Final = ("ask", "call", "goto", "end")


def read_state(sheet: Sheet, name: str, key: ScalarNode, node: Node, frame: Frame) -> State | None:
    """The state ``name``; what does not fit has been reported."""
    fields = sheet.fields(node, f'the state "{name}"', (), _KEYS)
    if fields is None:
        return None
    leads = [lead for lead in _LEADS if lead in fields]
    for lead in leads[1:]:
        sheet.report(rules.ONE_OF, fields[lead], f'the state "{name}" has both "{leads[0]}" and "{lead}"', "Make two states of it.")
    last = leads[0] if leads else None
    if last in ("goto", "end"):
        for needless in ("next", "on_timeout"):
            if needless in fields:
                sheet.report(rules.NOT_HERE, fields[needless], f'after "{last}" nothing follows, so "{needless}" is never used')
    elif "next" not in fields and len(leads) < 2:
        sheet.report(rules.MISSING_KEY, key, f'the state "{name}" leads nowhere', "Add next: state, or end: completed.")
    if "on_timeout" in fields and last != "ask":
        sheet.report(rules.NOT_HERE, fields["on_timeout"], "only a question can time out", "Remove on_timeout.")
    late = frame.defaults.on_timeout if last == "ask" else None
    directory, report = _show(sheet, fields["show"]) if "show" in fields else (None, None)
    end = sheet.one_of(fields["end"], "end", [one.value for one in Outcome]) if "end" in fields else None
    return State(
        name=name,
        actions=read_actions(sheet, fields["effects"]) if "effects" in fields else (),
        say=_say(sheet, fields["say"], f"{frame.dialogue}.{name}.say") if "say" in fields else (),
        show=directory,
        report=report,
        ask=read_ask(sheet, fields["ask"], frame, name) if "ask" in fields else None,
        call=sheet.name(fields["call"], "call") if "call" in fields else None,
        goto=sheet.name(fields["goto"], "goto") if "goto" in fields else None,
        end=Outcome(end) if end is not None else None,
        next=_next(sheet, fields["next"]) if "next" in fields else (),
        on_timeout=_transition(sheet, fields["on_timeout"], guarded=False) if "on_timeout" in fields else late,
        visits=_visits(sheet, fields["visits"]) if "visits" in fields else None,
        mark=sheet.mark(key),
    )


def _say(sheet: Sheet, node: Node, key: str) -> tuple[Text, ...]:
    if not isinstance(node, SequenceNode):
        text = read_text(sheet, node, key, "say")
        return () if text is None else (text,)
    if not node.value:
        sheet.report(rules.BAD_TEXT, node, "say is an empty list")
    texts = [read_text(sheet, part, f"{key}.{number}", "say") for number, part in enumerate(node.value)]
    return tuple(text for text in texts if text is not None)


def _show(sheet: Sheet, node: Node) -> tuple[Directory | None, Report | None]:
    entries = sheet.entries(node, "show") or []
    if any(name == "report" for name, _, _ in entries):
        return None, _report(sheet, node)
    fields = sheet.fields(node, "show", ("directory",), ("where",)) or {}
    if "directory" not in fields:
        return None, None
    name = sheet.name(fields["directory"], "directory")
    where = sheet.name(fields["where"], "where") if "where" in fields else None
    return (None if name is None else Directory(name=name, where=where, mark=sheet.mark(node))), None


def _report(sheet: Sheet, node: Node) -> Report | None:
    fields = sheet.fields(node, "show", ("report",), ("answers",)) or {}
    name = sheet.one_of(fields["report"], "report", REPORTS) if "report" in fields else None
    answers = bool(sheet.boolean(fields["answers"], "answers")) if "answers" in fields else False
    return None if name is None else Report(name=name, answers=answers, mark=sheet.mark(node))


def _visits(sheet: Sheet, node: Node) -> Visits | None:
    fields = sheet.fields(node, "visits", ("at_most", "then")) or {}
    if "at_most" not in fields or "then" not in fields:
        return None
    at_most = sheet.integer(fields["at_most"], "at_most", least=1)
    then = sheet.name(fields["then"], "then")
    return None if at_most is None or then is None else Visits(at_most=at_most, then=then, mark=sheet.mark(node))


def _next(sheet: Sheet, node: Node) -> tuple[Transition, ...]:
    if isinstance(node, ScalarNode):
        target = sheet.name(node, "next")
        return () if target is None else (Transition(target=target, mark=sheet.mark(node)),)
    if isinstance(node, SequenceNode) and not node.value:
        sheet.report(rules.MISSING_KEY, node, "next is an empty list", "Name at least one state.")
    return sheet.items(node, "next", lambda part: _transition(sheet, part, guarded=True))


def _transition(sheet: Sheet, node: Node, *, guarded: bool) -> Transition | None:
    if isinstance(node, ScalarNode):
        target = sheet.name(node, "a target")
        return None if target is None else Transition(target=target, mark=sheet.mark(node))
    what, optional = ("a transition", ("when", "effects")) if guarded else ("on_timeout", ("effects",))
    fields = sheet.fields(node, what, ("target",), optional)
    if fields is None or "target" not in fields:
        return None
    target = sheet.name(fields["target"], "target")
    when = read_guard(sheet, fields["when"]) if "when" in fields else None
    actions = read_actions(sheet, fields["effects"]) if "effects" in fields else ()
    return None if target is None else Transition(target=target, when=when, actions=actions, mark=sheet.mark(node))
