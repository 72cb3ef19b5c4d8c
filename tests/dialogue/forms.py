"""Forms as agencies and research groups publish them, written row by row; the wordings are made up for the tests."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Table = Sequence[Sequence[object]]


def workbook(sheets: Mapping[str, Table]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


#: A household survey in three languages, with groups, a scale, conditions, constraints and another answer.
HOUSEHOLD: dict[str, Table] = {
    "survey": [
        ["type", "name", "label::English (en)", "label::العربية (ar)", "label::Dari (prs)", "hint::English (en)",
         "required", "relevant",
         "constraint", "constraint_message::English (en)", "appearance", "calculation"],
        ["start", "start"],
        ["end", "end"],
        ["deviceid", "deviceid"],
        ["note", "intro", "Thank you for taking part.", "شكرا لمشاركتكم.", "تشکر از اشتراک شما."],
        ["begin_group", "home", "Section A: Home", "القسم أ", "بخش الف", None, None, None, None, None, "field-list"],
        ["integer", "HH_size", "How many people live with you?", "كم شخصا يعيش معكم؟", "چند نفر با شما زندگی می‌کنند؟",
         "Count the children, too.", "yes", None, ". >= 1 and . < 31", "1 to 30"],
        ["select_one yn", "has.children", "Are there children?", "هل هناك أطفال؟", "آیا اطفال هستند؟", None, None,
         "${HH_size} > 1"],
        ["select_multiple ages", "ages", "How old are they?", "كم أعمارهم؟", "چند ساله هستند؟", None, None,
         "${has.children} = 'yes'"],
        ["integer", "babies", "How many are under 1?", "كم عدد الرضع؟", "چند نوزاد؟", None, None,
         "selected(${ages}, '0-5') and ${HH_size} >= 2"],
        ["end_group"],
        ["begin_group", "feel", None, None, None, None, None, "${HH_size} != ''"],
        ["select_one agree5", "belong", "I feel at home here.", "أشعر أنني في بيتي هنا.", "اینجا احساس راحتی می‌کنم."],
        ["select_one status or_other", "status", "What is your status?", "ما وضعكم؟", "وضعیت شما چیست؟", None, None,
         "${belong} <= 2"],
        ["text", "why", "What would help, ${HH_size} of you?", "ماذا يساعدكم؟", "چه کمک می‌کند؟"],
        ["end_group"],
        ["decimal", "rent", "How much rent do you pay?", "كم الإيجار؟", "کرایه چقدر است؟"],
        ["date", "arrived", "When did you come to Canada?", "متى وصلتم إلى كندا؟", "چه وقت به کانادا آمدید؟"],
        ["calculate", "ratio", None, None, None, None, None, None, None, None, None, "${babies} div ${HH_size}"],
        ["geopoint", "where", "Where do you live?", "أين تسكنون؟", "کجا زندگی می‌کنید؟"],
    ],
    "choices": [
        ["list_name", "name", "label::English (en)", "label::العربية (ar)", "label::Dari (prs)"],
        ["yn", "yes", "Yes", "نعم", "بلی"],
        ["yn", "no", "No", "لا", "نخیر"],
        ["yn", "-99", "Prefer not to say", "أفضل عدم القول", "نمی‌خواهم بگویم"],
        ["ages", "0-5", "0 to 5", "٠ إلى ٥", "۰ تا ۵"],
        ["ages", "6-12", "6 to 12", "٦ إلى ١٢", "۶ تا ۱۲"],
        ["ages", "13+", "13 or older", "١٣ أو أكثر", "۱۳ یا بیشتر"],
        ["agree5", 1, "Strongly disagree", "لا أوافق بشدة", "کاملاً مخالف"],
        ["agree5", 2, "Disagree", "لا أوافق", "مخالف"],
        ["agree5", 3, "Neither", "محايد", "نه موافق نه مخالف"],
        ["agree5", 4, "Agree", "أوافق", "موافق"],
        ["agree5", 5, "Strongly agree", "أوافق بشدة", "کاملاً موافق"],
        ["status", "PR", "Permanent resident", "إقامة دائمة", "اقامت دایم"],
        ["status", "claimant", "Refugee claimant", "طالب لجوء", "پناهجو"],
    ],
    "settings": [["form_title", "form_id", "version", "default_language", "style"],
                 ["Household survey", "HH-Survey-2025", "2025041501", "English (en)", "pages"]],
}  # fmt: skip

#: An older form: one language in the columns without a name, old spellings of types, numbers as codes.
OLD: dict[str, Table] = {
    "survey": [
        ["Type", "Name", "Label", "Hint", "Relevance", "Read only"],
        ["select one from yesno", "q1", "Do you have a place to live?", None, None, None],
        ["select all that apply from needs", "q2", "What do you need?", "More than one is fine.", "${q1} = 0", None],
        ["string", "q3", "Anything else?", None, "'housing' = ${q2}", "yes"],
        ["range", "q4", "How are you, from 0 to 10?", None, None, None],
        ["time", "q5", "At what time may we call?", None, None, None],
    ],
    "choices": [
        ["list name", "value", "Label"],
        ["yesno", 1, "Yes"],
        ["yesno", 0, "No"],
        ["needs", "housing", "<b>Housing</b>"],
        ["needs", "food", "Food"],
        ["needs", 99, "Don't know"],
    ],
}

#: Repeats, cascades, media, ranks, pulled data: much of which a conversation has nothing like.
RICH: dict[str, Table] = {
    "survey": [
        ["type", "name", "label::English", "label::Kurdish", "label::Somali (so)", "choice_filter",
         "media::image::English", "repeat_count",
         "parameters", "relevant", "default"],
        ["select_one province", "prov", "Which province?", "Kîjan?", "Gobolkee?"],
        ["select_one city", "city", "Which city?", "Bajar?", "Magaaladee?", "province=${prov}"],
        ["begin_repeat", "person", "Person", "Kes", "Qof", None, None, "3"],
        ["text", "pname", "Name", "Nav", "Magac"],
        ["integer", "page", "Age", "Temen", "Da'"],
        ["end_repeat"],
        ["rank order", "order", "Put these in order", "Rêz bike", "U kala hormari"],
        ["select_one_from_file shops.csv", "shop", "Which shop?", "Kîjan?", "Tukaankee?"],
        ["range", "pain", "How much pain?", "Êş?", "Xanuun?", None, "face.png", None, "start=0 end=100 step=10"],
        ["select_one yesno", "again", "May we come again?", "Dîsa?", "Mar kale?", None, None, None, "randomize=true",
         "count-selected(${order}) > 1 and ${page} > 17", "yes"],
        ["text", "note_to_us", "What else?", "Çi din?", "Maxaa kale?", None, None, None, None,
         "${again} = 'yes' or ${again} = 'no'"],
        ["acknowledge", "ok", "Thank you, {name}.", "Spas.", "Mahadsanid."],
    ],
    "choices": [
        ["list_name", "name", "label::English", "label::Kurdish", "label::Somali (so)", "province"],
        ["province", "bc", "British Columbia", "BC", "BC"],
        ["province", "ab", "Alberta", "AB", "AB"],
        ["city", "van", "Vancouver", "Vancouver", "Vancouver", "bc"],
        ["city", "cgy", "Calgary", "Calgary", "Calgary", "ab"],
        ["order", "a", "First", "A", "A"],
        ["order", "b", "Second", "B", "B"],
        ["yesno", "yes", "Yes", "Erê", "Haa"],
        ["yesno", "no", "No", "Na", "Maya"],
    ],
    "settings": [["form_title", "form_id", "version"], ["Visit", "visit", "v3-beta"]],
}  # fmt: skip
