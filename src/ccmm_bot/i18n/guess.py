"""Guessing the language of a first message: only to show the likely ones first. The numbered menu is always shown.

Letters that only one language writes weigh most, then its commonest words, then Compact Language Detector 2, then the language a
person's app is set to. On short messages none of them is right often enough to decide anything.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

import pycld2

from ccmm_bot.i18n.languages import TAGS, from_telegram, language
from ccmm_bot.i18n.names import by_name

_LONGEST = 1000  # characters looked at
_MOST = 4  # tags returned
_LETTER, _WORD, _DETECTED, _HINT = 3.0, 2.0, 3.0, 1.5

#: Letters only (or nearly only) that language writes, among ours that share the script.
_LETTERS: dict[str, str] = {
    "ps": "ټډړږښڼېۍځڅګ",
    "ckb": "ێۆڵڕڤە",
    "ar": "ةىأإكيؤ",
    "ti": "ቐቕቖኸሓኣዓጽሕ",
    "am": "ኧሥኛ",
    "kmr": "êîûşç",
    "es": "ñ¿¡",
    "fr": "èàùœë",
    "uk": "іїєґ",
    "ru": "ыэъё",
}
#: Common to Persian and Dari, and told from Arabic by letters; between the two, their words decide.
_PERSIAN_LETTERS = "پچژگکی"

#: Common short words, each a sign of one language among those that share its script.
_WORDS: dict[str, str] = {
    "en": "the i need help please hello hi and is my to want you me a we have speak with thanks english",
    "fr": "je bonjour merci aide besoin le la les de et est mon ma un une pour avec salut parle français",
    "es": "hola necesito ayuda por favor gracias el la los de y mi un una para con quiero tengo buenos dias español",
    "so": "waxaan waan ma iyo caawimaad caawimo rabaa mahadsanid baan ku waa aan u baahanahay salaan iska warran soo wan ayaan",
    "sw": "nataka nahitaji ninahitaji msaada habari asante na ya wa kwa ni tafadhali mimi jambo hujambo sina nina shikamoo",
    "kmr": "ez min alîkarî alikari dixwazim spas merheba rojbaş silav heye nîne bi ji re tu çawa me hewceyê",
    "ar": "السلام عليكم مرحبا اريد أريد احتاج أحتاج مساعدة انا أنا من في على شكرا هل عندي لدي بدي ممكن محتاج",
    "prs": "سلام میخواهم کمک لطفا تشکر داکتر مکتب شفاخانه بلی هستم استم ره خانه کار ما من میخایم میخوایم نمیفامم فامیل",
    "fa": "سلام میخوام می‌خوام کمک لطفا مرسی ممنون دکتر مدرسه بیمارستان خوبه هستم من دارم نمیدونم خونه است",
    "ps": "سلام زه مرسته غواړم مننه له په د او یم ته مې کور ستړی مه شې چې",
    "ckb": "سڵاو من یارمەتی دەوێت سوپاس لە بۆ و چۆنی پێویستم",
    "ti": "ሰላም ኣነ ሓገዝ ይደሊ እየ ናይ ካብ ኣብ የቐንየለይ ከመይ እዩ ክሕግዘኒ በጃኹም የድልየኒ አነ",
    "am": "ሰላም እኔ እርዳታ እፈልጋለሁ ነኝ ነው እና ከ ወደ አመሰግናለሁ እንዴት እባክዎ ጤና",
    "hi": "नमस्ते मुझे मदद चाहिए है मैं और namaste mujhe madad chahiye hai mera",
    "pa": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ ਮੈਨੂੰ ਮਦਦ ਚਾਹੀਦੀ ਹੈ ਮੈਂ sat sri akal mainu madad chahidi",
    "uk": "привіт мені потрібна допомога дякую вітаю добрий день я не що в на будь ласка треба",
    "ru": "привет мне нужна помощь спасибо здравствуйте добрый день я не что в на пожалуйста надо",
}
_SETS = {tag: frozenset(words.split()) for tag, words in _WORDS.items()}

_SCRIPTS: dict[str, tuple[str, ...]] = {
    "ARABIC": ("ar", "prs", "fa", "ps", "ckb"),
    "ETHIOPIC": ("ti", "am"),
    "DEVANAGARI": ("hi",),
    "GURMUKHI": ("pa",),
    "CYRILLIC": ("uk", "ru"),
}
_DETECTED_AS = {"ku": ("kmr", "ckb"), "fa": ("fa", "prs")}
_BY_CLIENTS = {tag: language(tag).clients for tag in TAGS}


def likely_languages(text: str, hint: str | None = None) -> tuple[str, ...]:
    """Our tags for the language ``text`` may be in, likeliest first, at most four; empty where nothing speaks for any.

    ``hint`` is the language code of the person's app. A message that is a language's name comes back as that language alone.
    """
    text = text[:_LONGEST]
    named = by_name(text)
    if named is not None:
        return (named,)
    scores: defaultdict[str, float] = defaultdict(float)
    possible = _possible(text)
    for tag, score in (*_by_letters(text), *_by_words(text), *_detected(text)):
        if not possible or tag in possible:
            scores[tag] += score
    for tag in from_telegram(hint):
        scores[tag] += _HINT
    if possible:
        for tag in possible:
            scores[tag] += 0
    ordered = sorted(scores, key=lambda tag: (-scores[tag], -_BY_CLIENTS[tag]))
    return tuple(ordered[:_MOST])


def _possible(text: str) -> tuple[str, ...]:
    """The languages of the script most letters are in; empty for Latin, which half the world also types its own language in."""
    counts: Counter[str] = Counter()
    for char in text:
        if char.isalpha():
            counts[unicodedata.name(char, "?").split(" ")[0]] += 1
    return _SCRIPTS.get(counts.most_common(1)[0][0], ()) if counts else ()


def _by_letters(text: str) -> Iterator[tuple[str, float]]:
    lowered = text.lower()
    for tag, letters in _LETTERS.items():
        found = sum(lowered.count(letter) for letter in letters)
        if found:
            yield tag, _LETTER * min(found, 3) / 3
    if any(letter in lowered for letter in _PERSIAN_LETTERS):
        yield "prs", _LETTER / 3
        yield "fa", _LETTER / 3


def _by_words(text: str) -> Iterator[tuple[str, float]]:
    words = text.lower().replace(",", " ").replace("،", " ").replace(".", " ").replace("!", " ").replace("?", " ").split()
    for tag, common in _SETS.items():
        found = sum(1 for word in words if word in common)
        if found:
            yield tag, _WORD * found / len(words) + 0.2 * found


def _detected(text: str) -> Iterator[tuple[str, float]]:
    printable = "".join(char for char in text if char.isprintable() or char == " ")
    try:
        reliable, _, details = pycld2.detect(printable.encode("utf-8", "ignore"), bestEffort=True)
    except pycld2.error:
        return
    for _, code, percent, _ in details:
        for tag in _DETECTED_AS.get(code, (code,)):
            if tag in _BY_CLIENTS:
                yield tag, _DETECTED * percent / 100 * (1.0 if reliable else 0.5)
