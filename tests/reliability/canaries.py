"""Words nobody would write by chance, and where they are found: in raw bytes, in every encoding they could have been put into.

For every test that asks what of somebody's words lies on the disk: after a run, in backups and logs, after an erasure.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

#: What every canary begins with. Long enough never to be met by chance, in any of the encodings.
MARK = "qvxzKJWY"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def canaries(number: int, seed: int) -> list[str]:
    """So many words, all different."""
    chance = random.Random(seed)
    return [f"{MARK}{n:03d}{''.join(chance.choices(_LETTERS, k=10))}" for n in range(number)]


@dataclass(frozen=True, slots=True)
class Trace:
    """A canary was found. Says where, and how it was written."""

    file: str
    encoding: str
    around: bytes


def _base64(word: str) -> Iterable[bytes]:
    """Wherever it begins within three bytes: the letters that follow from it alone."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + word.encode())
        yield coded[(0, 2, 3)[shift] : len(coded) - 4]


def _escaped(word: str) -> bytes:
    return "".join(f"\\u{ord(letter):04x}" for letter in word).encode()


_ENCODINGS: dict[str, Callable[[str], Iterable[bytes]]] = {
    "as it is": lambda word: [word.encode()],
    "lower case": lambda word: [word.lower().encode()],
    "upper case": lambda word: [word.upper().encode()],
    "UTF-16": lambda word: [word.encode("utf-16-le"), word.encode("utf-16-be")],
    "UTF-32": lambda word: [word.encode("utf-32-le"), word.encode("utf-32-be")],
    "base64": _base64,
    "hexadecimal": lambda word: [word.encode().hex().encode(), word.encode().hex().upper().encode()],
    "escaped": lambda word: [_escaped(word)],
    "percent": lambda word: ["".join(f"%{ord(letter):02x}" for letter in word).encode()],
    "backwards": lambda word: [word[::-1].encode()],
}


def traces(*places: Path, mark: str = MARK) -> list[Trace]:
    """Every place below these folders (or in these files) where a canary is, however it is written."""
    wanted = [(name, pattern) for name, how in _ENCODINGS.items() for pattern in how(mark)]
    found: list[Trace] = []
    for place in places:
        files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
        for path in files:
            try:
                data = path.read_bytes()
            except OSError:
                continue  # gone meanwhile
            found += [
                Trace(str(path), name, data[max(0, match.start() - 20) : match.end() + 40])
                for name, pattern in wanted
                for match in re.finditer(re.escape(pattern), data)
            ]
    return found
