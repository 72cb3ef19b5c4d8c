"""What tells other systems reaches no address inside our own network, however the address is written."""

from __future__ import annotations

import pytest

from ccmm_bot.channels.outgoing import Told, tell

INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "[::1]",
    "[fd00::1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b::169.254.169.254]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "2130706433",
    "0x7f.1",
]


@pytest.mark.parametrize("host", INSIDE)
async def test_an_address_inside_is_not_called(host: str) -> None:
    assert await tell(f"https://{host}/", {}, b"{}") == Told(False, "address")
