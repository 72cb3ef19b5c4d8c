"""The questions of the instruments as people of every language read them, for the codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.i18n.catalogues import Catalogues


def wordings(locales_dir: Path, defined: Sequence[Instrument]) -> Mapping[str, Mapping[str, str]]:
    """Language → key of a text → its words, for every language that has any of them."""
    catalogues = Catalogues.load(locales_dir)
    found: dict[str, dict[str, str]] = {}
    for tag in sorted(catalogues.tags):
        texts = {item.text.key: catalogues.text(item.text, tag) for instrument in defined for item in instrument.items}
        if known := {key: text for key, text in texts.items() if text}:
            found[tag] = known
    return found
