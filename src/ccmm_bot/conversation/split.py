"""A text that is longer than the channel takes, as several messages: parts of whole sentences, in order, nothing lost.

A part ends after a sentence where one ends inside the limit, else after a word, else (a word longer than a whole message) after a
grapheme: what a reader takes for one sign, however many code points it has, is never cut (Unicode Standard Annex #29).
"""

from __future__ import annotations

from dataclasses import replace

import regex

from ccmm_bot.messages import ChannelLimits, Content, Layout

# The sentence enders of our seventeen languages: Latin and Cyrillic .!?…, Arabic ؟ and the Urdu-style ۔ that Pashto and Persian
# texts use as well, Ethiopic ። ፧ ፨, Devanagari and Gurmukhi । ॥. A full stop inside a number or an address is none: white space
# has to follow, but for the signs that have no other use. A line's end is one, too.
_SENTENCE = regex.compile(r"""(?: [.!?…؟۔]+ ["'”’»)\]]* (?=\s) | [።፧፨।॥]+ ["'”’»)\]]* | \n ) \s*""", regex.VERBOSE)
_WORD = regex.compile(r"(?:\s|፡)+")  # Ethiopic has a sign of its own between words
_GRAPHEME = regex.compile(r"\X")


def size(text: str) -> int:
    """How long a channel finds a text: in UTF-16 code units, the largest count any of them makes (Telegram's is this one)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int) -> list[str]:
    """The parts of a text, each at most ``limit`` long (see :func:`size`); joined, they are the text. ``limit`` is at least 2."""
    parts: list[str] = []
    while size(text) > limit:
        end = _end(text, limit)
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]


def _end(text: str, limit: int) -> int:
    """Where the first part ends."""
    fits = _fitting(text, limit)
    # White space after the limit may stay with the part before it: it is not sent.
    for boundary in (_SENTENCE, _WORD):
        end = 0
        for match in boundary.finditer(text, 0, fits + 1):
            if 0 < match.end() <= fits and _whole(text, match.end()):
                end = match.end()
        if text[:end].strip():
            return end
    end = 0
    for match in _GRAPHEME.finditer(text, 0, fits + 1):
        if match.end() > fits:
            break
        end = match.end()
    return end if end and _whole(text, end) else _last_whole(text, fits)


def _whole(text: str, end: int) -> bool:
    """Whether no grapheme of the text is cut at ``end``."""
    around = max(0, end - 64)
    return any(match.start() + around == end for match in _GRAPHEME.finditer(text[around : end + 64]))


def _last_whole(text: str, fits: int) -> int:
    """The last end of a grapheme within the limit; where one is longer than a whole message, there is none, and it is cut."""
    ends = [match.end() for match in _GRAPHEME.finditer(text[: fits + 64]) if match.end() <= fits]
    return ends[-1] if ends else fits


def _fitting(text: str, limit: int) -> int:
    """How many characters from the start are at most ``limit`` long."""
    room = limit
    for place, char in enumerate(text):
        room -= 2 if char > "\uffff" else 1
        if room < 0:
            return place
    return len(text)


def fitted(content: Content, limits: ChannelLimits) -> list[Content]:
    """A message as one or more that the channel takes, without white space at their ends; the buttons stay with the last."""
    if size(content.text) <= limits.max_text:
        return [content]
    parts = [part for raw in split(content.text, limits.max_text) if (part := raw.strip())]
    plain = [replace(content, text=part, layout=Layout.TEXT, buttons=(), list_title="", audio=None) for part in parts[:-1]]
    return [*plain, replace(content, text=parts[-1])]
