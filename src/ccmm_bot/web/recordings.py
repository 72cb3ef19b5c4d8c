"""``GET /audio/{lang}/{hash}.ogg``: where WhatsApp fetches a recording of ours.

The address is the hash of the recording's content, so it can be kept for good and nobody finds what she was not sent. A
recording says what everybody is told; there is nothing personal in it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from ccmm_bot.i18n.recordings import Recordings

PATH = "/audio/{lang}/{hash}.ogg"
_YEAR_S = 31_536_000


async def serve_recording(request: Request) -> Response:
    """The recording, or 404 for whatever is none of ours."""
    recordings: Recordings = request.app.state.site.runtime.recordings
    path = recordings.file(f"{request.path_params['lang']}/{request.path_params['hash']}.ogg")
    if path is None or not path.is_file():
        return PlainTextResponse("Not found\n", status_code=404)
    return FileResponse(path, media_type="audio/ogg", headers={"Cache-Control": f"public, max-age={_YEAR_S}, immutable"})
