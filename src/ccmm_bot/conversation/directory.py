"""Directories of contacts, read from a data file (``dialogues/agencies.yaml``): real numbers, names never translated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ccmm_bot.errors import ConfigurationError

#: So many agencies are shown for a place: more is a list nobody reads on a phone.
NEAREST: Final = 4


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
    towns: dict[str, tuple[float, float]] = {}


@dataclass(frozen=True, slots=True)
class Directory:
    """The agencies of the directory (CCMM report, annex of contacts), as short plain texts."""

    agencies: tuple[_Agency, ...]
    towns: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # place id → latitude, longitude in degrees

    def entries(self, where: str | None) -> Sequence[str]:
        """One text an agency: of the region ``where``, or the nearest ones to the place ``where``, the nearest first.

        Every agency for ``None``, a region nobody serves, or a place whose coordinates the file does not have: where nothing is
        known nothing is guessed.
        """
        near = [agency for agency in self.agencies if where in agency.regions]
        if not near and where is not None and (here := self.towns.get(where)) is not None:
            far = [(self._distance(agency, here), number) for number, agency in enumerate(self.agencies)]
            return [_entry(self.agencies[number]) for distance, number in sorted(far)[:NEAREST] if distance < math.inf]
        return [_entry(agency) for agency in (near or self.agencies)]

    def _distance(self, agency: _Agency, here: tuple[float, float]) -> float:
        """To its nearest place, as the crow flies, in degrees of latitude: good enough to put towns of one valley in order."""
        known = [self.towns[id_] for place in agency.places if (id_ := place.casefold().replace(" ", "_")) in self.towns]
        slant = math.cos(math.radians(here[0]))
        return min((math.hypot(lat - here[0], (lon - here[1]) * slant) for lat, lon in known), default=math.inf)


def load_directory(file: Path) -> Directory:
    """Read the data file. Raises :class:`ConfigurationError` naming file and fault."""
    try:
        data = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        read = _File.model_validate(data)
        return Directory(agencies=read.agencies, towns=read.towns)
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
