"""Writes the pages of ``docs/`` that are made from the code: the command line, the languages, the dialogues and how
long they take to read; and in the README the languages and the number of catalogues.

``python scripts/write_docs.py`` writes them (``make docs``). A test compares what is committed with what this would write.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from ccmm_bot.cli import app
from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.cli.reading_time import WORDS_A_MINUTE, lengths
from ccmm_bot.dialogue.diagram import mermaid
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.i18n import maintenance
from ccmm_bot.i18n.crisis_words import crisis_words
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language

ROOT = Path(__file__).resolve().parents[1]
GENERATED = "<!-- Written by `make docs`. -->\n\n"
IN_README = ("<!-- languages: written by `make docs` -->\n", "<!-- end of languages -->\n")

_REVIEW = {
    "": "no texts yet",
    "machine-draft": "draft, not yet read by a speaker",
    "reviewed": "read and corrected by a speaker",
}


def command_line() -> str:
    """Every command, argument and option of ``ccmm-bot``."""
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup), "there is more than one command"
    context = typer.Context(command, info_name="ccmm-bot")
    return GENERATED + "# The command line\n\n" + "\n".join(_command(command, context)) + "\n"


def _command(command: TyperCommand | TyperGroup, context: typer.Context) -> Iterator[str]:
    depth = 2 if context.parent is None else 3 if isinstance(command, TyperGroup) else 4
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    yield from (
        f"{'#' * depth} {context.command_path}",
        "",
        (command.help or "").strip(),
        "",
        "```console",
        f"$ {usage}",
        "```",
        "",
    )
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    described = [(name, text) for name, text in records if name != "--help"]
    if described:
        yield from ("| | |", "|---|---|")
        yield from (f"| `{_cell(name)}` | {_cell(text)} |" for name, text in described)
        yield ""
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if isinstance(child, (TyperCommand, TyperGroup)) and not child.hidden:
                yield from _command(child, typer.Context(child, info_name=name, parent=context))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def languages() -> str:
    """The languages table: how far each is, and who has read it."""
    progress = _progress()
    lines = [
        "# Languages",
        "",
        "A dialogue offers a language only when all of its texts are there; otherwise the whole message is shown in English.",
        "*Texts* counts what is translated of all dialogues and of what the service itself says. *Read by* says whether somebody",
        "who speaks the language has read and corrected them. **A draft is to be read by a speaker before people depend on it.**",
        "",
        "| tag | language | | written | texts | read by |",
        "|---|---|---|---|---:|---|",
    ]
    lines += [_language_row(entry, progress.get(entry.tag, [])) for entry in LANGUAGES]
    return GENERATED + "\n".join(lines) + "\n"


def _progress() -> dict[str, list[maintenance.Progress]]:
    folders = maintenance.Folders(dialogues=ROOT / "dialogues", locales=ROOT / "locales")
    progress: dict[str, list[maintenance.Progress]] = {}
    for row in maintenance.status(folders):
        progress.setdefault(row.tag, []).append(row)
    return progress


def readme() -> str:
    """The README, with the languages that are complete and the catalogues that setting up compiles as they are now."""
    text = (ROOT / "README.md").read_text("utf-8")
    progress = _progress()
    waiting = [entry for entry in LANGUAGES if any(row.missing for row in progress.get(entry.tag, []))]
    rows = ["| | | read by a speaker |", "|---|---|---|", "| English | English | the source |"]
    for entry in LANGUAGES:
        if entry.tag != SOURCE and entry not in waiting:
            review = "; ".join(dict.fromkeys(_REVIEW.get(row.review, row.review) for row in progress[entry.tag]))
            rows.append(f"| {entry.autonym} | {entry.english_name} | {review} |")
    if waiting:
        names = ", ".join(entry.english_name for entry in waiting)
        rows += ["", f"Prepared (what people type is read, words of crisis are heard), without texts yet: {names}."]
    before, after = text.split(IN_README[0])[0], text.split(IN_README[1])[1]
    there = len(list(ROOT.glob("locales/*/LC_MESSAGES/*.po")))
    written = "\n".join([before.rstrip("\n"), "", IN_README[0] + "\n" + "\n".join(rows), "", IN_README[1]]) + after
    return re.sub(r"^\d+ catalogues compiled$", f"{there} catalogues compiled", written, flags=re.MULTILINE)


def _language_row(entry: Language, rows: list[maintenance.Progress]) -> str:
    written = f"{entry.script.value}, {'right to left' if entry.direction == 'rtl' else 'left to right'}"
    if entry.tag == SOURCE:
        texts, review = "source", "written in this language"
    else:
        done, wanted = sum(row.translated for row in rows), sum(row.translated + row.missing for row in rows)
        texts = f"{done} of {wanted}"
        review = "; ".join(dict.fromkeys(_REVIEW.get(row.review, row.review) for row in rows))
    return f"| `{entry.tag}` | {entry.english_name} | {entry.autonym} | {written} | {texts} | {review} |"


def diagrams() -> str:
    """Every dialogue as a state machine."""
    loaded = load_program(ROOT / "dialogues")
    lines = [
        "# Diagrams",
        "",
        "The state machine of every dialogue. Thick borders are gates: questions of consent, identity or safety. Dashed arrows are",
        "time-outs. What every state inherits (stop, help, a human, menu, language, back, skip) is not drawn. `ccmm-bot dialogue",
        "graph` draws one of them as SVG.",
    ]
    for name, dialogue in sorted(loaded.dialogues.items()):
        lines += ["", f"## {name}", "", "```mermaid", mermaid(dialogue).rstrip(), "```"]
    return GENERATED + "\n".join(lines) + "\n"


def reading() -> str:
    """How long each dialogue takes to read, and what it costs by SMS."""
    found = lengths(open_workbench(ROOT / "dialogues", ROOT / "locales"))
    tags = [entry.tag for entry in LANGUAGES if any(entry.tag in by_language for by_language in found.values())]
    lines = [
        "# Reading time",
        "",
        "The longest way through each dialogue: minutes of reading, and SMS segments sent. Dialogues that it calls are counted on",
        f"their own. Minutes are those of a slow reader, {WORDS_A_MINUTE} words a minute: the lower end of the 45 to 60 words a",
        "minute below which a text can hardly be followed any more (H. Abadzi, *Reading Fluency Measurements in EFA FTI Partner",
        "Countries*, GPE Working Paper 1, 2011); practised adults read about 238 (M. Brysbaert, *Journal of Memory and",
        "Language* 109, 2019). This is an assumption, not a measurement of our clients. A segment is 153 letters of the GSM",
        "alphabet or 67 of any other (3GPP TS 23.038). A dash: the dialogue is not whole in the language.",
        "",
        "| dialogue | " + " | ".join(f"`{tag}`" for tag in tags) + " |",
        "|---|" + "---:|" * len(tags),
    ]
    for name, by_language in found.items():
        cells = [f"{by_language[tag].minutes:.1f} min, {by_language[tag].segments}" if tag in by_language else "–" for tag in tags]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return GENERATED + "\n".join(lines) + "\n"


def crisis() -> str:
    """How well words of crisis are found, language by language, on the phrases of the tests."""
    lines = [
        "# Words of crisis: what is found",
        "",
        "Every text a person writes is looked at for words of suicide, self-harm, violence, a child in danger and immediate",
        "danger, in all languages at once ([flags.md](flags.md)). *Recall* is the part of the phrases of somebody in a crisis that",
        "are found, *false alarms* the part of other phrases that are taken for one. The phrases are in `tests/i18n/crisis/`; both",
        "columns are asserted by tests.",
        "",
        "Read these numbers with care. Phrases and lists were written by the same hands, and the lists were corrected on these",
        "very phrases: before that, recall was between 79 and 97 % and false alarms between 0 and 7 %. No native speaker has read",
        "them yet. Each language keeps a phrase that is expected to be missed: despair in a picture is beyond lists. **What is not",
        "found is not lost**: the message stays on the staff pages as any other.",
        "",
        "| tag | language | phrases of crisis | recall | other phrases | false alarms | missed | taken for a crisis |",
        "|---|---|---:|---:|---:|---:|---|---|",
    ]
    return GENERATED + "\n".join([*lines, *(_crisis_row(entry) for entry in LANGUAGES)]) + "\n"


def _crisis_row(entry: Language) -> str:
    data = tomllib.loads((ROOT / "tests" / "i18n" / "crisis" / f"{entry.tag}.toml").read_text("utf-8"))
    positive, negative = data["positive"], data["negative"]
    missed = [text for text in positive if crisis_words().find(text) is None]
    wrong = [text for text in negative if crisis_words().find(text) is not None]
    recall, alarms = 1 - len(missed) / len(positive), len(wrong) / len(negative)
    rates = f"{len(positive)} | {recall:.0%} | {len(negative)} | {alarms:.0%}"
    return f"| `{entry.tag}` | {entry.english_name} | {rates} | {'; '.join(missed)} | {'; '.join(wrong)} |"


def pages() -> dict[Path, str]:
    """Path → content of every generated page."""
    return {
        ROOT / "README.md": readme(),
        ROOT / "docs" / "cli.md": command_line(),
        ROOT / "docs" / "languages.md": languages(),
        ROOT / "docs" / "diagrams.md": diagrams(),
        ROOT / "docs" / "crisis-words.md": crisis(),
        ROOT / "docs" / "reading.md": reading(),
    }


if __name__ == "__main__":
    for path, content in pages().items():
        path.write_text(content, encoding="utf-8")
        print(path.relative_to(ROOT))
