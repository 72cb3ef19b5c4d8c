"""Writes the pages of ``docs/`` that are made from the code: the command line, the languages, the dialogues and how
long they take to read; and in the README the languages and the number of catalogues.

``python scripts/write_docs.py`` writes them (``make docs``). A test compares what is committed with what this would write.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from ccmm_bot.cli import app
from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.cli.reading_time import PRACTISED, SECONDS_AN_ANSWER, SLOW, Length, lengths
from ccmm_bot.dialogue.diagram import mermaid
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.i18n import maintenance
from ccmm_bot.i18n.crisis_words import crisis_words
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language
from ccmm_bot.web.access_page import access_page

ROOT = Path(__file__).resolve().parents[1]
GENERATED = "<!-- Written by `make docs`. -->\n\n"
IN_README = ("<!-- languages: written by `make docs` -->\n", "<!-- end of languages -->\n")

#: The client surveys, which are to be answered in under five minutes.
SURVEYS = ("entry_survey", "exit_survey", "follow_up_3_month")
MINUTES = 5.0

_REVIEW = {
    "": "no texts yet",
    "machine-draft": "draft, not yet read by a speaker",
    "published": "taken over from a published form, not yet read by a speaker",
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
    """How long each dialogue takes to read and answer, and what it costs by SMS."""
    workbench = open_workbench(ROOT / "dialogues", ROOT / "locales")
    found = lengths(workbench)
    tags = [entry.tag for entry in LANGUAGES if any(entry.tag in by_language for by_language in found.values())]
    surveys = {name: found[name] for name in SURVEYS}
    lines = [
        "# Reading time",
        "",
        "How many minutes each dialogue takes, computed from the texts as they are sent by SMS. These are assumptions, not",
        "measurements of our clients; how long people really take is to be measured when they answer.",
        "",
        "- The **usual way** asks every question and says nothing more; the **longest way** brings every help text that answers",
        "  can bring (a person who has no home, no food, no money and is ill). Dialogues that it calls are counted on their own:",
        "  before the first survey a person is asked once for an age (`age`).",
        "- A list of options is read in full the first time. Where it comes again unchanged it is recognised: of it only the",
        "  longest label is counted, as the one that is chosen, and hints no more.",
        f"- A **slow** reader reads {SLOW} words a minute: the lower end of the 45 to 60 words a minute below which a text can",
        "  hardly be followed any more (H. Abadzi, *Reading Fluency Measurements in EFA FTI Partner Countries*, GPE Working",
        f"  Paper 1, 2011). A **practised** one reads {PRACTISED}: the mean of 436 adults who read aloud in 17 languages",
        "  (S. Trauzettel-Klosinski, K. Dietz, *Investigative Ophthalmology & Visual Science* 53(9), 2012). Silently, practised",
        "  adults read about 238 (M. Brysbaert, *Journal of Memory and Language* 109, 2019).",
        f"- An answer takes {SECONDS_AN_ANSWER:.2f} seconds: one mental preparation and two keys at the rate of somebody",
        "  unfamiliar with a keyboard (S. Card, T. Moran, A. Newell, *Communications of the ACM* 23(7), 1980). Thinking about",
        "  an answer for longer than that is not counted, nor is waiting for the next message.",
        "",
        "## Is a survey answered in five minutes?",
        "",
        *_verdict(surveys),
        "",
        "Nobody is held to it: a survey waits for two weeks, stops and goes on at any question, and any question can be skipped.",
        "",
    ]
    for name, by_language in surveys.items():
        lines += _survey(name, by_language, tags)
    lines += [
        "## Every dialogue",
        "",
        "Minutes of a slow reader, the usual way and the longest, and the SMS segments of the longest. A segment is 153 letters of",
        "the GSM alphabet or 67 of any other (3GPP TS 23.038). A dash: the dialogue is not whole in the language.",
        "",
        "| dialogue | " + " | ".join(f"`{tag}`" for tag in tags) + " |",
        "|---|" + "---:|" * len(tags),
    ]
    for name, by_language in found.items():
        cells = [_cell_of_length(by_language[tag]) if tag in by_language else "–" for tag in tags]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return GENERATED + "\n".join(lines) + "\n"


def _cell_of_length(length: Length) -> str:
    usual, longest = (f"{way.minutes(SLOW):.1f}" for way in (length.usual, length.longest))
    return f"{usual if usual == longest else f'{usual}–{longest}'} min, {length.longest.segments}"


def _verdict(surveys: dict[str, dict[str, Length]]) -> Iterator[str]:
    """Who is done in five minutes, and who is not, said from the numbers."""
    every = [length for by_language in surveys.values() for length in by_language.values()]
    slow = [length.usual.minutes(SLOW) for length in every]
    slow_longest = [length.longest.minutes(SLOW) for length in every]
    practised = max(length.longest.minutes(PRACTISED) for length in every)
    needed = math.ceil(max(length.usual.rate_for(MINUTES) for length in every))
    needed_longest = math.ceil(max(length.longest.rate_for(MINUTES) for length in every))
    done = sum(minutes <= MINUTES for minutes in slow)
    yield (
        f"Of the three client surveys in {len(next(iter(surveys.values())))} languages: a practised reader is done in"
        f" {practised:.1f} minutes even on the longest way. Who"
    )
    yield (
        f"reads {needed} words a minute is done in five on the usual way, who reads {needed_longest} also on the longest. **A slow"
        f" reader ({SLOW} words a minute)"
    )
    yield (
        f"is done in five minutes in {done} of {len(slow)} cases**; it takes {min(slow):.1f} to {max(slow):.1f} minutes the usual"
        f" way and up to {max(slow_longest):.1f} the longest."
    )


def _survey(name: str, by_language: dict[str, Length], tags: list[str]) -> Iterator[str]:
    yield from (
        f"### {name}",
        "",
        "*Five minutes at*: the words a minute somebody has to read to be done in five on the usual way.",
        "",
        "| language | questions | words | usual way: slow | practised | longest way: slow | practised | five minutes at |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    )
    for tag in tags:
        if (length := by_language.get(tag)) is None:
            continue
        usual, longest = length.usual, length.longest
        minutes = [f"{way.minutes(rate):.1f} min" for way in (usual, longest) for rate in (SLOW, PRACTISED)]
        cells = [f"`{tag}`", str(usual.questions), str(usual.words), *minutes, str(math.ceil(usual.rate_for(MINUTES)))]
        yield "| " + " | ".join(cells) + " |"
    yield ""


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
        ROOT / "docs" / "access.md": GENERATED + access_page(),
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
