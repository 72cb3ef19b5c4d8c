"""Whom we believe that they are who they say, when we call them over TLS: read once in a process, for all of its clients.

A client that reads the list of authorities for itself takes a fiftieth of a second and holds a megabyte: one for each sender, and
one for each file and each notice.
"""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx


def trusted(*, environment: bool = True) -> ssl.SSLContext:
    """The authorities the library brings. ``environment``: or those that ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` names."""
    return _read(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if environment else _brought()


@cache
def _read(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def _brought() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
