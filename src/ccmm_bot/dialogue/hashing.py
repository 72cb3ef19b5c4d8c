"""The content hash of a dialogue: what it means, not how it is laid out.

Comments, quotes, the order of keys and the place in a file leave it as it is; a changed word, option or target does not. A
running conversation is pinned to it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from ccmm_bot.dialogue.model import Dialogue, Mark


def content_hash(dialogue: Dialogue) -> str:
    """SHA-256 of the canonical form, in hexadecimal. The hash already in ``dialogue.ref`` plays no part."""
    canonical = json.dumps(_plain(dialogue), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def with_hash(dialogue: Dialogue) -> Dialogue:
    """The same dialogue, its reference carrying its hash."""
    return dataclasses.replace(dialogue, ref=dataclasses.replace(dialogue.ref, hash=content_hash(dialogue)))


def _plain(value: object) -> object:
    """Plain JSON values. Fields at their default are left out, so that a field added to the model moves no old hash."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts: dict[str, object] = {"": type(value).__name__}
        for part in dataclasses.fields(value):
            content = getattr(value, part.name)
            if part.name in ("mark", "hash") or isinstance(content, Mark) or content == part.default:
                continue
            parts[part.name] = _plain(content)
        return parts
    return value
