"""The Content API's resources: twilio.com/docs/content/content-api-resources, "twilio/quick-reply", "twilio/list-picker"."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator
from typing import Any

_SLOT = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


class Refused(Exception):
    """A 400 with Twilio's code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Contents:
    """What one account has made."""

    def __init__(self, account_sid: str) -> None:
        self._account = account_sid
        self._lock = threading.Lock()
        self.made: dict[str, dict[str, Any]] = {}
        self.approvals: dict[str, dict[str, Any]] = {}

    def make(self, request: dict[str, Any]) -> dict[str, Any]:
        """A new resource ("Create templates"): language and types are required; names need not be unique."""
        if not request.get("language") or not request.get("types"):
            raise Refused(20001, "language and types are required")
        for kind, shown in request["types"].items():
            self._check(kind, shown)
        sid = f"HX{secrets.token_hex(16)}"
        now = "2026-01-05T10:00:00Z"
        resource = {
            "sid": sid,
            "account_sid": self._account,
            "friendly_name": request.get("friendly_name"),
            "language": request["language"],
            "variables": request.get("variables") or {},
            "types": request["types"],
            "date_created": now,
            "date_updated": now,
            "url": f"https://content.twilio.com/v1/Content/{sid}",
            "links": {},
        }
        with self._lock:
            self.made[sid] = resource
        return resource

    @staticmethod
    def _check(kind: str, shown: dict[str, Any]) -> None:
        if not shown.get("body") or len(shown["body"]) > 1024:
            raise Refused(20001, "body: at most 1,024 characters")  # both pages: "Maximum length: 1,024 characters"
        if kind == "twilio/quick-reply":
            # "You can include up to ten quick-reply buttons"; only three in a session without approval. Titles: 20 characters.
            actions = shown.get("actions") or []
            if not 1 <= len(actions) <= 10 or any(not action["title"] or len(action["title"]) > 20 for action in actions):
                raise Refused(20001, "actions: 1 to 10, titles at most 20 characters")
        elif kind == "twilio/list-picker":
            # "Minimum: 1 item, Maximum: 10 items"; item 24, id 200, description 72; button and item are required.
            items = shown.get("items") or []
            if not shown.get("button") or not 1 <= len(items) <= 10:
                raise Refused(20001, "button is required; items: 1 to 10")
            for item in items:
                if not item.get("item") or len(item["item"]) > 24 or not item.get("id") or len(item["id"]) > 200:
                    raise Refused(20001, "item: at most 24 characters, id at most 200")

    def submit(self, sid: str, request: dict[str, Any]) -> dict[str, Any]:
        """Names have lower case letters, digits and underscores; variables stand neither at an end nor side by side (Meta)."""
        if sid not in self.made:
            raise Refused(20404, "no such content")
        name, category = request.get("name") or "", request.get("category")
        if not re.fullmatch(r"[a-z0-9_]{1,512}", name) or category not in ("UTILITY", "MARKETING", "AUTHENTICATION"):
            raise Refused(20001, "name or category")
        body = next(iter(self.made[sid]["types"].values()))["body"].strip()
        slot = r"\{\{\d+\}\}"
        bad = re.match(slot, body) or re.search(slot + r"\Z", body) or re.search(slot + r"\s*" + slot, body)
        state = {"name": name, "category": category, "content_type": next(iter(self.made[sid]["types"]))}
        self.approvals[sid] = state | {
            "status": "rejected" if bad else "received",
            "rejection_reason": "Variables can't be at the start or end of the template." if bad else "",
        }
        return self.approvals[sid]

    def approval(self, sid: str) -> dict[str, Any]:
        """What became of it."""
        return self.approvals.get(sid, {"status": "unsubmitted", "rejection_reason": ""})

    def approve(self) -> None:
        """Meta's people say yes to everything that was not refused at once."""
        for state in self.approvals.values():
            if state["status"] in ("received", "pending"):
                state["status"] = "approved"

    def named(self, pattern: str) -> Iterator[dict[str, Any]]:
        """Resources by name ("ContentName: Filter by Regex Pattern in content name", twilio-python, content/v2)."""
        found = re.compile(pattern)
        with self._lock:
            resources = tuple(self.made.values())
        return (each for each in resources if found.search(each["friendly_name"] or ""))

    def body(self, sid: str, variables: dict[str, str]) -> str:
        """The text of a message made from content. Values: at most 100, of at most 255 characters, or the default is used."""
        if sid not in self.made:
            raise Refused(21655, "The ContentSid is invalid")  # Error dictionary 21655
        if len(variables) > 100 or any(len(value) > 255 for value in variables.values()):
            raise Refused(21656, "The ContentVariables Parameter is invalid")
        return self.fill(sid, next(iter(self.made[sid]["types"].values()))["body"], variables)

    def fill(self, sid: str, text: str, variables: dict[str, str]) -> str:
        """A text with its variables: "If you don't provide a placeholder value … the default value specified in variables"."""
        defaults = self.made[sid]["variables"]
        return _SLOT.sub(lambda match: variables.get(match[1], defaults.get(match[1], match[0])), text)

    def buttons(self, sid: str, variables: dict[str, str]) -> list[tuple[str, str]]:
        """(label, id) of each button or item, filled in: what a tap sends back."""
        shown = next(iter(self.made[sid]["types"].values()))
        pairs = [(each["title"], each["id"]) for each in shown.get("actions", ())]
        pairs += [(each["item"], each["id"]) for each in shown.get("items", ())]
        return [(self.fill(sid, label, variables), self.fill(sid, payload, variables)) for label, payload in pairs]
