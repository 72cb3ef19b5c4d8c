"""Everything the conversation needs to speak: the machine, the words, what fills their slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

from ccmm_bot.conversation.archive import Archive
from ccmm_bot.conversation.present import Contacts, Stage, present
from ccmm_bot.conversation.slots import slots
from ccmm_bot.conversation.state import Standing
from ccmm_bot.conversation.stored import Stored
from ccmm_bot.conversation.turn import Guess, Turn
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
    not_live: frozenset[str] = frozenset()  # languages that wait for a review: see conversation.not_live
    recordings: Recordings = field(default_factory=Recordings)
    crisis: CrisisWords = field(default_factory=crisis_words)

    def say(self, effects: Sequence[Effect], turn: Turn, standing: Standing, stored: Stored | None = None) -> list[Content]:
        """The effects as finished messages for the conversation's channel, in its language."""
        return present(effects, self._stage(turn, standing, stored))

    def wordings(self, turn: Turn, standing: Standing) -> dict[Text, str]:
        """The consent questions this turn answers, as the person saw them: what proof of consent quotes."""
        asked = {effect.wording for effect in turn.effects if isinstance(effect, Consent) and effect.wording is not None}
        stage = self._stage(turn, standing)
        return {text: present([Say(text=text)], stage)[0].text for text in asked}

    def _stage(self, turn: Turn, standing: Standing, stored: Stored | None = None) -> Stage:
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
            report=None if stored is None else partial(stored.lines, self.machine, self.archive.catalogues, zone, language),
        )
