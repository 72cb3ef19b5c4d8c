"""A JSON Schema (2020-12) of the dialogue language, so that editors complete and underline while an author types.

It describes the form of one dialogue; ``program.yaml`` and ``options.yaml`` have schemas of their own below it. What it cannot
say (that targets exist, that paths end) is what ``ccmm-bot dialogue check`` proves.
"""

from __future__ import annotations

from typing import Any, Final

from ccmm_bot.dialogue.instrument import Better
from ccmm_bot.dialogue.model import Gate, Operator, Outcome, Severity
from ccmm_bot.dialogue.parse_actions import CONSENTS, FOLLOW_UP
from ccmm_bot.dialogue.parse_instrument import REQUIRED
from ccmm_bot.dialogue.parse_items import TAKES, TYPES
from ccmm_bot.dialogue.parse_program import CALLED, MAY_BE_CALLED
from ccmm_bot.dialogue.parse_states import REPORTS

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NAME: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_]{0,47}$"}
_KEY: Final = "^[a-z0-9][a-z0-9_]{0,47}$"
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "pattern": r"^([^{}]|\{[a-z][a-z0-9_]*\})+$"}
_WORDS: Final[Schema] = {
    "oneOf": [
        _TEXT,
        {"type": "object", "properties": {"shared": _NAME}, "required": ["shared"], "additionalProperties": False},
    ],
    "description": "a text, or {shared: name} of one of options.yaml",
}
_DURATION: Final[Schema] = {
    "type": "string",
    "pattern": r"^P(?=.)(\d{1,3}W)?(\d{1,4}D)?(T(?=\d)(\d{1,4}H)?(\d{1,5}M)?)?$",
    "description": "ISO 8601: P7D, PT4H, P1DT12H",
}
_SCALAR: Final[Schema] = {"type": ["string", "integer", "boolean"]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False, **more}


def _questions() -> list[Schema]:
    """One type each, with the keys that type takes."""
    out: list[Schema] = []
    for key, kind in TYPES.items():
        takes = TAKES.get(kind, ())
        refused = [one for one in (*TYPES, "options", "min", "max", "labels") if one != key and one not in takes]
        out.append({"required": [key, *(["options"] if "options" in takes else [])], "properties": dict.fromkeys(refused, False)})
    return out


def _comparison() -> Schema:
    special: Schema = {
        Operator.IN.value: {"type": "array", "items": _SCALAR, "minItems": 1},
        Operator.EMPTY.value: {"type": "boolean"},
        Operator.ANSWERED.value: {"type": "boolean"},
    }
    return _object({op.value: special.get(op.value, _SCALAR) for op in Operator}, minProperties=1)


def _guard() -> Schema:
    some = {"type": "array", "items": _ref("guard"), "minItems": 1}
    return {
        "type": "object",
        "minProperties": 1,
        "description": "item: {operator: value}, or all, any, not, at_least of guards",
        "properties": {
            "all": some,
            "any": some,
            "not": _ref("guard"),
            "at_least": _object({"n": {"type": "integer", "minimum": 1}, "of": some}, ("n", "of")),
        },
        "patternProperties": {r"^(?!(all|any|not|at_least)$)(fact\.)?[a-z0-9][a-z0-9_]{0,47}$": _ref("comparison")},
        "additionalProperties": False,
    }


def _effect() -> Schema:
    effects: Schema = {
        "flag": _object(
            {
                "reason": _NAME,
                "severity": {"enum": [one.value for one in Severity]},
                "items": {"type": "array", "items": _NAME},
            },
            ("reason",),
        ),
        "consent": _object({"kind": {"enum": list(CONSENTS)}, "given": {"type": "boolean"}}, ("kind", "given")),
        "language": _object({"from": _NAME}, ("from",)),
        "set": {
            "type": "object",
            "patternProperties": {_KEY: _SCALAR},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
        "opt_out": _object({}),
        "opt_in": _object({}),
        "human": _object({"reason": _NAME}),
        "follow_up": _object({"status": {"enum": list(FOLLOW_UP)}}, ("status",)),
        "quiet": _object({}),
    }
    return _object(effects, minProperties=1, maxProperties=1)


def _options() -> Schema:
    one = {"oneOf": [_TEXT, _object({"text": _TEXT, "exclusive": {"type": "boolean"}}, ("text",))]}
    return {"type": "object", "patternProperties": {_KEY: one}, "additionalProperties": False, "minProperties": 1}


def _ask() -> Schema:
    properties: Schema = dict.fromkeys(TYPES, _NAME)
    properties |= {
        "text": _WORDS,
        "again": {**_WORDS, "description": "the shorter wording when an answer was not understood"},
        "why": {**_WORDS, "description": "why this is asked; shown when the person asks for help"},
        "options": {"oneOf": [_ref("options"), {**_NAME, "description": "a set of options.yaml, or languages"}]},
        "labels": {"oneOf": [_ref("options"), _NAME]},
        "min": {"type": "integer"},
        "max": {"type": "integer"},
        "skip": {"type": "boolean"},
        "gate": {"enum": [one.value for one in Gate]},
        "retries": {"type": "integer", "minimum": 0},
        "remind_at": {"type": "array", "items": _DURATION},
        "timeout": _DURATION,
        "segments": {"type": "integer", "minimum": 1},
        "record": {"type": "boolean"},
    }
    return _object(properties, ("text",), oneOf=_questions())


def _state() -> Schema:
    properties: Schema = {
        "effects": _ref("effects"),
        "say": {"oneOf": [_WORDS, {"type": "array", "items": _WORDS, "minItems": 1}]},
        "show": {
            "oneOf": [
                _object({"directory": _NAME, "where": _NAME}, ("directory",)),
                _object({"report": {"enum": list(REPORTS)}, "answers": {"type": "boolean"}}, ("report",)),
            ]
        },
        "ask": _ref("ask"),
        "call": _NAME,
        "goto": _NAME,
        "end": {"enum": [one.value for one in Outcome]},
        "next": {
            "oneOf": [
                _NAME,
                {"type": "array", "minItems": 1, "items": {"oneOf": [_NAME, _ref("transition")]}},
            ]
        },
        "on_timeout": {"oneOf": [_NAME, _object({"target": _NAME, "effects": _ref("effects")}, ("target",))]},
        "visits": _object({"at_most": {"type": "integer", "minimum": 1}, "then": _NAME}, ("at_most", "then")),
    }
    leads = [
        {"required": ["end"], "properties": dict.fromkeys(("ask", "call", "goto", "next", "on_timeout"), False)},
        {"required": ["goto"], "properties": dict.fromkeys(("ask", "call", "end", "next", "on_timeout"), False)},
        {"required": ["ask", "next"], "properties": dict.fromkeys(("call", "goto", "end"), False)},
        {"required": ["call", "next"], "properties": dict.fromkeys(("ask", "goto", "end", "on_timeout"), False)},
        {"required": ["next"], "properties": dict.fromkeys(("ask", "call", "goto", "end", "on_timeout"), False)},
    ]
    return _object(properties, oneOf=leads)


def dialogue_schema() -> Schema:
    """The schema of ``dialogues/<id>.yaml``."""
    defaults = _object(
        {
            "remind_at": {"type": "array", "items": _DURATION},
            "timeout": _DURATION,
            "retries": {"type": "integer", "minimum": 0},
            "skip": {"type": "boolean"},
            "segments": {"type": "integer", "minimum": 1},
            "why": _WORDS,
            "on_timeout": _NAME,
        }
    )
    root = _object(
        {
            "dialogue": _NAME,
            "version": {"type": "integer", "minimum": 1},
            "initial": _NAME,
            "states": {
                "type": "object",
                "patternProperties": {_KEY: _ref("state")},
                "additionalProperties": False,
                "minProperties": 1,
            },
            "title": _WORDS,
            "instrument": _NAME,
            "instrument_version": {"type": "integer", "minimum": 1},
            "requires": {"type": "array", "items": {"enum": list(CONSENTS)}},
            "unprompted": {"type": "boolean"},
            "progress": {"type": "boolean"},
            "defaults": defaults,
        },
        ("dialogue", "version", "initial", "states"),
    )
    definitions: Schema = {
        "state": _state(),
        "ask": _ask(),
        "options": _options(),
        "transition": _object({"when": _ref("guard"), "target": _NAME, "effects": _ref("effects")}, ("target",)),
        "effects": {"type": "array", "items": _effect()},
        "guard": _guard(),
        "comparison": _comparison(),
    }
    return {"$schema": DIALECT, "title": "A dialogue", **root, "$defs": definitions}


def program_schema() -> Schema:
    """The schema of ``dialogues/program.yaml``."""
    commands, more = [one.value for one in CALLED], [one.value for one in MAY_BE_CALLED]
    root = _object(
        {
            "program": _NAME,
            "entry": _NAME,
            "menu": _NAME,
            "consent": _NAME,
            "commands": _object(dict.fromkeys((*commands, *more), _NAME), tuple(commands)),
            "opening": _NAME,
            "facts": {
                "type": "object",
                "patternProperties": {_KEY: {"oneOf": [{"const": "any"}, {"type": "array", "items": _SCALAR}]}},
                "additionalProperties": False,
            },
            "slots": {"type": "array", "items": _NAME},
        },
        ("program", "entry", "menu", "consent", "commands"),
    )
    return {"$schema": DIALECT, "title": "The program: how its dialogues hang together", **root}


def options_schema() -> Schema:
    """The schema of ``dialogues/options.yaml``."""
    root = _object(
        {
            "sets": {"type": "object", "patternProperties": {_KEY: _ref("options")}, "additionalProperties": False},
            "texts": {"type": "object", "patternProperties": {_KEY: _TEXT}, "additionalProperties": False},
        },
        ("sets",),
    )
    return {"$schema": DIALECT, "title": "Options and texts that several dialogues share", **root, "$defs": {"options": _options()}}


def instrument_schema() -> Schema:
    """The schema of ``dialogues/instruments/<name>.yaml``."""
    keys = {"type": "array", "items": _TEXT, "minItems": 1}
    ids = {"type": "array", "items": {"oneOf": [_NAME, {"type": "integer"}]}}
    item: Schema = {
        "type": {"enum": list(TYPES)},
        "wording": {"oneOf": [_TEXT, keys], "description": "the catalogue key it is worded under: dialogue.state.text"},
        "options": {"oneOf": [_NAME, ids], "description": "a set of options.yaml, or ids"},
        "labels": {"oneOf": [_NAME, ids]},
        "min": {"type": "integer"},
        "max": {"type": "integer"},
        "better": {"enum": [one.value for one in Better]},
        "construct": _TEXT,
        "missing": {"type": "array", "items": _NAME, "description": "options that say: no answer"},
    }
    earlier = _object(
        {
            "version": {"type": "integer", "minimum": 1},
            "same": {"oneOf": [{"const": "all"}, {"type": "array", "items": _NAME}]},
            "note": _TEXT,
        },
        ("version", "same"),
    )
    named = {"type": "object", "additionalProperties": False}
    root: Schema = {
        "instrument": _NAME,
        "version": {"type": "integer", "minimum": 1},
        "title": _TEXT,
        "source": _object({"document": _TEXT, "section": _TEXT}, ("document",)),
        "items": {**named, "patternProperties": {_KEY: _object(item, ("type", "wording"))}, "minProperties": 1},
        "construct": _TEXT,
        "not_asked": {**named, "patternProperties": {_KEY: _TEXT}},
        "earlier": {"type": "array", "items": earlier},
    }
    return {"$schema": DIALECT, "title": "An instrument", **_object(root, REQUIRED)}
