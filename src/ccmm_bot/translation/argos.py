"""The library behind the port: argostranslate, without what it would download and without what it says.

What is particular about it is here and nowhere else, with the reason. The version is pinned, because this rests on how it works:

- imported as it is, it loads stanza (and with it torch) and minisbd: both are replaced by empty modules while it is imported;
- it makes folders in the home of whoever runs it and reads settings from the environment: it gets a folder of ours instead;
- a package without sentence splitter would download one at the first translation: every package gets ours before that;
- it writes every text it is given into its log: that log is closed;
- an underscore comes back as a space, and numbers may come back changed: see :mod:`.masking`.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from ccmm_bot.i18n.languages import MachineTranslation, UnknownLanguage, language
from ccmm_bot.logs import get_logger
from ccmm_bot.translation.masking import translate_around
from ccmm_bot.translation.packages import Package, installed
from ccmm_bot.translation.result import State, Translated
from ccmm_bot.translation.sentences import sentences

_log = get_logger(__name__)

#: Read at import only. One thread for each translation: the service has other things to do.
_ENVIRONMENT: Final = {"ARGOS_INTRA_THREADS": "1", "ARGOS_INTER_THREADS": "1", "ARGOS_DEBUG": "0", "ORT_DISABLE_TELEMETRY": "1"}
_HOMES: Final = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
_LEFT_OUT: Final = ("stanza", "minisbd", "spacy")
#: A chain is never longer: each link loses something.
_LINKS: Final = 2
#: A language without models of its own that is read through its neighbour's. Staff are told.
_THROUGH: Final = {"prs": "fa"}
#: No translation is so much longer than what it translates.
_RUNAWAY, _RUNAWAY_ROOM = 5, 200
_importing = threading.Lock()


class Sentences:
    """Our splitter, as the library calls one."""

    def split_sentences(self, text: str) -> list[str]:
        """The sentences."""
        return sentences(text)


class ArgosTranslator:
    """:class:`~ccmm_bot.translation.result.Translator` with the packages in ``folder``. Models are loaded when first needed.

    Without the library, or without a package for the languages, the answer is :attr:`State.NO_MODEL`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one_at_a_time = threading.Lock()
        self._loaded: dict[Path, tuple[float, Any]] = {}

    def can(self, source: str, target: str) -> bool:
        """See :class:`~ccmm_bot.translation.result.Translator`."""
        return is_there() and self._chain(source, target) is not None

    def models(self) -> frozenset[str]:
        """See :class:`~ccmm_bot.translation.result.Translator`."""
        return frozenset(package.label for package in installed(self._folder)) if is_there() else frozenset()

    def works(self, package: Package, text: str) -> bool:
        """Whether a package can be loaded and says anything to ``text``; nothing is judged about what it says."""
        try:
            with self._one_at_a_time:
                return bool(_through([self._model(package)], text))
        except Exception as error:
            _log.error("a translation model cannot be used", model=package.label, error=type(error))
            return False

    def translate(self, text: str, source: str, target: str) -> Translated:
        """See :class:`~ccmm_bot.translation.result.Translator`."""
        chain = self._chain(source, target) if is_there() else None
        if chain is None:
            return Translated(state=State.NO_MODEL)
        try:
            with self._one_at_a_time:
                models = [self._model(package) for package in chain]
                said = translate_around(text, lambda sentence: _through(models, sentence))
        except Exception as error:
            # What it raises may quote the text: only its kind is logged.
            _log.error("translating failed", source=source, target=target, error=type(error))
            return Translated(state=State.ERROR)
        if not said.strip() or len(said) > _RUNAWAY * len(text) + _RUNAWAY_ROOM:
            return Translated(state=State.ERROR)  # a model that has lost the thread repeats itself without end
        return Translated(state=State.OK, text=said, model=" + ".join(package.label for package in chain))

    def _chain(self, source: str, target: str) -> tuple[Package, ...] | None:
        """The shortest way from one language to the other."""
        start, end = code_of(source), code_of(target)
        by_source: dict[str, list[Package]] = {}
        for package in installed(self._folder):
            by_source.setdefault(package.source, []).append(package)
        waiting: deque[tuple[str, tuple[Package, ...]]] = deque([(start, ())])
        while waiting:
            at, way = waiting.popleft()
            if at == end:
                return way or None
            if len(way) < _LINKS:
                waiting.extend((package.target, (*way, package)) for package in by_source.get(at, ()))
        return None

    def _model(self, package: Package) -> Any:
        """The library's own translation of a package; loaded anew where the package was replaced."""
        changed = (package.folder / "metadata.json").stat().st_mtime
        known = self._loaded.get(package.folder)
        if known is not None and known[0] == changed:
            return known[1]
        library = _library(self._folder)
        made = library.translate.PackageTranslation(
            library.translate.Language(package.source, package.source),
            library.translate.Language(package.target, package.target),
            library.package.Package(package.folder),
        )
        made.sentencizer = Sentences()
        self._loaded[package.folder] = changed, made
        return made


def is_there() -> bool:
    """Whether the library is installed."""
    return importlib.util.find_spec("argostranslate") is not None and importlib.util.find_spec("ctranslate2") is not None


def code_of(tag: str) -> str:
    """The code a model for our language has; of a language that is read through another one, that one's."""
    return _THROUGH.get(tag, tag)


def is_approximate(tag: str) -> bool:
    """Whether a translation of the language is made by a neighbour's model."""
    try:
        return language(tag).machine_translation is MachineTranslation.APPROXIMATE
    except UnknownLanguage:
        return False


def _through(models: list[Any], sentence: str) -> str:
    for model in models:
        sentence = model.hypotheses(sentence, 1)[0].value
    return str(sentence).strip()


class _Library:
    """The two modules of it that are used."""

    def __init__(self) -> None:
        self.package: Any = importlib.import_module("argostranslate.package")
        self.translate: Any = importlib.import_module("argostranslate.translate")


def _library(folder: Path) -> _Library:
    with _importing:
        if "argostranslate.translate" not in sys.modules:
            home = str(folder / ".library")
            settings = {**_ENVIRONMENT, **dict.fromkeys(_HOMES, home), "ARGOS_PACKAGES_DIR": str(folder / ".library" / "packages")}
            logging.getLogger("argostranslate.utils").addFilter(lambda _record: False)
            with _environment(settings), _left_out():
                return _Library()
    return _Library()


@contextmanager
def _environment(changed: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _left_out() -> Iterator[None]:
    """Empty modules in the place of the heavy ones, whether they are installed or not."""
    before = {name: sys.modules.get(name) for name in _LEFT_OUT}
    for name in _LEFT_OUT:
        sys.modules[name] = _empty(name)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


def _empty(name: str) -> ModuleType:
    module, models = ModuleType(name), ModuleType(f"{name}.models")
    vars(models).update(list_models=list)
    vars(module).update(models=models, SBDetect=None)
    return module
