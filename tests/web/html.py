"""Reading pages in tests."""

from __future__ import annotations

from typing import Any

import lxml.html


def document(text: str) -> Any:
    """A whole page, or a fragment in one."""
    return lxml.html.document_fromstring(text)
