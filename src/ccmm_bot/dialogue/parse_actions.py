"""Effects as authors write them: a list of one-key mappings."""

from __future__ import annotations

from typing import Final

from ruamel.yaml.nodes import Node

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import did_you_mean
from ccmm_bot.dialogue.model import (
    Action,
    CallHuman,
    FallSilent,
    OptIn,
    OptOut,
    RaiseFlag,
    SetConsent,
    SetFact,
    SetFollowUp,
    SetLanguage,
    Severity,
)
from ccmm_bot.dialogue.parse_sheet import Sheet

ACTIONS: Final = ("flag", "consent", "language", "set", "opt_out", "opt_in", "human", "follow_up", "quiet")
#: What a person can agree to; each is asked for and kept apart from the others.
CONSENTS: Final = ("service", "research", "contact")
FOLLOW_UP: Final = ("in_progress", "answered", "partly_answered", "declined", "unreachable", "missed")


def read_actions(sheet: Sheet, node: Node) -> tuple[Action, ...]:
    """The effects at ``node``, in the author's order."""
    return sheet.items(node, "effects", lambda part: _action(sheet, part))


def _action(sheet: Sheet, node: Node) -> Action | None:
    entries = sheet.entries(node, "an effect")
    if entries is None:
        return None
    if len(entries) != 1:
        sheet.report(rules.ONE_OF, node, f"an effect has {len(entries)} keys", "Write each effect as a list element of its own.")
        return None
    name, key, value = entries[0]
    mark = sheet.mark(key)
    fields: dict[str, Node] | None
    match name:
        case "flag":
            return _flag(sheet, value)
        case "consent":
            fields = sheet.fields(value, "consent", ("kind", "given")) or {}
            kind = sheet.one_of(fields["kind"], "kind", CONSENTS) if "kind" in fields else None
            given = sheet.boolean(fields["given"], "given") if "given" in fields else None
            return None if kind is None or given is None else SetConsent(kind=kind, given=given, mark=mark)
        case "language":
            fields = sheet.fields(value, "language", ("from",)) or {}
            item = sheet.name(fields["from"], "from") if "from" in fields else None
            return None if item is None else SetLanguage(item=item, mark=mark)
        case "set":
            return _set(sheet, value)
        case "opt_out" | "opt_in":
            if sheet.fields(value, name, ()) is None:
                return None
            return OptOut(mark=mark) if name == "opt_out" else OptIn(mark=mark)
        case "quiet":
            return None if sheet.fields(value, name, ()) is None else FallSilent(mark=mark)
        case "human":
            fields = sheet.fields(value, "human", (), ("reason",))
            if fields is None:
                return None
            reason = sheet.name(fields["reason"], "reason") if "reason" in fields else "asked"
            return None if reason is None else CallHuman(reason=reason, mark=mark)
        case "follow_up":
            fields = sheet.fields(value, "follow_up", ("status",)) or {}
            status = sheet.one_of(fields["status"], "status", FOLLOW_UP) if "status" in fields else None
            return None if status is None else SetFollowUp(status=status, mark=mark)
        case _:
            sheet.report(rules.UNKNOWN_KEY, key, f'there is no effect "{name}"', did_you_mean(name, ACTIONS))
            return None


def _flag(sheet: Sheet, node: Node) -> RaiseFlag | None:
    fields = sheet.fields(node, "flag", ("reason",), ("severity", "items"))
    if fields is None or "reason" not in fields:
        return None
    reason = sheet.name(fields["reason"], "reason")
    severity = "normal"
    if "severity" in fields:
        severity = sheet.one_of(fields["severity"], "severity", [one.value for one in Severity]) or "normal"
    items = sheet.items(fields["items"], "items", lambda part: sheet.name(part, "an item")) if "items" in fields else ()
    return None if reason is None else RaiseFlag(reason=reason, severity=Severity(severity), items=items, mark=sheet.mark(node))


def _set(sheet: Sheet, node: Node) -> SetFact | None:
    entries = sheet.entries(node, "set")
    if entries is None:
        return None
    if len(entries) != 1:
        sheet.report(rules.ONE_OF, node, f"set names {len(entries)} facts", "Write - set: {fact: value} once for each fact.")
        return None
    _, key, value_node = entries[0]
    name = sheet.name(key, "a fact")
    value = sheet.scalar(value_node, f'the fact "{name}"')
    return None if name is None or value is None else SetFact(name=name, value=value, mark=sheet.mark(key))
