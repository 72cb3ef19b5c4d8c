"""Everything the conversation needs to speak: the machine, the words, what fills their slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

from ccmm_bot.conversation.archive import Archive
from ccmm_bot.conversation.not_live import Waiting
from ccmm_bot.conversation.present import Contacts, Stage, present
from ccmm_bot.conversation.slots import slots
from ccmm_bot.conversation.state import Standing
from ccmm_bot.conversation.stored import Stored
from ccmm_bot.conversation.turn import Guess, Turn
from ccmm_bot.conversation.withholding import Withholding
from ccmm_bot.dialogue.effects import Consent, Effect, Say
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n.crisis_words import CrisisWords, crisis_words
from ccmm_bot.i18n.recordings import Recordings
from ccmm_bot.messages import LIMITS, Content

_BEFORE_A_LANGUAGE_IS_CHOSEN = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How this installation speaks."""

    machine: Machine
    archive: Archive
    directories: Mapping[str, Contacts]
    guess: Guess
    waiting: Waiting = field(default_factory=Waiting)  # for a review by a speaker
    withholding: Withholding = field(default_factory=Withholding)
    recordings: Recordings = field(default_factory=Recordings)
    crisis: CrisisWords = field(default_factory=crisis_words)

    def say(
        self,
        effects: Sequence[Effect],
        turn: Turn,
        standing: Standing,
        stored: Stored | None = None,
        withheld: frozenset[str] = frozenset(),
    ) -> list[Content]:
        """The effects as finished messages for the conversation's channel, in its language, without the numbers ``withheld``."""
        return present(effects, self._stage(turn, standing, stored, withheld))

    def wordings(self, turn: Turn, standing: Standing) -> dict[Text, str]:
        """The consent questions this turn answers, as the person saw them: what proof of consent quotes."""
        asked = {effect.wording for effect in turn.effects if isinstance(effect, Consent) and effect.wording is not None}
        if not asked:
            return {}
        stage = self._stage(turn, standing)
        return {text: present([Say(text=text)], stage)[0].text for text in asked}

    def _stage(self, turn: Turn, standing: Standing, stored: Stored | None = None, withheld: frozenset[str] = frozenset()) -> Stage:
        account = standing.account
        language = turn.session.language or _BEFORE_A_LANGUAGE_IS_CHOSEN
        zone = ZoneInfo(account.timezone)
        return Stage(
            catalogues=self.archive.catalogues,
            limits=LIMITS[account.channel],
            language=language,
            slots=slots(standing, turn.session.facts, language),
            directories=self.directories,
            recordings=self.recordings,
            withheld=withheld,
            report=None if stored is None else partial(stored.lines, self.machine, self.archive.catalogues, zone, language),
        )
