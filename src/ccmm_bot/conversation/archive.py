"""Keeping every version of a dialogue that was ever used, and finding it again for whoever is still inside it."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from ccmm_bot.dialogue.bundle import bundle_source, load_bundle
from ccmm_bot.dialogue.loader import Loaded
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import DialogueRef
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.texts import of_dialogue
from ccmm_bot.store.hot.work import Query, Rows, Work
from ccmm_bot.store.hot.writes import ARCHIVE, Writes


class Archive:
    """The dialogue versions in the store, beside the ones on disk. ``catalogues`` grows with what old versions bring along."""

    def __init__(self, loaded: Loaded, machine: Machine, catalogues: Catalogues) -> None:
        self.catalogues = catalogues
        self._loaded = loaded
        self._machine = machine
        self._kept: set[DialogueRef] = set()

    def keep(self, writes: Writes, ref: DialogueRef, now: str) -> None:
        """See to it that ``ref`` is in the store by the time a run is pinned to it."""
        if ref in self._kept or ref.id not in self._loaded.sources:
            return
        dialogue = self._machine.dialogue(ref)
        texts = {
            tag: [[key, source, translation] for (key, source), translation in table.items()]
            for tag, table in self.catalogues.translations(of_dialogue(dialogue)).items()
            if table
        }
        bundle = bundle_source(dialogue, self._loaded.sources[ref.id], self._loaded.shared)
        writes.add(ARCHIVE, ref.id, ref.version, ref.hash, bundle, orjson.dumps(texts).decode(), now)

    def kept(self, refs: Iterable[DialogueRef]) -> None:
        """These are committed; they need not be written again."""
        self._kept.update(refs)

    def fetch(self, ref: DialogueRef) -> Work[bool]:
        """Load an older version out of the store into the machine; ``False`` where it was never kept."""
        rows: Rows = yield Query(
            "SELECT source, texts FROM dialogue_archive WHERE dialogue_id = ? AND version = ? AND hash = ?",
            (ref.id, ref.version, ref.hash),
        )
        if not rows:
            return False
        source, texts = rows[0]
        tables = orjson.loads(texts) if isinstance(texts, str | bytes) else texts
        archived = {tag: {(key, english): translation for key, english, translation in entries} for tag, entries in tables.items()}
        self.catalogues = self.catalogues.with_archived(archived)
        self._machine.add_archived(load_bundle(source))
        return True
