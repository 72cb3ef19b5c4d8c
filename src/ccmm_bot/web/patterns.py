"""The pattern of the route that took a request: what may be said of a request's address, which itself may hold anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import Scope


def patterns(routes: Iterable[BaseRoute]) -> Mapping[Callable[..., Any], str]:
    """Endpoint → the pattern of its (first) route."""
    found: dict[Callable[..., Any], str] = {}
    for route in routes:
        if isinstance(route, Route):
            found.setdefault(route.endpoint, route.path)
    return found


def pattern(scope: Scope) -> str | None:
    """The pattern of the route that took the request; ``None`` where none did."""
    state = scope["app"].state if "app" in scope else None
    known: Mapping[Callable[..., Any], str] = getattr(state, "patterns", {})
    return known.get(scope["endpoint"]) if "endpoint" in scope else None
