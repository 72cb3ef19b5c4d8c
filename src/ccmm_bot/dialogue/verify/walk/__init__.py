"""Walks dialogues with the real engine, the real reader and the real catalogues: the proofs, put to the test.

Every transition and every pair of transitions that follow each other is taken, in every language a dialogue is offered in, by
typing the number of an answer and by typing its words. Answers are found by solving guards, not by trying (:mod:`.plan`); a walk
begins where the transition begins, because a session is a snapshot that can be put anywhere (:mod:`.replay`).
"""

from __future__ import annotations

from ccmm_bot.dialogue.verify.walk.run import Walked, walk

__all__ = ["Walked", "walk"]
