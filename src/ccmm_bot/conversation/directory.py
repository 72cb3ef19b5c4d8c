"""Directories of contacts, read from a data file (``dialogues/agencies.yaml``): real numbers, names never translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ccmm_bot.errors import ConfigurationError


class _Agency(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str
    programme: str = ""
    phone: str = ""
    email: str = ""
    places: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    agencies: tuple[_Agency, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """The agencies of the directory (CCMM report, annex of contacts), as short plain texts."""

    agencies: tuple[_Agency, ...]

    def entries(self, where: str | None) -> Sequence[str]:
        """One text an agency of the region ``where``; every agency for ``None`` or a region nobody serves."""
        near = [agency for agency in self.agencies if where in agency.regions]
        return [_entry(agency) for agency in (near or self.agencies)]


def load_directory(file: Path) -> Directory:
    """Read the data file. Raises :class:`ConfigurationError` naming file and fault."""
    try:
        data = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        return Directory(agencies=_File.model_validate(data).agencies)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    except YAMLError as error:
        raise ConfigurationError(f"{file} is not valid YAML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ConfigurationError(f"{file}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error


def _entry(agency: _Agency) -> str:
    lines = [agency.name, ", ".join(agency.places), agency.phone, agency.email]
    return "\n".join(line for line in lines if line)
