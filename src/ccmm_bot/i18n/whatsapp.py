"""The languages WhatsApp takes templates in, by our tags (Meta, "Supported languages" of message templates).

Tigrinya, Kurdish, Somali and Amharic are not among them: who speaks one of these gets a short template in her second language, and
everything else in her own as soon as she answers.
"""

from __future__ import annotations

from types import MappingProxyType

LOCALES = MappingProxyType(
    {
        "en": "en_CA",
        "fr": "fr_CA",
        "ar": "ar",
        "prs": "prs_AF",
        "fa": "fa",
        "ps": "ps_AF",
        "sw": "sw",
        "es": "es",
        "hi": "hi",
        "pa": "pa",
        "uk": "uk",
        "ru": "ru",
    }
)
