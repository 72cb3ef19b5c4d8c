"""Voice messages and audio files, as the Bot API takes them: an upload, or the id of a file sent before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """One recording the bot sent."""

    message_id: int
    chat_id: int
    method: str  # sendVoice, sendAudio
    file_id: str
    uploaded: bool


class VoiceRefused(Exception):
    """An answer with 400."""


@dataclass
class Voices:
    """What the bot sent to listen to. ``forget`` makes every file id invalid; ``no_voices`` are people who take none."""

    sent: list[SentFile] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    no_voices: set[int] = field(default_factory=set)
    trouble: str = ""

    def forget(self) -> None:
        """The ids given out so far mean nothing any more."""
        self.known.clear()

    async def take(self, method: str, fields: dict[str, Any], message_id: int) -> SentFile:
        """ "sendVoice", "sendAudio": the file as an upload, or as a file_id known to this bot."""
        chat_id = int(fields["chat_id"])
        file = fields["voice" if method == "sendVoice" else "audio"]
        if isinstance(file, str) and file.startswith("attach://"):
            file = fields[file.removeprefix("attach://")]
        content = None
        if isinstance(file, UploadFile):
            content = await file.read()
            await file.close()
        if self.trouble:
            raise VoiceRefused(self.trouble)
        if method == "sendVoice" and chat_id in self.no_voices:
            # Telegram API errors: VOICE_MESSAGES_FORBIDDEN, "This user's privacy settings forbid you from sending voice messages".
            raise VoiceRefused("Bad Request: VOICE_MESSAGES_FORBIDDEN")
        if content is not None:
            if not content.startswith(b"OggS"):
                raise VoiceRefused("Bad Request: wrong file type")
            file_id = f"AwACAg{hashlib.sha256(content).hexdigest()[:20]}"
            self.known.add(file_id)
        elif file in self.known:
            file_id = str(file)
        else:
            # "errors list", wrong-file-identifier
            raise VoiceRefused("Bad Request: wrong file identifier/HTTP URL specified")
        uploaded = content is not None
        one = SentFile(message_id=message_id, chat_id=chat_id, method=method, file_id=file_id, uploaded=uploaded)
        self.sent.append(one)
        return one
