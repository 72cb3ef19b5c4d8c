"""Whether a finished message is one that its channel takes: every limit of :class:`ccmm_bot.messages.ChannelLimits`, looked at."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.conversation.split import size
from ccmm_bot.messages import ChannelLimits, Content, Layout

#: Telegram: "callback_data: 1-64 bytes". Twilio's list items take 200 characters, its quick replies 200 as well.
PAYLOAD_BYTES = 64


def misfits(content: Content, limits: ChannelLimits) -> Iterator[str]:
    """What the channel would refuse or cut off, in plain words; nothing where all of it fits."""
    where = f"on {limits.kind.value}"
    if not content.text.strip():
        yield f"an empty message {where}"
    if size(content.text) > limits.max_text:
        yield f"{size(content.text)} characters {where}, at most {limits.max_text} fit"
    most, longest = _buttons(content.layout, limits)
    if len(content.buttons) > most:
        yield f"{len(content.buttons)} buttons {where}, at most {most} are shown"
    labels = [button.label for button in content.buttons]
    yield from (
        f'"{label}" has {size(label)} characters {where}, at most {longest} fit' for label in labels if size(label) > longest
    )
    if len(set(labels)) != len(labels):
        yield f"two buttons that read alike {where}"
    if any(not 1 <= len(button.payload.encode()) <= PAYLOAD_BYTES for button in content.buttons):
        yield f"a button {where} that carries nothing, or more than {PAYLOAD_BYTES} bytes"
    if size(content.list_title) > (limits.max_button_label or 0):
        yield f'"{content.list_title}" on the list {where} is longer than {limits.max_button_label}'
    if "{{" in content.text and content.layout in (Layout.BUTTONS, Layout.LIST):
        yield f"two braces {where} would be read as a variable"


def _buttons(layout: Layout, limits: ChannelLimits) -> tuple[int, int]:
    """(how many, how long)."""
    match layout:
        case Layout.BUTTONS:
            return limits.max_buttons or 0, limits.max_button_label
        case Layout.LIST:
            return limits.max_list_items or 0, limits.max_list_label
        case Layout.KEYBOARD:
            return 100 if limits.keyboard else 0, limits.max_keyboard_label
        case Layout.TEXT:
            return 0, 0
