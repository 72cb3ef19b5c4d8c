"""What holds for every page: headers, the origin of requests, sizes, and what an error says."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from ccmm_bot.casework.access import sessions
from ccmm_bot.web.access import ACCESS
from ccmm_bot.web.assets import static_url
from tests.logged import logged
from tests.reliability.asking import Request as Asked
from tests.reliability.asking import ask
from tests.web.serving import PASSWORD, Served, Site, open_service

EVERYWHERE = ["/staff/sign-in", "/staff/today", "/nowhere", "/healthz", static_url("app.css"), "/"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_headers(site: Site, path: str) -> None:
    with site.browser() as client:
        headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/webhooks/twilio", "/webhooks/twilio/status", "/webhooks/telegram", "/webhooks/telegram/1"])
def test_a_provider_is_answered_with_the_same_headers(site: Site, path: str) -> None:
    own = {"date", "content-type", "content-length"}
    with site.browser() as client:
        page = client.get("/healthz").headers
    answer = httpx.post(f"{site.url}{path}", content=b"Body=Hello", timeout=30)
    assert answer.status_code in (403, 404)
    assert {name: value for name, value in answer.headers.items() if name not in own} == {
        name: value for name, value in page.items() if name not in own
    }


def test_only_static_files_are_kept_by_the_browser(site: Site) -> None:
    with site.signed_in() as client:
        for path in ("/staff/today", "/staff/today/live", "/staff/sign-in", "/nowhere", "/healthz"):
            assert client.get(path).headers["cache-control"] == "no-store", path
        assert "immutable" in client.get(static_url("app.css")).headers["cache-control"]
        assert client.get("/static/0000000000000000/app.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name",
    ["..%2f..%2fapp.py", "..%2fapp.py", "%2e%2e/site.py", "vendor/%2e%2e/%2e%2e/app.py", "nothing.css", "/etc/passwd", "vendor"],
)
def test_only_our_own_static_files_are_served(site: Site, name: str) -> None:
    with site.browser() as client:
        assert client.get(f"/static/x/{name}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
def test_a_form_sent_from_elsewhere_is_refused_before_anything_is_read(site: Site, headers: dict[str, str]) -> None:
    answer = httpx.post(
        f"{site.url}/staff/sign-in", data={"email": "case_manager@example.org", "password": PASSWORD}, headers=headers, timeout=30
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_form_of_ours_is_accepted_also_behind_a_proxy_that_ends_tls(site: Site) -> None:
    host = site.url.removeprefix("http://")
    answer = httpx.post(
        f"{site.url}/staff/sign-in",
        data={"email": "case_manager@example.org", "password": PASSWORD},
        headers={"Origin": f"https://{host}", "Sec-Fetch-Site": "same-origin"},
        timeout=30,
    )
    assert answer.status_code == 303


def test_webhooks_need_no_origin(site: Site) -> None:
    # The channel is off here: nobody is at this address, but the request was let through to find that out.
    assert httpx.post(f"{site.url}/webhooks/telegram", content=b"{}", timeout=30).status_code == 404


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large_is_refused(site: Site, chunked: bool) -> None:
    body = b"email=" + b"x" * 10_000_000
    content = (body[start : start + 65_536] for start in range(0, len(body), 65_536)) if chunked else body
    with site.browser() as client:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post("/staff/sign-in", content=content, headers=kind).status_code == 413


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"email": "x" * 300, "password": "y"},
        {"email": "a@b", "password": "z" * 2000},
        {"email": "a\0b@c", "password": "\ud800"},
    ],
)
def test_a_form_that_cannot_be_read_gets_a_plain_page(site: Site, data: dict[str, str]) -> None:
    encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in data.items()}
    with site.browser() as client:
        answer = client.post("/staff/sign-in", data=encoded)
    assert answer.status_code in (400, 401)


def test_an_error_page_has_a_reference_and_does_not_repeat_the_address(site: Site) -> None:
    with site.signed_in() as client:
        answer = client.get("/staff/my-secret-address?token=abc")
    assert answer.status_code == 404
    assert re.search(r"Reference: [0-9a-f]{8}", answer.text)
    assert "secret" not in answer.text
    assert "abc" not in answer.text


def test_an_unexpected_error_tells_nothing_but_a_reference_that_is_in_the_log(fresh_site: Site) -> None:
    async def broken(_request: Request) -> Response:
        raise RuntimeError("Almaz wrote: my address is 12 Main Street")

    fresh_site.service.app.add_route("/broken", broken)
    with logged() as log, fresh_site.browser() as client:
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert "Almaz" not in answer.text
    assert "content-security-policy" in answer.headers
    found = re.search(r"Reference: ([0-9a-f]{8})", answer.text)
    assert found
    assert found[1] in log.getvalue()
    assert "RuntimeError" in log.getvalue()
    assert "Main Street" not in log.getvalue()


def test_the_api_describes_itself_to_nobody(site: Site) -> None:
    with site.browser() as client:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert client.get(path).status_code == 404


def test_behind_https_the_cookie_belongs_to_this_host_alone(tmp_path: Path) -> None:
    with Served(partial(open_service, tmp_path, public_base_url="https://bot.example.org")) as served:
        with httpx.Client(base_url=served.url, headers={"Origin": "https://bot.example.org"}, timeout=30) as client:
            answer = client.post("/staff/sign-in", data={"email": "auditor@example.org", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-ccmm=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "max-age" in answer.headers["strict-transport-security"]


def test_health_and_readiness_answer_without_a_session(site: Site) -> None:
    with site.browser() as client:
        assert client.get("/healthz").text == "ok\n"
        assert client.get("/readyz").text == "ready\n"


@pytest.mark.parametrize(
    "path", ["/nowhere?\xff", "/api/v1/persons?\xff", "/staff/today?\xff=\xfe", "/webhooks/twilio/status?\xff"]
)
async def test_a_query_that_is_no_text_is_answered_like_any_other(site: Site, path: str) -> None:
    answer = await ask(site.service.app, Asked(method="GET", target=path))
    assert answer.status in (303, 401, 404, 405)


async def test_no_page_fails_over_a_query_that_is_no_text(site: Site) -> None:
    service = site.service
    token = sessions.open_session(service.runtime.store, service.staff["administrator"], service.clock.now()).token
    pages = [path for method, path in ACCESS if method == "GET" and path.startswith("/staff") and "{" not in path]
    for path in pages:
        answer = await ask(service.app, Asked(method="GET", target=f"{path}?\xff=\xfe", headers=[("Cookie", f"ccmm={token}")]))
        assert 200 <= answer.status < 500, path


@pytest.mark.parametrize("after", ["https://[::1", "//[", "https://evil.example/staff", "/staff\\evil"])
def test_where_to_go_on_after_signing_in_may_be_any_nonsense(site: Site, after: str) -> None:
    with site.browser() as client:
        assert client.get("/staff/sign-in", params={"next": after}).status_code == 200
