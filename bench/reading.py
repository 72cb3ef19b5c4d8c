"""What it costs to read what people type: an answer, a look for words of crisis, and checking every dialogue in every language.

Beside each figure stands the least that could be done with the same text: making it lower case, once.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator

from _table import Plan, Row, loaded

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.model import Item, ItemType
from ccmm_bot.dialogue.reading import Question
from ccmm_bot.dialogue.verify import verify
from ccmm_bot.dialogue.verify.walk import walk
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.crisis_words import crisis_words
from ccmm_bot.i18n.reading import TypedReader

ROUNDS = 7
TIMES = 400
ANSWERS = (("نعم", "ar"), ("3", "ti"), ("work", "en"), ("ስራሕ", "ti"), ("да", "uk"), ("haa", "so"))
MESSAGES = (
    "Good morning, I have a question about my appointment on Tuesday and the papers for the school.",
    "صباح الخير، عندي سؤال عن موعدي يوم الثلاثاء وعن أوراق المدرسة.",
    "ደሓንዶ ሓዲርኩም፡ ብዛዕባ ቆጸራይ ሕቶ ኣለኒ።",
)


def measure(work: Callable[[], object], each: int) -> list[float]:
    """Microseconds for one of ``each``, by round."""
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(TIMES):
            work()
        found.append((time.perf_counter() - begun) / (TIMES * each) * 1e6)
    return found


def rows(_plan: Plan) -> Iterator[Row]:
    """Reading, and checking."""
    reader, crisis = TypedReader(Catalogues({})), crisis_words()
    choices = (Choice(id="work", label="work"), Choice(id="home", label="home"), Choice(id="school", label="school"))
    questions = (
        Question(item=Item(name="x", type=ItemType.YES_NO)),
        Question(item=Item(name="y", type=ItemType.SELECT_ONE), choices=choices),
    )
    pairs = [(text, tag, question) for text, tag in ANSWERS for question in questions]
    with loaded() as found:
        found += [
            Row(
                name="reading a typed answer; its floor: the text in lower case",
                unit="µs",
                values=measure(lambda: [reader.read(text, question, tag) for text, tag, question in pairs], len(pairs)),
                floors=measure(lambda: [text.lower() for text, _tag, _question in pairs], len(pairs)),
            ),
            Row(
                name="looking for words of crisis; its floor: the text in lower case",
                unit="µs",
                values=measure(lambda: [crisis.find(text) for text in MESSAGES], len(MESSAGES)),
                floors=measure(lambda: [text.lower() for text in MESSAGES], len(MESSAGES)),
            ),
        ]
        begun = time.perf_counter()
        bench = open_workbench(None, None)
        opened = time.perf_counter() - begun
        scope = bench.scope(())
        scope = dataclasses.replace(scope, examined=tuple(scope.dialogues.values()))
        verify(bench.scope(()))
        walked = walk(scope, bench.choices, bench.reader)
        took = time.perf_counter() - begun
        name = f"dialogue check, {walked.languages} languages, {walked.walks:,} walks; its floor: reading the files"
        found.append(Row(name=name, unit="s", values=[took], floors=[opened]))
    yield from found
