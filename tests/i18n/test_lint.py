"""The catalogues' check: every rule has a translation it refuses and one it accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.i18n import pofiles, topics
from ccmm_bot.i18n.languages import TAGS, language
from ccmm_bot.i18n.lint.entry import Entry, Severity
from ccmm_bot.i18n.lint.registry import CATALOGUE_RULES, RULES
from ccmm_bot.i18n.lint.run import lint, lint_all
from ccmm_bot.i18n.pofiles import ReviewStatus
from ccmm_bot.i18n.topics import neutral_keys
from ccmm_bot.settings import Settings

CALL = "Call 604 636 4712 or write to movingahead@mosaicbc.org."
LONG = "You can ask for help with a home, with money, and with the papers of your family."

#: code, tag, English, a translation that breaks the rule, one that does not
CASES = [
    ("L101", "fr", "Hello from {service_name}.", "Bonjour.", "Bonjour de {service_name}."),
    ("L101", "fr", "Hello.", "Bonjour de {service_name}.", "Bonjour."),
    ("L101", "ar", "Hello from {service_name}.", "مرحبا من {service_nam}.", "مرحبا من {service_name}."),
    ("L101", "ti", "Hello.", "ሰላም }።", "ሰላም።"),
    ("L102", "ar", "For 12 to 18 months.", "من ١٢ إلى ١٧ شهرا.", "من ١٢ إلى ١٨ شهرا."),
    ("L102", "ti", "Example: 1 3", "ንኣብነት፦ 1", "ንኣብነት፦ 1 3"),
    ("L102", "fr", "For 12 months.", "Pendant douze mois.", "Pendant 12 mois."),
    ("L103", "prs", CALL, "زنگ بزنید: 604 636 4713", "زنگ بزنید: 604 636 4712 یا movingahead@mosaicbc.org"),
    ("L103", "fr", "See https://example.org/a.", "Voir https://example.org/b.", "Voir https://example.org/a."),
    ("L103", "uk", "Call 9-8-8.", "Телефонуйте 9-8-9.", "Телефонуйте 9-8-8."),
    ("L105", "ti", "Menu for you", "ናይ menu ዝርዝር", "ዝርዝር"),
    ("L105", "ar", "Write STOP.", "اكتب stop.", "اكتب STOP."),
    ("L105", "uk", "We write on WhatsApp.", "Ми пишемо в Whatsapp.", "Ми пишемо в WhatsApp."),
    ("L105", "fr", "Hello", "Бonjour", "Bonjour"),
    ("L105", "pa", "Hello", "नमस्ते", "ਸਤ ਸ੍ਰੀ ਅਕਾਲ"),
    ("L105", "ti", "We help 2SLGBTQI+ people.", "ን 2slgbtqi+ ንሕግዝ።", "ን 2SLGBTQI+ ንሕግዝ።"),
    ("L105", "kmr", "Hello", "سڵاو", "Silav"),
    ("L105", "ckb", "Hello", "Silav", "سڵاو"),
    ("L105", "ar", "Hello", "marhaba", "مرحبا"),
    ("L106", "prs", "A book", "كتاب", "کتاب"),
    ("L106", "prs", "Woman", "ښځه", "زن"),
    ("L106", "ps", "Good", "اچھے", "ښه"),
    ("L106", "fa", "In the house", "در خانه‌ي ما", "در خانه‌ی ما"),
    ("L106", "ar", "A dog", "ک", "ك"),
    ("L106", "uk", "Son", "сын", "син"),
    ("L106", "kmr", "Light", "ışık", "ronahî"),
    ("L107", "ar", "Hello", "\u202bمرحبا", "مرحبا"),
    ("L107", "fr", "Hello", "\ufeffBonjour", "Bonjour"),
    ("L107", "fr", "Hello", "Bon\u200cjour", "Bonjour"),
    ("L107", "fa", "I do not know", "نمی\u00adدانم", "نمی\u200cدانم"),
    ("L108", "fr", "Pupil", "e\u0301le\u0300ve", "élève"),
    ("L109", "fr", "Talk to a person", "Talk to a person", "Parler à une personne"),
    ("L109", "ti", "Menu", "Menu", "ዝርዝር"),
    ("L109", "sw", "See the question again.", "see the question again", "Ona swali tena."),
    ("L111", "ti", LONG, "ሓ" * 202, "ሓ" * 201),
    ("L111", "es", LONG, "a" * 460, "a" * 459),
    ("L201", "ar", "How are you?", "كيف حالك?", "كيف حالك؟"),
    ("L201", "fr", "How are you?", "Comment ça va.", "Comment ça va ?"),
    ("L201", "hi", "How are you?", "आप कैसे हैं", "आप कैसे हैं?"),
    ("L201", "uk", "How are you?", "Як справи.", "Як справи?"),
    ("L201", "ckb", "How are you?", "چۆنی?", "چۆنی؟"),
    ("L201", "es", "How are you?", "Cómo está?", "¿Cómo está?"),
    ("L202", "ar", "Yes, I agree", "نعم, أوافق", "نعم، أوافق"),
    ("L202", "ps", "Who is it?", "دا څوک دی?", "دا څوک دی؟"),
    ("L202", "ti", "Thank you.", "የቐንየለይ.", "የቐንየለይ።"),
    ("L202", "hi", "Thank you.", "धन्यवाद.", "धन्यवाद।"),
    ("L202", "hi", "It is free.", "यह मुफ़्त है.", "यह मुफ़्त है।"),
    ("L202", "pa", "It is free.", "ਇਹ ਮੁਫ਼ਤ ਹੈ.", "ਇਹ ਮੁਫ਼ਤ ਹੈ।"),
    ("L202", "prs", "Yes; no", "بلی; نی", "بلی؛ نی"),
    ("L202", "am", "Thank you.", "እናመሰግናለን፡፡", "እናመሰግናለን።"),
    ("L202", "ti", "Yes, I agree", "እወ, ይሰማማዕ", "እወ፣ ይሰማማዕ"),
    (
        "L203",
        "fr",
        LONG,
        "De l’aide.",
        "Vous pouvez demander de l’aide pour un logement, de l’argent et les papiers de la famille.",
    ),
    ("L205", "prs", "To the hospital", "به بیمارستان", "به شفاخانه"),
    ("L205", "prs", "A doctor.", "دکتر.", "داکتر."),
    ("L205", "prs", "Your file", "پرونده‌های شما", "دوسیه‌های شما"),
    ("L206", "ti", "Your name", "ስምካ", "ስምኩም"),
    ("L206", "ar", "Write the number", "اكتب الرقم", "اكتبوا الرقم"),
    ("L206", "uk", "I received it", "Я отримав", "Так, є"),
    ("L206", "ru", "I agree", "Согласна", "Да, согласие есть"),
    ("L206", "hi", "I want to", "मैं चाहता हूँ", "मेरी इच्छा है"),
    ("L206", "pa", "You will get", "ਤੁਸੀਂ ਪਾਓਗੇ ਅਤੇ ਕਰੋਗੇ", "ਤੁਹਾਨੂੰ ਮਿਲੇਗਾ"),
    ("L206", "am", "You can write", "መጻፍ ትችላለህ", "መጻፍ ይቻላል"),
    ("L206", "am", "What to make better", "ምን ትፈልጊያለሽ", "ምን ማሻሻል እንዳለብን"),
    ("L206", "ti", "You can write.", "ክትጽሕፍ ትኽእል ኢኻ።", "ክትጽሕፉ ትኽእሉ ኢኹም።"),
    ("L206", "uk", "I agree", "Я згоден", "Даю згоду"),
    ("L206", "hi", "You can write", "आप लिख सकते हैं", "लिखना संभव है"),
    ("L206", "ar", "Are you ready", "هل أنت مستعد", "هل يمكن البدء"),
    ("L206", "pa", "You can write", "ਤੁਸੀਂ ਲਿਖ ਸਕਦੇ ਹੋ", "ਲਿਖਿਆ ਜਾ ਸਕਦਾ ਹੈ"),
    ("L207", "fr", "Your answer", "Ta réponse", "Votre réponse"),
    ("L207", "es", "Your answer", "Tu respuesta", "Su respuesta"),
    ("L207", "ru", "Your answer", "Твой ответ", "Ваш ответ"),
    ("L207", "prs", "Your answer", "جواب تو", "جواب شما"),
    ("L207", "kmr", "You can", "tu dikarî", "hûn dikarin"),
    ("L207", "hi", "Your answer", "तुम्हारा जवाब", "आपका जवाब"),
    ("L207", "uk", "Your answer", "Твоя відповідь", "Ваша відповідь"),
    ("L208", "fr", "Hello", "", "Bonjour"),
    ("L209", "ar", "Hello, write STOP.", "MARHABA، اكتبوا STOP.", "مرحبا، اكتبوا STOP."),
    ("L210", "ckb", "Health", "صحەت", "تەندروستی"),
    ("L210", "ckb", "We will write to you here soon", "ما به زودی برای شما اینجا می نویسیم", "بەم زووانە لێرە بۆ ئێوە دەنووسین"),
]


_SEVERITIES = {rule.code: rule.severity for rule in RULES} | {rule.code: rule.severity for rule in CATALOGUE_RULES}


def _entry(
    tag: str,
    source: str,
    translation: str,
    key: str = "welcome.hello.say",
    *,
    fuzzy: bool = False,
    neutral: bool = False,
    glossary: tuple[tuple[str, str], ...] = (),
) -> Entry:
    return Entry(
        language=language(tag),
        domain="dialogues",
        file="x.po",
        line=7,
        key=key,
        source=source,
        translation=translation,
        fuzzy=fuzzy,
        neutral=neutral,
        glossary=glossary,
    )


def _codes(*entries: Entry) -> set[str]:
    return {problem.code for problem in lint(entries)}


@pytest.mark.parametrize(("code", "tag", "source", "wrong", "right"), CASES)
def test_a_rule_refuses_what_breaks_it_and_accepts_what_does_not(code: str, tag: str, source: str, wrong: str, right: str) -> None:
    assert code in _codes(_entry(tag, source, wrong))
    assert code not in _codes(_entry(tag, source, right))


def test_every_rule_has_an_example_here() -> None:
    shown = {case[0] for case in CASES} | {"L104", "L110", "L112", "L114", "L115", "L204"}
    assert shown == set(_SEVERITIES)


def test_codes_are_unique_and_say_how_grave_they_are() -> None:
    assert len(_SEVERITIES) == len(RULES) + len(CATALOGUE_RULES)
    assert all((severity is Severity.ERROR) == code.startswith("L1") for code, severity in _SEVERITIES.items())


def test_an_option_without_translation_beside_translated_ones() -> None:
    good, bad = "menu.ask.options.good", "menu.ask.options.bad"
    assert "L104" in _codes(_entry("fr", "Good", "Bien", good), _entry("fr", "Bad", "", bad))
    assert "L104" in _codes(_entry("fr", "Good", "Bien", good), _entry("fr", "Bad", "Mal", bad, fuzzy=True))
    assert "L104" not in _codes(_entry("fr", "Good", "", good), _entry("fr", "Bad", "", bad))
    assert "L104" not in _codes(_entry("fr", "Good", "Bien", good), _entry("fr", "Bad", "Mal", bad))


def test_fuzzy_in_a_release() -> None:
    assert "L110" in _codes(_entry("fr", "Good", "Bien", fuzzy=True))


def test_two_options_that_read_the_same_when_typed() -> None:
    school, books = "options.need.school", "options.need.books"
    assert "L112" in _codes(_entry("ar", "School", "مدرسة", school), _entry("ar", "A school", "مَدرسه", books))
    assert "L112" not in _codes(_entry("ar", "School", "مدرسة", school), _entry("ar", "Books", "كتب", books))
    assert "L112" not in _codes(_entry("ar", "School", "مدرسة", school), _entry("ar", "School", "مدرسة", "options.other.school"))


def test_a_term_is_translated_as_agreed_in_whatever_form_the_sentence_needs() -> None:
    agreed = (("family doctor", "médecin de famille"), ("need", "besoin"))
    assert "L204" in _codes(_entry("fr", "A family doctor", "Un docteur", glossary=agreed))
    assert "L204" not in _codes(_entry("fr", "A family doctor", "Deux médecins de famille", glossary=agreed))
    assert "L204" not in _codes(_entry("fr", "You need it", "Il le faut", glossary=agreed))
    assert "L204" not in _codes(_entry("fr", "Do you still need it?", "Vous le faut-il encore ?", glossary=agreed))


def test_a_placeholder_is_no_term() -> None:
    agreed = (("menu", "menu principal"), ("agency", "organisme"))
    assert "L204" not in _codes(_entry("fr", "Write {menu} to {agency}.", "Écrivez {menu} à {agency}.", glossary=agreed))
    assert "L204" in _codes(_entry("fr", "Write {menu} for the menu.", "Écrivez {menu} pour cela.", glossary=agreed))


def test_a_term_may_have_several_agreed_translations() -> None:
    agreed = (("worker", "travailleur|personne de l'équipe"),)
    assert "L204" not in _codes(_entry("fr", "A worker", "Une personne de l'équipe", glossary=agreed))
    assert "L204" not in _codes(_entry("fr", "A worker", "Un travailleur", glossary=agreed))
    assert "L204" in _codes(_entry("fr", "A worker", "Quelqu'un", glossary=agreed))


#: In each language: something a shared phone must not show, and the neutral message instead.
GIVEN_AWAY = {
    "fr": ("Votre rendez-vous est demain.", "Nous avons un message pour {initials}."),
    "ar": ("لديكم رسالة للاجئين.", "لدينا رسالة إلى {initials}."),
    "prs": ("پرسش‌نامه و پرسشنامه برای شما", "ما یک پیام برای {initials} داریم."),
    "fa": ("پرونده‌ی شما", "برای {initials} پیامی داریم."),
    "ps": ("ستاسو د روغتیا په اړه", "د {initials} لپاره پیغام لرو."),
    "ckb": ("دەربارەی تەندروستی ئێوە", "پەیامێکمان بۆ {initials} هەیە."),
    "kmr": ("Li ser tenduristiya we, doza we", "Ji bo {initials} peyamek heye."),
    "ti": ("ብዛዕባ ጥዕናኹም", "ን {initials} መልእኽቲ ኣሎና።"),
    "so": ("Ballantaada waa berri.", "Farriin baa loo hayaa {initials}."),
    "sw": ("Kuhusu kesi yako", "Tuna ujumbe kwa {initials}."),
    "es": ("Sobre su caso", "Tenemos un mensaje para {initials}."),
    "hi": ("आपके स्वास्थ्य के बारे में", "{initials} के लिए एक संदेश है।"),
    "pa": ("ਤੁਹਾਡੀ ਸਿਹਤ ਬਾਰੇ", "{initials} ਲਈ ਇੱਕ ਸੁਨੇਹਾ ਹੈ।"),
    "uk": ("Про ваше житло", "Є повідомлення для {initials}."),
    "ru": ("О вашем здоровье", "Есть сообщение для {initials}."),
    "am": ("ስለ ጤናዎ", "ለ {initials} መልእክት አለን።"),
}


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag != "en"])
def test_before_the_identity_question_no_language_names_a_topic(tag: str) -> None:
    wrong, right = GIVEN_AWAY[tag]
    source = "We have a message for {initials}."
    assert "L115" in _codes(_entry(tag, source, wrong, neutral=True))
    assert "L115" not in _codes(_entry(tag, source, right, neutral=True))
    assert "L115" not in _codes(_entry(tag, source, wrong))


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("ru", "Что делать? Это недолго."),
        ("ru", "Не надо долго ждать."),
        ("uk", "Кнопка справа."),
        ("ar", "في الشمال، ادخلوا الرمز. في هذه الحالة لا شيء."),
        ("ps", "تر سبا پورې، په مرکز کې."),
        ("ps", "له دې پوښتنې تېرېدل"),
        ("fa", "هر وقت خواستید جواب بدهید."),
        ("fr", "En tout cas, merci."),
        ("es", "En todo caso, gracias."),
    ],
)
def test_words_that_only_look_like_a_topic_are_none(tag: str, text: str) -> None:
    assert "L115" not in _codes(_entry(tag, "Thank you.", text, neutral=True))


def test_the_texts_that_must_be_neutral_are_those_before_the_gate_of_what_we_begin() -> None:
    dialogues = load_program(Settings().dialogues_dir).dialogues
    keys = neutral_keys(dialogues)
    begun_by_us = {name for name, dialogue in dialogues.items() if dialogue.unprompted}
    assert begun_by_us
    assert {key.split(".")[0] for key in keys} == begun_by_us | {"system"}
    assert {"system.knock.text", "system.note.reminder", "system.front.try_out"} <= keys


def test_the_english_of_what_we_say_first_is_looked_at_as_well() -> None:
    assert "L115" in _codes(_entry("fr", "About your health.", "Un message pour {initials}.", neutral=True))


@pytest.mark.parametrize("tag", TAGS)
def test_every_list_of_topics_says_who_has_read_it(tag: str) -> None:
    assert topics.topics(tag)
    assert topics.review_of(tag) in ReviewStatus


def test_a_command_word_is_one_command_and_no_answer() -> None:
    back, skip = _entry("ar", "back", "رجوع، السابق", "system.words.back"), _entry("ar", "skip", "تخطي", "system.words.skip")
    assert "L114" not in _codes(back, skip)
    assert "L114" in _codes(back, _entry("ar", "skip", "السابق", "system.words.skip"))
    assert "L114" in _codes(back, _entry("ar", "skip", "لا", "system.words.skip"))
    assert "L114" in _codes(back, _entry("ar", "skip", "٠", "system.words.skip"))


def test_words_people_type_may_be_in_any_letters() -> None:
    words = _entry("ti", "back", "ተመለስ, temeles, back", "system.words.back")
    assert not [problem for problem in lint((words,)) if problem.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Language: fr_CA", "Language: fr", "Language: fr_CA"),
        ("plural=(n > 1)", "plural=(n != 1)", "Plural-Forms"),
        (
            "X-Review-Status: machine-draft",
            "X-Review-Status: perhaps",
            "X-Review-Status must be machine-draft or published or reviewed",
        ),
    ],
)
def test_a_header_that_says_something_else(tmp_path: Path, old: str, new: str, said: str) -> None:
    catalogue = pofiles.new(language("fr"), "system")
    catalogue.add("Yes", "Oui", context="system.yes")
    path = pofiles.path_of(tmp_path, language("fr"), "system")
    path.parent.mkdir(parents=True)
    path.write_bytes(pofiles.dump(catalogue))
    assert lint_all(tmp_path) == []
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    [problem] = lint_all(tmp_path)
    assert (problem.code, problem.severity) == ("L113", Severity.ERROR)
    assert said in problem.message


def test_a_problem_says_where_it_is() -> None:
    problem = lint((_entry("fr", "{name}", "x"),))[0]
    assert str(problem).startswith("x.po:7: L101 welcome.hello.say: ")
