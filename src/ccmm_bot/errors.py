"""The one root of every error this project raises on purpose."""

from __future__ import annotations

from collections.abc import Callable


class CcmmError(Exception):
    """Something went wrong that a person can act on; the message says how, in plain words.

    What staff read on their pages is a plain string, its values beside it as ``{names}``, so that a catalogue can say it as well.
    """

    def __init__(self, text: str = "", /, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self._text = text
        self._values = values

    def told(self, translate: Callable[[str], str]) -> str:
        """The message in another language; ``translate`` knows it by its English."""
        text = translate(self._text)
        return text.format(**self._values) if self._values else text


class ConfigurationError(CcmmError):
    """A setting is missing or contradicts another; the message names the setting."""
