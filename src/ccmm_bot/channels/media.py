"""What files we take in: how large, and of which types, told by their first bytes and not by what the sender claims.

The list is short on purpose: what phones make (pictures, voice notes, short films), scans (PDF) and contact cards. Nothing that can
carry a program for an office machine is kept.
"""

from __future__ import annotations

import re
from typing import Final

#: Twilio takes WhatsApp media of at most 16 MB ("WhatsApp: media"), Telegram hands out at most 20 MB ("getFile").
LARGEST: Final = 16 * 1024 * 1024

#: What a browser may show inside one of our pages; everything else is a download.
SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})

_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"%PDF-", "application/pdf"),
    (b"BEGIN:VCARD", "text/vcard"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

EXTENSIONS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "application/pdf": "pdf",
    "text/vcard": "vcf",
    "text/plain": "txt",
}

_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def type_of(data: bytes, claimed: str) -> str | None:
    """The type of a file by its first bytes; ``None`` for one we do not take in.

    Plain text has no first bytes of its own: it is what claims to be text, is UTF-8 and has no control characters.
    """
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[4:8] == b"ftyp":  # ISO base media: the brand says what for
        brand = data[8:12]
        if brand.startswith(b"3g"):
            return "video/3gpp"
        return "audio/mp4" if brand in (b"M4A ", b"M4B ") or claimed.startswith("audio/") else "video/mp4"
    return "text/plain" if claimed.startswith("text/plain") and _is_text(data) else None


def _is_text(data: bytes) -> bool:
    try:
        return _CONTROL.search(data.decode()) is None
    except UnicodeDecodeError:
        return False


def card_of(data: bytes) -> str:
    """What a contact card says, one line each: names, numbers, addresses (RFC 6350: FN, TEL, EMAIL). Empty when it says nothing."""
    text = re.sub(r"\r?\n[ \t]", "", data[:64_000].decode("utf-8", "replace"))
    lines: list[str] = []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        kind = name.split(";")[0].rpartition(".")[2].upper()
        if kind in ("FN", "TEL", "EMAIL") and value.strip() and not _CONTROL.search(value):
            lines.append(value.strip().removeprefix("tel:")[:200])
    return "\n".join(dict.fromkeys(lines[:20]))
