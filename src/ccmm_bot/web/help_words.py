"""What the help lines of the data file are for, as texts of the catalogue: the page asks for them by their English."""

from __future__ import annotations

from typing import Final


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text


PURPOSES: Final = (
    N_("danger now: police, fire, ambulance"),
    N_("suicide crisis, call or text, day and night, English and French"),
    N_("suicide crisis, BC, day and night"),
    N_("mental health support, BC, day and night, no area code"),
    N_("health advice by nurses, day and night, interpreters in 130 and more languages"),
    N_("community, social and government services, day and night, 150 and more languages"),
    N_("victims of family or sexual violence or any crime, BC, day and night, 110 and more languages"),
    N_("a child in danger, BC, day and night, no area code"),
    N_("children and young people, to talk, day and night"),
    N_("abuse of older adults, BC, 8:00 to 20:00 every day"),
)
