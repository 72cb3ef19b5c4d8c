"""``GET /metrics``: figures about the service for Prometheus. No label says whom anything is about.

Requests are counted by the pattern of their route, never by their address, and what waits is counted over the whole installation:
an agency's name would say who is served here. Each process tells its own requests; what waits is the same in all of them.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccmm_bot.messages import DeliveryStatus
from ccmm_bot.store.gauges import Waiting, waiting
from ccmm_bot.web.patterns import pattern

#: Upper bounds in seconds: what a person does not notice, what a provider waits for (15 s, Twilio), and between.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
#: The store is asked at most so often, however many ask us.
_FRESH_S: Final = 2.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
#: What a reverse proxy adds. A request with one of these came from outside, whoever handed it on.
_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
_SEVERITIES: Final = ("urgent", "high", "normal")


class Metrics:
    """The figures of one process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.seconds = Histogram(
            "ccmm_request_seconds",
            "How long requests took, by the pattern of their route.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.responses = Counter(
            "ccmm_responses_total", "Responses by route and status.", ("method", "route", "status"), registry=self.registry
        )
        self.registry.register(_Store(engine, now))

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """Counts and times every request that some route answered; what no route takes is one figure, so that nobody fills the list."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = pattern(scope)
            method = scope["method"] if route else "any"
            self._metrics.seconds.labels(method, route or "none").observe(time.perf_counter() - began)
            self._metrics.responses.labels(method, route or "none", str(status)).inc()


async def show(request: Request) -> Response:
    """``GET /metrics``: for this machine alone, or for whoever has the token of ``CCMM_METRICS_TOKEN``; 404 for others."""
    if not _may(request):
        return PlainTextResponse("not found\n", status_code=404)
    metrics: Metrics = request.app.state.metrics
    return Response(await run_in_threadpool(metrics.text), media_type=CONTENT_TYPE_LATEST)


def _may(request: Request) -> bool:
    token = request.app.state.site.runtime.settings.metrics_token.get_secret_value()
    if token:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    near = request.client is not None and request.client.host in _LOOPBACK
    return near and not any(name in request.headers for name in _FORWARDED)


class _Store(Collector):
    """What waits in the store, asked when somebody looks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._lock = threading.Lock()
        self._known: Waiting | None = None
        self._asked_at = float("-inf")

    def describe(self) -> Iterator[Metric]:
        """Nothing is known before somebody looks."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The figures; only ``ccmm_store_up 0`` when the store does not answer."""
        now = self._now()
        found = self._look(now)
        yield GaugeMetricFamily("ccmm_store_up", "Whether the database answers.", value=float(found is not None))
        if found is None:
            return
        messages = GaugeMetricFamily("ccmm_messages_waiting", "Messages on their way out, by state.", labels=["state"])
        for state in (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN):
            messages.add_metric([state.value], found.messages.get(state.value, 0))
        yield messages
        oldest = (now - found.oldest_message).total_seconds() if found.oldest_message else 0.0
        yield GaugeMetricFamily("ccmm_oldest_message_seconds", "How long the oldest message that may go out waits.", value=oldest)
        flags = GaugeMetricFamily("ccmm_flags_open", "Open flags by severity.", labels=["severity"])
        for severity in _SEVERITIES:
            flags.add_metric([severity], found.flags.get(severity, 0))
        yield flags
        yield GaugeMetricFamily("ccmm_flags_late", "Open flags whose deadline has passed.", value=found.late)
        yield GaugeMetricFamily("ccmm_timers_due", "Reminders and time-outs that are due.", value=found.timers)
        yield GaugeMetricFamily("ccmm_follow_ups_due", "Follow-ups that somebody has to look at now.", value=found.follow_ups)
        yield GaugeMetricFamily("ccmm_notices_waiting", "Notices to staff that have not gone out.", value=found.notices)
        yield GaugeMetricFamily("ccmm_processes", "Processes that are alive.", value=found.processes)
        if found.last_inbound is not None:
            since = (now - found.last_inbound).total_seconds()
            yield GaugeMetricFamily("ccmm_last_inbound_seconds", "How long ago the last message came in.", value=since)

    def _look(self, now: datetime) -> Waiting | None:
        with self._lock:
            if time.monotonic() - self._asked_at > _FRESH_S:
                try:
                    self._known = waiting(self._engine, now)
                except (SQLAlchemyError, OSError):
                    self._known = None
                self._asked_at = time.monotonic()
            return self._known
