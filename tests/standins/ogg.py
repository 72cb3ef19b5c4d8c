"""A recording of no time at all: a valid OGG stream with the headers of Opus and one frame (RFC 3533, RFC 7845)."""

from __future__ import annotations

import struct

_POLYNOMIAL = 0x04C11DB7


def tiny_ogg(serial: int = 1) -> bytes:
    """The bytes; another ``serial`` makes another file."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48_000, 0, 0)
    vendor = b"ccmm-bot tests"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    frame = b"\xf8\xff\xfe"  # 20 ms of silence
    return _page(serial, 0, 2, 0, head) + _page(serial, 1, 0, 0, tags) + _page(serial, 2, 4, 960, frame)


def _page(serial: int, number: int, flags: int, position: int, packet: bytes) -> bytes:
    header = b"OggS" + struct.pack("<BBqIII", 0, flags, position, serial, number, 0) + bytes([1, len(packet)])
    page = header + packet
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = ((value << 1) ^ _POLYNOMIAL if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value
