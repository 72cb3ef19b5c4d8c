"""A long text goes out as several messages of whole sentences; nothing is lost and no sign is cut, in any script."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.conversation.split import fitted, size, split
from ccmm_bot.messages import LIMITS, Button, ChannelKind, Content, Layout

SENTENCES = {
    "en": ["This is one.", "Is this two?", "Call 604.555.0100 now!"],
    "fr": ["Ceci est un.", "Est-ce deux ?", "Très bien…"],
    "ar": ["هذه جملة.", "هل هذه جملة؟", "نعم."],
    "prs": ["این یک جمله است.", "آیا این دو است؟", "بلی."],
    "fa": ["این یک جمله است.", "آیا می‌خواهید؟", "بله."],
    "ps": ["دا یوه جمله ده۔", "ایا دا دوه دي؟", "هو."],
    "ckb": ["ئەمە ڕستەیەکە.", "ئایا ئەمە دووە؟", "بەڵێ."],
    "kmr": ["Ev hevokek e.", "Ev du ne?", "Erê."],
    "ti": ["እዚ ምሉእ ሓሳብ እዩ።", "ካልኣይ ድዩ፧", "እወ።"],
    "so": ["Tani waa weedh.", "Ma labaa?", "Haa."],
    "sw": ["Hii ni sentensi.", "Je, ni mbili?", "Ndiyo."],
    "es": ["Esta es una frase.", "¿Son dos?", "Sí."],
    "hi": ["यह एक वाक्य है।", "क्या यह दूसरा है?", "हाँ।"],
    "pa": ["ਇਹ ਇੱਕ ਵਾਕ ਹੈ।", "ਕੀ ਇਹ ਦੂਜਾ ਹੈ?", "ਹਾਂ।"],
    "uk": ["Це речення.", "Це друге?", "Так."],
    "ru": ["Это предложение.", "Это второе?", "Да."],
    "am": ["ይህ ዓረፍተ ነገር ነው።", "ሁለተኛ ነው፧", "አዎ።"],
}
#: Letters, marks that belong to the letter before, signs of several code points, white space, enders of every script.
SIGNS = st.sampled_from(
    [*"ab .!?\n؟۔።፧፡।…هبمी्ਾкй", "e\u0301", "👩‍👩‍👧‍👦", "🇨🇦", "👍🏽", "می\u200cخواهم ", "क्षि", "ਸ਼ੁ", "604.555.0100 "]
)
TEXTS = st.lists(SIGNS, max_size=300).map("".join)


@given(TEXTS, st.integers(min_value=24, max_value=200))
def test_nothing_is_lost_added_or_moved(text: str, limit: int) -> None:
    assert "".join(split(text, limit)) == text


@given(TEXTS, st.integers(min_value=24, max_value=200))
def test_every_part_fits(text: str, limit: int) -> None:
    assert all(size(part) <= limit for part in split(text, limit))


@given(TEXTS, st.integers(min_value=24, max_value=200))
def test_no_sign_is_cut(text: str, limit: int) -> None:
    ends, at = set(), 0
    for part in split(text, limit):
        at += len(part)
        ends.add(at)
    assert ends <= {match.end() for match in regex.finditer(r"\X", text)} | {len(text)}


@given(
    st.lists(st.text(alphabet="abcйकሰب", min_size=1, max_size=12), min_size=1, max_size=60), st.integers(min_value=24, max_value=99)
)
def test_no_word_is_cut_that_fits_into_a_message(words: list[str], limit: int) -> None:
    assert [word for part in split(" ".join(words), limit) for word in part.split()] == words


@pytest.mark.parametrize("language", SENTENCES)
def test_messages_are_whole_sentences_in_every_language(language: str) -> None:
    sentences = SENTENCES[language]
    parts = split(" ".join(sentences * 20), 120)
    assert len(parts) > 2
    assert all(part.strip().endswith(tuple(sentences)) and part.strip().startswith(tuple(sentences)) for part in parts)


def test_a_sign_longer_than_a_whole_message_is_cut_rather_than_never_sent() -> None:
    stacked = "a" + "\u0301" * 50
    assert "".join(split(stacked, 20)) == stacked


def test_a_text_that_fits_is_left_as_it_is() -> None:
    content = Content(text=" As it is. ")
    assert fitted(content, LIMITS[ChannelKind.SMS]) == [content]


def test_buttons_stay_with_the_last_part() -> None:
    button = Button(payload="w1.yes", label="Yes")
    content = Content(text="One sentence. " * 100, layout=Layout.BUTTONS, buttons=(button,), language="fr")
    parts = fitted(content, LIMITS[ChannelKind.WHATSAPP])
    assert len(parts) == 2
    assert [part.buttons for part in parts] == [(), (button,)]
    assert [part.layout for part in parts] == [Layout.TEXT, Layout.BUTTONS]
    assert {part.language for part in parts} == {"fr"}
    assert " ".join(part.text for part in parts) == content.text.strip()
