"""The packages of models an operator has installed: ``.argosmodel`` files, unpacked into a folder of ours.

Which models to trust, and under which licence, is the operator's decision: nothing is ever downloaded.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ccmm_bot.errors import CcmmError

#: Unpacked; the models of the public index are at most a tenth of it.
_LARGEST: Final = 2_000_000_000
_CODE: Final = re.compile(r"[a-z]{2,3}")
_FILES: Final = frozenset({"metadata.json", "model/model.bin"})
_TOKENIZERS: Final = frozenset({"sentencepiece.model", "bpe.model"})


class NotAModel(CcmmError):
    """The file cannot be used as a model; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An installed package. ``source`` and ``target`` are its own language codes."""

    source: str
    target: str
    version: str
    folder: Path

    @property
    def label(self) -> str:
        """``es-en 1.0``."""
        return f"{self.source}-{self.target} {self.version}".strip()


def installed(folder: Path) -> tuple[Package, ...]:
    """What is there. A folder that is no package is passed over."""
    if not folder.is_dir():
        return ()
    found = (_read(each) for each in sorted(folder.iterdir()) if each.is_dir() and not each.name.startswith("."))
    return tuple(each for each in found if each is not None)


def install(folder: Path, file: Path) -> Package:
    """Unpack ``file``; one for the same languages is replaced. Raises :class:`NotAModel`, and leaves nothing behind then."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder) as staging:
        unpacked = _unpack(file, Path(staging))
        package = _read(unpacked)
        if package is None:
            raise NotAModel("Its metadata.json does not say which languages it is for.")
        target = folder / f"{package.source}_{package.target}"
        if target.exists():
            target.rename(Path(staging) / "old")
        unpacked.rename(target)
    return Package(source=package.source, target=package.target, version=package.version, folder=target)


def remove(folder: Path, source: str, target: str) -> bool:
    """Take a package away; whether there was one."""
    for package in installed(folder):
        if (package.source, package.target) == (source, target):
            shutil.rmtree(package.folder)
            return True
    return False


def _read(folder: Path) -> Package | None:
    try:
        metadata: Any = json.loads((folder / "metadata.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(metadata, dict) or metadata.get("type", "translate") != "translate":
        return None
    source, target = metadata.get("from_code"), metadata.get("to_code")
    if not (isinstance(source, str) and isinstance(target, str) and _CODE.fullmatch(source) and _CODE.fullmatch(target)):
        return None
    return Package(source=source, target=target, version=str(metadata.get("package_version", ""))[:40], folder=folder)


def _unpack(file: Path, staging: Path) -> Path:
    try:
        with zipfile.ZipFile(file) as archive:
            top = _top(archive)
            archive.extractall(staging)  # member by member into the folder: absolute names and ".." are refused in _top
    except FileNotFoundError:
        raise NotAModel("There is no such file.") from None
    except (zipfile.BadZipFile, OSError, RuntimeError):
        raise NotAModel("It cannot be read as an .argosmodel file (a zip archive).") from None
    return staging / top


def _top(archive: zipfile.ZipFile) -> str:
    """The one folder everything is in, once it is sure that unpacking it does nothing else."""
    members = archive.infolist()
    paths = [PurePosixPath(member.filename) for member in members]
    if any(path.is_absolute() or ".." in path.parts or "\\" in str(path) for path in paths):
        raise NotAModel("It holds names that lead out of its own folder.")
    if any(member.external_attr >> 28 == 0o12 for member in members):
        raise NotAModel("It holds links.")
    if sum(member.file_size for member in members) > _LARGEST:
        raise NotAModel("It is larger than any model of this kind.")
    tops = {path.parts[0] for path in paths if path.parts}
    if len(tops) != 1:
        raise NotAModel("It has to hold exactly one folder.")
    inside = {PurePosixPath(*path.parts[1:]).as_posix() for path in paths}
    if not inside >= _FILES or not inside & _TOKENIZERS:
        raise NotAModel("It lacks metadata.json, model/model.bin, or a tokenizer (sentencepiece.model or bpe.model).")
    return tops.pop()
