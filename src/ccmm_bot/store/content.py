"""A finished message to and from JSON, as the outbox keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccmm_bot.messages import Audio, Button, Content, Layout


def dump_content(content: Content) -> dict[str, Any]:
    """JSON values only; empty parts are left out."""
    out: dict[str, Any] = {"text": content.text, "language": content.language}
    if content.layout is not Layout.TEXT:
        out["layout"] = content.layout.value
    if content.buttons:
        out["buttons"] = [[button.payload, button.label] for button in content.buttons]
    if content.list_title:
        out["list_title"] = content.list_title
    if content.audio:
        out["audio"] = [content.audio.name, content.audio.file]
    return out


def load_content(data: Mapping[str, Any]) -> Content:
    """What :func:`dump_content` wrote."""
    audio = data.get("audio")
    return Content(
        text=data["text"],
        language=data.get("language", "en"),
        layout=Layout(data.get("layout", "text")),
        buttons=tuple(Button(payload=payload, label=label) for payload, label in data.get("buttons", ())),
        list_title=data.get("list_title", ""),
        audio=None if audio is None else Audio(name=audio[0], file=audio[1]),
    )
