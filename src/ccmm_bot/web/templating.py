"""Pages out of templates: everything escaped, every text through the catalogue, every foreign word marked with its language.

The interface is English and French. Its texts go through the Babel domain ``staff`` (:func:`translator`), so that another language
is a catalogue away.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unicodedata import bidirectional

from markupsafe import Markup, escape
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from ccmm_bot.casework.access.policy import Permission, allows
from ccmm_bot.i18n import interface
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language, UnknownLanguage, language
from ccmm_bot.web import when, words
from ccmm_bot.web.assets import static_url
from ccmm_bot.web.menu import menu

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: Seven digits or more, of any script, in groups or not.
_TELEPHONE: Final = re.compile(r"(\+?\d(?:[ \u00a0.()/-]{0,2}\d){6,})")


def translator(locales_dir: Path, tag: str) -> NullTranslations:
    """The interface's texts in the language ``tag``; English where it has none."""
    return interface.speaking(locales_dir, tag)


@lru_cache(maxsize=4)
def interface_languages(locales_dir: Path) -> tuple[Language, ...]:
    """The languages the interface speaks: English, and those with a catalogue."""
    return tuple(each for each in LANGUAGES if each.tag == SOURCE or interface.has(locales_dir, each.tag))


def asked_language(request: HTTPConnection, locales_dir: Path) -> str:
    """The interface language of somebody asking: her own where she is known, else the first her browser asks for that we have."""
    known = getattr(request.state, "language", None)
    if isinstance(known, str):
        return known
    ours = {each.html_lang.partition("-")[0]: each.tag for each in interface_languages(locales_dir)}
    asked = (
        part.partition(";")[0].strip().partition("-")[0].lower() for part in request.headers.get("accept-language", "").split(",")
    )
    return next((ours[name] for name in asked if name in ours), SOURCE)


def known_language(tag: str | None) -> Language | None:
    """The language of a stored tag; ``None`` where nothing was chosen yet or the tag is from another time."""
    try:
        return language(tag) if tag else None
    except UnknownLanguage:
        return None


def spoken(text: object, tag: str | None = None) -> Markup:
    """What a person wrote or reads, isolated from the page around it, with its language where it is known.

    The direction is found from the text itself: people type names and numbers of one script inside the other. A telephone number
    within a text from right to left is isolated as well: its groups would be ordered from right to left, and staff would dial
    another number than was written.
    """
    found = known_language(tag)
    attribute = Markup(' lang="{}"').format(found.html_lang) if found else Markup("")
    said = str(text)
    rightwards = any(bidirectional(sign) in ("R", "AL") for sign in said)
    parts = _TELEPHONE.split(said) if rightwards else [said]
    shown = Markup("").join(
        Markup('<bdi dir="ltr">{}</bdi>').format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )
    return Markup('<bdi class="spoken" dir="auto"{}>{}</bdi>').format(attribute, shown)


@lru_cache(maxsize=8)
def environment(locales_dir: Path, tag: str = "en") -> Environment:
    """The templates, speaking one interface language."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # loaded with the first page

    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = translator(locales_dir, tag)
    # The extension adds this method to the environment when it is loaded.
    install: Callable[..., None] = env.install_gettext_translations  # type: ignore[attr-defined]
    install(catalogue, newstyle=True)
    locale = language(tag).catalogue
    env.globals["static"] = static_url
    env.globals["menu"] = menu
    env.globals["allows"] = lambda reader, name: allows(reader.role, Permission(name))
    env.globals["interface"] = language(tag)
    env.globals["language_of"] = known_language
    env.filters["tongue"] = lambda entry: entry.name_in(tag)
    env.filters["own_tongue"] = lambda entry: entry.autonym_beside(tag)
    env.filters["bc"] = lambda moment: when.bc_time(moment, locale)
    env.filters["day"] = lambda day: when.bc_day(day, locale)
    env.filters["local"] = when.local
    env.filters["iso"] = when.iso
    env.filters["ago"] = lambda moment, now: when.ago(moment, now, catalogue.gettext)
    env.filters["spoken"] = spoken
    env.filters["words"] = lambda name, family: catalogue.gettext(words.words(family, name))
    return env


def _encodable(text: str) -> str:
    """The text with what no page can hold (half a surrogate pair, NUL) shown as U+FFFD; people do send such things."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def rendered(env: Environment, template: str, **values: Any) -> str:
    """A template as text."""
    return _encodable(env.get_template(template).render(**values))


def page(
    env: Environment, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """One rendered page or fragment, never kept by the browser."""
    return HTMLResponse(
        rendered(env, template, **values),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
