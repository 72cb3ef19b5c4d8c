"""Dari uses the words of Afghanistan, not of Iran."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

_IRANIAN = {
    "بیمارستان": "شفاخانه",
    "مدرسه": "مکتب",
    "دکتر": "داکتر",
    "دانشگاه": "پوهنتون",
    "خیابان": "سرک",
    "ماشین": "موتر",
    "گوجه": "بادنجان رومی",
    "استان": "ولایت",
    "فرودگاه": "میدان هوایی",
    "شهروندی": "تابعیت",
    "پرونده": "دوسیه",
    "تلفن": "تلفون",
    "پلیس": "پولیس",
    "دارو": "دوا",
    "پرستار": "نرس",
    "پزشک": "داکتر",
    "درمان": "تداوی",
    "دبیرستان": "لیسه",
    "اتوبوس": "بس",
    "گذرنامه": "پاسپورت",
    "اجاره": "کرایه",
    "اورژانس": "عاجل",
    "پیامک": "پیام",
    "بهداشت": "صحت",
}


def _check(entry: Entry) -> Iterator[str]:
    if entry.language.tag != "prs" or entry.is_word_list:
        return
    found = entry.translation.replace("\u200c", " ").split()
    for iranian, dari in _IRANIAN.items():
        if any(word.strip("،.؟!:؛()«»") == iranian for word in found):
            yield f'"{iranian}" is said in Iran; in Dari "{dari}"'


RULE = Rule(code="L205", severity=Severity.WARNING, title=__doc__, check=_check)
