"""Whoever names her town gets the agencies near it, the nearest first; where nothing is known nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.conversation.directory import NEAREST, Directory, load_directory

FILE = Path(__file__).parents[2] / "dialogues" / "agencies.yaml"


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load_directory(FILE)


@pytest.mark.parametrize(
    ("town", "first"),
    [
        ("surrey", {"DIVERSEcity Community Resources Society", "MOSAIC", "Options Community Services"}),
        ("delta", {"Pacific Community Resources Society"}),
        ("mission", {"Archway Community Services"}),
        ("maple_ridge", {"Immigrant Services Society of BC (ISSofBC)"}),
    ],
)
def test_the_nearest_comes_first(directory: Directory, town: str, first: set[str]) -> None:
    names = [entry.split("\n")[0] for entry in directory.entries(town)]

    assert names[0] in first
    assert len(names) == NEAREST


def test_a_region_is_shown_whole_even_where_a_town_has_its_name(directory: Directory) -> None:
    assert [entry.split("\n")[0] for entry in directory.entries("kelowna")] == ["KCR Community Resources"]
    assert len(directory.entries("metro_vancouver")) == 8


def test_of_a_place_without_coordinates_everything_is_shown(directory: Directory) -> None:
    assert len(directory.entries("fort_nelson")) == len(directory.agencies)


def test_every_place_of_an_agency_has_coordinates(directory: Directory) -> None:
    places = {place.casefold().replace(" ", "_") for agency in directory.agencies for place in agency.places}

    assert places <= directory.towns.keys()
