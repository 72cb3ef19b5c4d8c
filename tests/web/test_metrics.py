"""What whoever watches the service is told: how much, how fast, how late; never about whom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from tests.web.serving import Served, Site, open_service

LABELS = {"method", "route", "status", "state", "severity", "generation", "le"}


def figures(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(text: str, name: str, **labels: str) -> float:
    return figures(text)[name, frozenset(labels.items())]


def test_what_waits_is_told_with_its_age(fresh_site: Site) -> None:
    fresh_site.text("+16045550188", "hello", "English", "1", "human")
    with fresh_site.browser() as client:
        text = client.get("/metrics").text
    assert one(text, "ccmm_store_up") == 1
    assert sum(one(text, "ccmm_flags_open", severity=severity) for severity in ("urgent", "high", "normal")) == 1
    assert one(text, "ccmm_messages_waiting", state="pending") == 0
    assert one(text, "ccmm_last_inbound_seconds") >= 0
    assert one(text, "process_resident_memory_bytes") > 0


def test_requests_are_counted_by_the_pattern_of_their_route_and_strangers_paths_as_one(fresh_site: Site) -> None:
    with fresh_site.browser() as client:
        for path in ("/healthz", "/healthz", "/somebody/16045550177", "/another"):
            client.get(path)
        text = client.get("/metrics").text
    assert one(text, "ccmm_responses_total", method="GET", route="/healthz", status="200") == 2
    assert one(text, "ccmm_responses_total", method="any", route="none", status="404") == 2
    assert one(text, "ccmm_request_seconds_count", method="GET", route="/healthz") == 2
    assert "6045550177" not in text


def test_no_figure_says_whom_it_is_about(site: Site, new_number: Callable[[], str]) -> None:
    number = new_number()
    site.text(number, "hello", "English", "1", "human")
    with site.browser() as client:
        text = client.get("/metrics").text
    assert {label for _, labels in figures(text) for label, _ in labels} <= LABELS
    assert number.strip("+") not in text
    assert site.service.runtime.settings.agency_name not in text


def test_without_a_token_only_this_machine_is_answered_and_nothing_that_a_proxy_hands_on(site: Site) -> None:
    with site.browser() as client:
        assert client.get("/metrics").status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            assert client.get("/metrics", headers={header: "192.0.2.7"}).status_code == 404


def test_with_a_token_whoever_has_it_is_answered_and_nobody_else(tmp_path: Path) -> None:
    opened = partial(open_service, tmp_path, metrics_token=SecretStr("a long token of ours"))
    with Served(opened) as served, httpx.Client(base_url=served.url) as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer a long token of theirs"}).status_code == 404
        right = {"Authorization": "Bearer a long token of ours", "X-Forwarded-For": "192.0.2.7"}
        assert client.get("/metrics", headers=right).status_code == 200


def test_a_store_that_does_not_answer_is_told_instead_of_an_error(fresh_site: Site) -> None:
    database = Path(fresh_site.service.runtime.store.engine.url.database or "")
    fresh_site.service.runtime.store.engine.dispose()
    database.rename(database.with_suffix(".away"))
    database.mkdir()
    with fresh_site.browser() as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert one(answer.text, "ccmm_store_up") == 0
