"""What the service itself says around the dialogues: hints, offers, the words for commands.

These texts live in the catalogue domain ``system``; every language that is offered has all of them. The command words are
lists, separated by commas, of whole messages that mean the command; the first one is the one we show.
"""

from __future__ import annotations

from ccmm_bot.dialogue.effects import Note
from ccmm_bot.dialogue.model import Command, Text


def _text(key: str, source: str, *slots: str) -> Text:
    return Text(key=f"system.{key}", source=source, slots=slots)


YES = _text("yes", "Yes")
NO = _text("no", "No")
MORE_LANGUAGES = _text("more_languages", "More languages")
DONE = _text("done", "That is all")
SKIP = _text("skip", "Skip")
CHOOSE = _text("choose", "Choose")  # the button that opens a WhatsApp list
HINT_SKIP_NUMBER = _text("hint.skip_number", "0 = skip")
HINT_SKIP_WORD = _text("hint.skip_word", "{word} = skip", "word")
HINT_MANY = _text("hint.many", "You can choose more than one. Example: 1 3")
HELP = _text(
    "help",
    "You can write the number or the word of an answer. {skip} = next question. {back} = question before. {menu} = menu. "
    "{language} = other language. {human} = talk to a person. STOP = no more messages.",
    "skip",
    "back",
    "menu",
    "language",
    "human",
)
OFFER_HUMAN = _text("offer.text", "I do not understand. What would you like?")
OFFER_CHOICES = {
    "human": _text("offer.human", "Talk to a person"),
    "again": _text("offer.again", "See the question again"),
    "skip": _text("offer.skip", "Next question"),
}
STUCK = _text("stuck", "A person will read your messages and write to you.")
KEPT_FOR_STAFF = _text("kept_for_staff", "Thank you. A person will look at what you sent.")
STOPPED = _text("stopped", "You get no messages from us now. To start again, write START.")
PROGRESS = _text("progress", "{n} of {m}", "n", "m")
REPORT_LINE = _text("report.line", "{title}, {date}. Answers: {n}", "title", "date", "n")
REPORT_NOTHING = _text("report.nothing", "We keep no answers from you here.")
REPORT_SKIPPED = _text("report.skipped", "You skipped this question.")
#: The reply to words of crisis: it names no harm, repeats nothing, and says whom to call now. The other one is for shared phones.
CRISIS_NOW = _text(
    "crisis.now",
    "Thank you for writing to us. You can call now, day and night: 911 (police, ambulance). 9-8-8, call or text. "
    "1-800-563-0808, in many languages.",
)
CRISIS_NEUTRAL = _text("crisis.neutral", "Thank you for writing to us. If it cannot wait, call 911.")
CRISIS_READ = _text(
    "crisis.read", "A person at {agency_name} will read your message. At the latest: {read_by}.", "agency_name", "read_by"
)
NOT_RUNNING = _text("not_running", "Thank you. Write {menu} to see what you can do here.", "menu")

#: Where a provider lets us write only what it has approved before: says that there is a message, and no more.
KNOCK = _text("knock.text", "Hello from {service_name}. There is a message for you. Press the button to read it.", "service_name")
KNOCK_BUTTON = _text("knock.button", "Read the message")

NOTES: dict[Note, Text] = {
    Note.NOT_UNDERSTOOD: _text("note.not_understood", "I did not understand. Please write the number of your answer."),
    Note.NUMBER_EXPECTED: _text("note.number_expected", "Please write a number."),
    Note.OUT_OF_RANGE: _text("note.out_of_range", "Please write a number from {minimum} to {maximum}.", "minimum", "maximum"),
    Note.DATE_EXPECTED: _text("note.date_expected", "Please write the date like this: 2026-03-31."),
    Note.PHONE_EXPECTED: _text("note.phone_expected", "Please write a phone number, like this: 604 555 0100."),
    Note.PLACE_UNKNOWN: _text(
        "note.place_unknown", "I do not know this place. Please write the name of a city in British Columbia."
    ),
    Note.ONE_ONLY: _text("note.one_only", "Please choose only one answer."),
    Note.EMPTY: _text("note.empty", "Your message was empty. Please answer the question."),
    Note.TOO_LONG: _text("note.too_long", "Your message is too long. Please write less."),
    Note.NOT_TEXT: _text("note.not_text", "Thank you. A person will look at it. I can only read text. Please write your answer."),
    Note.CANNOT_SKIP: _text("note.cannot_skip", "I need an answer to this question before we go on."),
    Note.CANNOT_GO_BACK: _text("note.cannot_go_back", "There is no question before this one."),
    Note.OLD_BUTTON: _text("note.old_button", "That button is from an older question. Here is the question now:"),
    Note.MARKED: _text("note.marked", "Noted. You can choose more."),
    Note.REMINDER: _text("note.reminder", "We are still here. You can answer when you like."),
}

#: Whole messages that mean a command. Twilio answers STOP, START, HELP, INFO, CANCEL, END, YES, QUIT … itself, in English, before
#: we see them: those words are understood but never offered as an answer.
WORDS: dict[Command, Text] = {
    Command.STOP: _text("words.stop", "stop, unsubscribe"),
    Command.START: _text("words.start", "start, restart"),
    Command.HELP: _text("words.help", "help, ?"),
    Command.HUMAN: _text("words.human", "person, human, agent"),
    Command.MENU: _text("words.menu", "menu"),
    Command.LANGUAGE: _text("words.language", "language"),
    Command.BACK: _text("words.back", "back"),
    Command.SKIP: _text("words.skip", "skip"),
    # "This phone is not safe." The last one is a code word: whoever sees it on the phone reads nothing into it.
    Command.QUIET: _text("words.quiet", "quiet, not safe, wrong number"),
}

#: What a channel shows before anybody has written: Telegram's command menu (at most 256 characters each), the bot's description
#: (512) and short description (120), and the message that tries out a channel (Telegram Bot API, "BotCommand", "setMyDescription").
MENU_COMMANDS: dict[Command, Text] = {
    Command.START: _text("front.start", "Begin"),
    Command.MENU: _text("front.menu", "What you can do here"),
    Command.LANGUAGE: _text("front.language", "Another language"),
    Command.HUMAN: _text("front.human", "Talk to a person"),
    Command.HELP: _text("front.help", "How to use this"),
    Command.STOP: _text("front.stop", "Get no more messages"),
}
ABOUT = _text("front.about", "Help for people who are new in British Columbia. It is free.")
DESCRIPTION = _text(
    "front.description",
    "We help people who are new in British Columbia. It is free. You can write in your language. Use the button below to begin. "
    "To get no more messages, write STOP.",
)
TRY_OUT = _text("front.try_out", "This is a test message from {service_name}. You do not need to answer.", "service_name")

#: The words on the wall.
POSTER = {
    "title": _text("poster.title", "Are you new in British Columbia?"),
    "offer": _text("poster.offer", "We help you. It is free."),
    "how": _text("poster.how", "Write to us with your phone, in your language."),
    "scan": _text("poster.scan", "Open the camera of your phone. Point it at one of the squares."),
    "send": _text("poster.send", "Or send us this text message:"),
    "private": _text("poster.private", "You can skip any question. You can stop at any time."),
}


def every() -> tuple[Text, ...]:
    """All system texts, for the extractor and the completeness check."""
    singles = (
        YES,
        NO,
        MORE_LANGUAGES,
        DONE,
        SKIP,
        CHOOSE,
        HINT_SKIP_NUMBER,
        HINT_SKIP_WORD,
        HINT_MANY,
        HELP,
        OFFER_HUMAN,
        STUCK,
        KEPT_FOR_STAFF,
        STOPPED,
        CRISIS_NOW,
        CRISIS_NEUTRAL,
        CRISIS_READ,
        NOT_RUNNING,
        PROGRESS,
        REPORT_LINE,
        REPORT_NOTHING,
        REPORT_SKIPPED,
        ABOUT,
        DESCRIPTION,
        TRY_OUT,
        KNOCK,
        KNOCK_BUTTON,
    )
    tables = (OFFER_CHOICES, NOTES, WORDS, MENU_COMMANDS, POSTER)
    return (*singles, *(text for table in tables for text in table.values()))
