"""The rules a file keeps before it can be understood at all: its form. What it means is the business of :mod:`verify`."""

from __future__ import annotations

from typing import Final

from ccmm_bot.dialogue.findings import Rule

_ALL: list[Rule] = []


def _rule(code: str, title: str, why: str, fix: str) -> Rule:
    rule = Rule(code=code, title=title, why=why, fix=fix)
    _ALL.append(rule)
    return rule


# --- D0xx: the file ----------------------------------------------------------------------------------------------------

UNREADABLE = _rule(
    "D001",
    "The file can be read",
    "A folder or file that cannot be opened holds no dialogue.",
    "Check the path and the permissions.",
)
NOT_UTF8 = _rule(
    "D002",
    "The file is UTF-8",
    "Any other encoding garbles names and letters.",
    'Save the file as "UTF-8" in the editor.',
)
TOO_BIG = _rule(
    "D003",
    "The file is at most 512 KiB",
    "No dialogue a person can answer is that long; something else was saved under this name.",
    "Split it into several dialogues, or save the right file.",
)
NOT_YAML = _rule(
    "D004",
    "The file is YAML 1.2",
    "What cannot be read cannot be checked.",
    "Indent with spaces, close every quote and bracket, and quote texts that hold a colon or begin with a special character.",
)
DUPLICATE_KEY = _rule(
    "D005",
    "A key stands once in its mapping",
    "Of two states with one name, YAML would silently keep the last.",
    "Rename or remove one of the two.",
)
NOT_PLAIN_YAML = _rule(
    "D006",
    "No anchors, aliases, tags or directives",
    "A dialogue reads from top to bottom; what is shared goes into options.yaml.",
    "Write the value out, or make it a set in options.yaml.",
)
NOT_ONE_DOCUMENT = _rule(
    "D007",
    "The file holds exactly one document",
    "An empty file, or several documents in one, is a slip of the hand.",
    "Keep one dialogue in one file.",
)
TOO_DEEP = _rule(
    "D008",
    "At most 32 levels of nesting",
    "Nobody can review a guard that deep.",
    "Split the guard over several states.",
)
WRONG_FILE_NAME = _rule(
    "D009",
    "A dialogue's id is the name of its file",
    "Otherwise nobody finds the file a finding or a stored answer speaks of.",
    "Rename the file or the dialogue.",
)

# --- D1xx: the form ----------------------------------------------------------------------------------------------------

UNKNOWN_KEY = _rule(
    "D101",
    "Only keys of the dialogue language",
    "A misspelt key would be ignored, and with it what the author wanted.",
    "Correct or remove the key.",
)
MISSING_KEY = _rule("D102", "Every key that is needed is there", "Without it nobody knows what to do.", "Add the key.")
WRONG_KIND = _rule(
    "D103",
    "Every value is of the kind its key takes",
    "A list where a text belongs has no one meaning.",
    "Write a value of the kind named.",
)
BAD_NAME = _rule(
    "D104",
    "Names are small letters, digits and underscores, at most 48",
    "Names travel in buttons, exports and catalogues, where nothing else survives everywhere.",
    "Write a name like need_domain.",
)
BAD_VALUE = _rule(
    "D105",
    "A value is one of those its key knows",
    "Anything else would do nothing.",
    "Choose one of the values named.",
)
BAD_DURATION = _rule(
    "D106",
    "Durations are ISO 8601 in weeks, days, hours, minutes",
    "Months and years have no fixed length; time-outs are counted exactly.",
    "Write P7D for seven days, PT4H for four hours, P1DT12H for a day and a half.",
)
ONE_OF = _rule(
    "D107",
    "One thing at a time",
    "A state that asks and ends at once, or a question of two types, means two things.",
    "Keep one and move the other to a state of its own.",
)
UNKNOWN_SET = _rule(
    "D108",
    "A named option set is in options.yaml",
    "There would be nothing to choose from.",
    "Add the set to options.yaml, or write the options here.",
)
BAD_TEXT = _rule(
    "D109",
    "A text is not empty",
    "An empty message reaches a person as nothing, or not at all.",
    "Write the text, or remove the key.",
)
BAD_BRACES = _rule(
    "D110",
    "Braces in a text hold the name of a slot",
    "A brace left open is shown to the person as it stands.",
    "Write {service_name}, with a name from slots in program.yaml, and no other braces.",
)
BAD_GUARD = _rule(
    "D111",
    "A guard is item: {operator: value}, or all, any, not, at_least of guards",
    "A guard nobody can read decides where a person goes.",
    "Write when: {item: {eq: value}}.",
)
BAD_RANGE = _rule(
    "D112",
    "Numbers and times fit together",
    "An upper bound under the lower one, or a reminder after the time-out, can never come true.",
    "Correct the bounds.",
)
NOT_HERE = _rule(
    "D113",
    "A key stands only where it means something",
    "Options on a question for a date would be ignored.",
    "Remove the key, or change the type of the question.",
)
RESERVED_NAME = _rule(
    "D114",
    "Names of the language itself are not used for other things",
    "An item named all could not be told from the guard all.",
    "Choose another name.",
)

FORM: Final = tuple(_ALL)
