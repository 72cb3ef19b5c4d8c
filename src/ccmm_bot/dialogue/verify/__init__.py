"""Static proofs about dialogues, one check per file.

:func:`verify` runs them all over a :class:`~ccmm_bot.dialogue.verify.scope.Scope`. Every breach of every rule of a stage is
reported at once; a dialogue that fails a stage is left out of the next, whose proofs would mean nothing for it.
"""

from __future__ import annotations

import dataclasses

from ccmm_bot.dialogue.findings import Finding, Level, in_order
from ccmm_bot.dialogue.verify.registry import STAGES, TEXTS
from ccmm_bot.dialogue.verify.scope import Scope


def verify(scope: Scope) -> tuple[Finding, ...]:
    """Everything that is wrong with the dialogues of ``scope``, in order of file and line."""
    everything = dataclasses.replace(scope, examined=tuple(scope.dialogues.values()))
    found = [one for each in TEXTS for one in each.check(everything)]
    sound = everything
    for stage in STAGES:
        breaches = [one for each in stage for one in each.check(sound)]
        found.extend(breaches)
        failed = {one.mark.file for one in breaches if one.severity is Level.ERROR}
        examined = tuple(one for one in sound.examined if one.mark is None or one.mark.file not in failed)
        sound = dataclasses.replace(sound, examined=examined)
    return in_order(found)
