"""What it costs to read what people type: an answer, a look for words of crisis, and checking every dialogue in every language.

Beside each figure stands the least that could be done with the same text: making it lower case, once.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

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


def best(work: Callable[[], object], each: int) -> float:
    """Seconds for one of ``each``: the fastest round, which other load disturbed least."""
    found = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(TIMES):
            work()
        found = min(found, (time.perf_counter() - begun) / (TIMES * each))
    return found


def main() -> None:
    """Print the table."""
    reader, crisis = TypedReader(Catalogues({})), crisis_words()
    choices = (Choice(id="work", label="work"), Choice(id="home", label="home"), Choice(id="school", label="school"))
    questions = (
        Question(item=Item(name="x", type=ItemType.YES_NO)),
        Question(item=Item(name="y", type=ItemType.SELECT_ONE), choices=choices),
    )
    pairs = [(text, tag, question) for text, tag in ANSWERS for question in questions]
    rows = {
        "an answer": (
            best(lambda: [reader.read(text, question, tag) for text, tag, question in pairs], len(pairs)),
            best(lambda: [text.lower() for text, _tag, _question in pairs], len(pairs)),
        ),
        "a look for words of crisis": (
            best(lambda: [crisis.find(text) for text in MESSAGES], len(MESSAGES)),
            best(lambda: [text.lower() for text in MESSAGES], len(MESSAGES)),
        ),
    }
    print(f"{'':28} {'µs':>8} {'floor µs':>9} {'times':>7}")
    for name, (ours, floor) in rows.items():
        print(f"{name:28} {ours * 1e6:8.1f} {floor * 1e6:9.2f} {ours / floor:7.0f}")
    begun = time.perf_counter()
    bench = open_workbench(None, None)
    loaded = time.perf_counter()
    findings = verify(bench.scope(()))
    scope = bench.scope(())
    scope = dataclasses.replace(scope, examined=tuple(scope.dialogues.values()))
    walked = walk(scope, bench.choices, bench.reader)
    done = time.perf_counter()
    print(
        f"reading every dialogue {loaded - begun:.1f} s, checking and walking them in {walked.languages} languages "
        f"({walked.walks} walks, {len(list(findings))} findings) {done - loaded:.1f} s"
    )


if __name__ == "__main__":
    main()
