"""Everything a step needs besides the session and the event: the program, its dialogues, the languages, the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.model import Dialogue, DialogueRef, Program
from ccmm_bot.dialogue.progress import questions_left
from ccmm_bot.dialogue.reading import Reader
from ccmm_bot.errors import CcmmError

#: How many languages one page of the language menu shows: eight autonyms and "more" fit three SMS segments (UCS-2).
LANGUAGES_A_PAGE = 8


class UnknownDialogueError(CcmmError):
    """A session is pinned to a version of a dialogue that is not loaded; whoever keeps the archive can add it."""

    def __init__(self, ref: DialogueRef) -> None:
        super().__init__(f"dialogue {ref} is not loaded")
        self.ref = ref


class Machine:
    """The compiled dialogues of one installation. Immutable but for the archive of older versions, which only grows."""

    def __init__(
        self,
        program: Program,
        dialogues: Mapping[str, Dialogue],
        languages: Sequence[Choice],
        reader: Reader,
        archive: Sequence[Dialogue] = (),
    ) -> None:
        """``languages`` are the ones on offer, likeliest first: id is the tag, label the language's own name."""
        self.program = program
        self.dialogues = dict(dialogues)
        self.languages = tuple(languages)
        self.reader = reader
        self._by_ref = {dialogue.ref: dialogue for dialogue in (*archive, *self.dialogues.values())}
        self._left: dict[DialogueRef, Mapping[str, int]] = {}
        self._language_ids = frozenset(choice.id for choice in self.languages)

    def dialogue(self, ref: DialogueRef) -> Dialogue:
        """The dialogue a run is pinned to, current or archived. Raises :class:`UnknownDialogueError`."""
        try:
            return self._by_ref[ref]
        except KeyError:
            raise UnknownDialogueError(ref) from None

    def add_archived(self, dialogue: Dialogue) -> None:
        """Make an older version available to the sessions pinned to it."""
        self._by_ref.setdefault(dialogue.ref, dialogue)

    def questions_left(self, ref: DialogueRef, state: str) -> int:
        """How many questions come at most from ``state`` on, its own included; 0 where the dialogue does not count them."""
        if ref not in self._left:
            dialogue = self.dialogue(ref)
            self._left[ref] = questions_left(dialogue) if dialogue.progress else {}
        return self._left[ref].get(state, 0)

    def offers(self, language: str) -> bool:
        """Whether the language can be chosen."""
        return language in self._language_ids

    def language_page(self, page: int, likely: Sequence[str] = ()) -> tuple[tuple[Choice, ...], bool]:
        """One page of the language menu, and whether there are others. ``likely`` tags come first; pages wrap around."""
        rank = {tag: place for place, tag in enumerate(likely)}
        ordered = sorted(self.languages, key=lambda choice: rank.get(choice.id, len(rank)))
        if len(ordered) <= LANGUAGES_A_PAGE + 1:
            return tuple(ordered), False
        pages = -(-len(ordered) // LANGUAGES_A_PAGE)
        start = (page % pages) * LANGUAGES_A_PAGE
        return tuple(ordered[start : start + LANGUAGES_A_PAGE]), True
