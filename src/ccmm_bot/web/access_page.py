"""The whole policy as one page (``docs/access.md``): every address, who may call it, and whose the thing may be that it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ccmm_bot.casework.access.policy import Permission, allows
from ccmm_bot.store.tables import Role
from ccmm_bot.web.access import ACCESS, Door
from ccmm_bot.web.access_systems import needed_by_systems
from ccmm_bot.web.access_views import LISTS_BY_POST, NOT_WATCHED
from ccmm_bot.web.access_whose import Whose, whose
from ccmm_bot.web.watching import is_watched

_ROLES: Final = (
    (Role.CASE_MANAGER, "CM"),
    (Role.SUPERVISOR, "Sup"),
    (Role.ADMINISTRATOR, "Adm"),
    (Role.AUDITOR, "Aud"),
    (Role.EVALUATOR, "Eval"),
    (Role.OPERATOR, "Op"),
)
_WHOSE: Final = {
    Whose.PERSON: "a person hers to see",
    Whose.AGENCY: "her agency's",
    Whose.OWN: "her own",
    Whose.INSTALLATION: "any agency",
    Whose.NOBODY: "",
}
_DOORS: Final = {
    Door.PUBLIC: "everybody",
    Door.PROVIDER: "a provider, by signature or secret",
    Door.HALFWAY: "who has given the right password",
    Door.SIGNED_IN: "any account",
    Door.WATCHER: "who watches the service: this machine, or with a token",
    Door.DEMONSTRATION: "the demonstration, on its own machine",
}

_HEAD: Final = """# Who may call what

One table decides: the address and method (`web/access.py`), the permission it needs and the roles that have it
(`casework/access/policy.py`), and whose the thing may be that the address names (`web/access_whose.py`). A route that is missing in
it keeps the application from starting, and a test calls every one in every role, with what is one's own, a colleague's, another
agency's and nobody's. What is not the reader's answers 404, with the same page as what never was; what her role does not include
answers 403.

*A person hers to see*: for a case manager her own cases and their households, those she stands in for, people nobody has taken on,
and flags that were given to her; everybody else only with a reason, for four hours ([accounts.md](accounts.md)). Supervisors,
administrators and auditors see everybody of their agency. *Written down*: opening the page leaves an entry in the audit with who
and whom, before the page goes out.
"""


def access_page() -> str:
    """The page."""
    return "\n".join((_HEAD, *_staff(), *_systems(), *_others(), *_unwatched(), ""))


def _staff() -> Iterator[str]:
    yield "## Pages of staff\n"
    yield f"| | | {' | '.join(short for _role, short in _ROLES)} | whose | written down |"
    yield f"|---|---|{'---|' * len(_ROLES)}---|---|"
    for (method, path), need in sorted(ACCESS.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        if isinstance(need, Permission):
            marks = " | ".join("yes" if allows(role, need) else "" for role, _short in _ROLES)
            kept = "yes" if is_watched(method, path) else "by its change" if method != "GET" and path not in LISTS_BY_POST else ""
            yield f"| {method} | `{path}` | {marks} | {_WHOSE[whose(path)]} | {kept} |"
    yield ""


def _systems() -> Iterator[str]:
    yield "## Other systems of an agency\n"
    yield "A token sees its agency. Reading ones have the rights of an auditor, writing ones those of a case manager.\n"
    yield "| | | needs |"
    yield "|---|---|---|"
    for (method, path), need in sorted(ACCESS.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        if need is Door.SYSTEM:
            yield f"| {method} | `{path}` | `{needed_by_systems(method, path).value}` |"
    yield ""


def _others() -> Iterator[str]:
    yield "## Everything else\n"
    yield "| | | who |"
    yield "|---|---|---|"
    for (method, path), need in sorted(ACCESS.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        if isinstance(need, Door) and need is not Door.SYSTEM:
            yield f"| {method} | `{path}` | {_DOORS[need]} |"
    yield ""


def _unwatched() -> Iterator[str]:
    yield "## Pages that are not written down, and why\n"
    yield "| | |"
    yield "|---|---|"
    yield from (f"| `{path}` | {reason} |" for path, reason in sorted(NOT_WATCHED.items()))
