"""Signing in at the agency's own identity provider: a real one on this machine, which can be told to lie."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from tests.web.serving import Served, Site, open_service


class Provider:
    """Codes it gave out, and what it says of who came; ``lies`` replaces claims of the token."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
        self.other = RSAKey.generate_key(2048, {"kid": "1"})
        self.issuer = ""
        self.asked: dict[str, str] = {}
        self.now = 0.0
        self.who: dict[str, Any] = {"sub": "u-1", "email": "auditor@example.org", "email_verified": True}
        self.lies: dict[str, Any] = {}
        self.forges = False

    def authorize(self, url: str) -> dict[str, str]:
        """What a browser that goes there is sent back with."""
        self.asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
        return {"state": self.asked["state"], "code": "a-code"}

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The answer to a code, where the proof fits."""
        proof = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if form["code"] != "a-code" or proof != self.asked["code_challenge"] or not authorization.startswith("Basic "):
            return None
        claims = {"iss": self.issuer, "aud": "us", "iat": int(self.now), "exp": int(self.now) + 300, "nonce": self.asked["nonce"]}
        signed = jwt.encode(
            {"alg": "RS256", "kid": "1"}, {**claims, **self.who, **self.lies}, self.other if self.forges else self.key
        )
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, content: Any, status: int = 200) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/keys":
                self.answer({"keys": [provider.key.as_dict(private=False)]})
                return
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            self.answer({"issuer": provider.issuer, **{name: f"{provider.issuer}/{path}" for name, path in names.items()}})

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            told = provider.token({name: value[0] for name, value in form.items()}, self.headers.get("authorization", ""))
            self.answer(told or {"error": "invalid_grant"}, 200 if told else 400)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def served(running: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {
        "oidc_issuer": running.issuer,
        "oidc_client_id": "us",
        "oidc_client_secret": SecretStr("secret"),
        "oidc_name": "Harbour ID",
    }
    with Served(partial(open_service, tmp_path_factory.mktemp("oidc"), **settings)) as opened:
        yield Site(opened)


@pytest.fixture
def provider(running: Provider, served: Site) -> Provider:
    running.who = {"sub": "u-1", "email": "auditor@example.org", "email_verified": True}
    running.lies, running.forges, running.now = {}, False, served.clock.now().timestamp()
    return running


def come_back(client: httpx.Client, provider: Provider, **changed: str) -> str:
    """Go to the provider and come back; where that leads."""
    there = client.get("/staff/oidc", params={"next": "/staff/account"}).headers["location"]
    assert there.startswith(provider.issuer)
    answer = client.get("/staff/oidc/back", params={**provider.authorize(there), **changed})
    return answer.headers["location"]


def test_an_account_is_found_once_by_e_mail_and_then_by_the_subject(served: Site, provider: Provider) -> None:
    with served.browser() as client:
        assert "Harbour ID" in client.get("/staff/sign-in").text
        assert come_back(client, provider) == "/staff/sign-in/second?next=/staff/account"
        assert client.get("/staff/account").status_code == 303, "the second factor is asked for here"
        assert client.post("/staff/sign-in/second", data={"code": served.code("auditor")}).status_code == 303
        assert client.get("/staff/account").status_code == 200
    provider.now = served.clock.now().timestamp()
    provider.who = {"sub": "u-1", "email": "somebody.else@example.org", "email_verified": False, "amr": ["pwd", "mfa"]}
    with served.browser() as client:
        assert come_back(client, provider) == "/staff/account", "the provider took a second factor"
        assert "auditor@example.org" in client.get("/staff/account").text


@pytest.mark.parametrize(
    "who",
    [
        {"sub": "u-2", "email": "evaluator@example.org", "email_verified": False},
        {"sub": "u-2", "email": "nobody@example.org", "email_verified": True},
        {"sub": "u-2"},
    ],
)
def test_nobody_comes_in_without_an_account_and_a_verified_e_mail(served: Site, provider: Provider, who: dict[str, Any]) -> None:
    provider.who = {**who, "amr": ["mfa"]}
    with served.browser() as client:
        assert come_back(client, provider) == "/staff/sign-in?said=elsewhere"
        assert client.get("/staff/account").status_code == 303


@pytest.mark.parametrize(
    "lies", [{"iss": "https://evil.example"}, {"aud": "others"}, {"nonce": "another"}, {"exp": 1}, {"sub": None}, {"forged": True}]
)
def test_a_token_that_is_not_for_us_is_not_believed(served: Site, provider: Provider, lies: dict[str, Any]) -> None:
    provider.forges = "forged" in lies
    provider.lies = {name: value for name, value in lies.items() if name != "forged"}
    with served.browser() as client:
        assert come_back(client, provider) == "/staff/sign-in?said=elsewhere"


def test_another_browsers_answer_is_refused(served: Site, provider: Provider) -> None:
    with served.browser() as client:
        assert come_back(client, provider, state="another") == "/staff/sign-in?said=elsewhere"
        assert come_back(client, provider, code="another") == "/staff/sign-in?said=elsewhere"
    with served.browser() as attacker, served.browser() as victim:
        there = attacker.get("/staff/oidc").headers["location"]
        answer = victim.get("/staff/oidc/back", params=provider.authorize(there))
        assert answer.headers["location"] == "/staff/sign-in?said=elsewhere"


def test_without_a_provider_there_is_no_such_page(fresh_site: Site) -> None:
    with fresh_site.browser() as client:
        assert client.get("/staff/oidc").status_code == 404
        assert "/staff/oidc" not in client.get("/staff/sign-in").text
        assert client.get("/staff/oidc/back", params={"state": "x", "code": "y"}).headers["location"].endswith("elsewhere")


def test_a_provider_that_is_not_there_is_said_on_the_page(tmp_path: Path) -> None:
    settings = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "us"}
    with Served(partial(open_service, tmp_path, **settings)) as opened, Site(opened).browser() as client:
        assert client.get("/staff/oidc").headers["location"] == "/staff/sign-in?said=elsewhere"
        assert "did not work" in client.get("/staff/sign-in", params={"said": "elsewhere"}).text
