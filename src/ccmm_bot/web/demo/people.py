"""Who has written before the demonstration opens. Every person, name and number is invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.desk import flags
from ccmm_bot.casework.desk.today import today
from ccmm_bot.clock import BC
from ccmm_bot.followup.quiet_hours import next_allowed
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.web.demo.clock import MovableClock
from ccmm_bot.web.demo.players import Player, Stage

#: Who wrote longer ago than this wrote in our hours, so that colleagues can have answered.
_RECENT: Final = timedelta(hours=4)

_NEEDS: Final = (
    "family",
    "housing",
    "education",
    "financial",
    "immigration",
    "benefits",
    "health",
    "legal",
    "labour_market",
    "adjustment",
)


def _screening(*yes: str, skipped: tuple[str, ...] = (), contact: str = "agree") -> dict[str, str]:
    answers = {need: "yes" if need in yes else "skip" if need in skipped else "no" for need in _NEEDS}
    return {"age_group": "adult", **answers, "contact": contact}


_ALMAZ: Final = Player(
    channel=ChannelKind.SMS,
    address="+12505550117",
    name="Almaz Tesfay",
    language="ti",
    greeting="ሰላም",
    answers={
        "language": "ti",
        "service_consent": "agree",
        "menu_choice": "needs",
        **_screening("housing", "financial", "health", "education", "adjustment", skipped=("family",)),
    },
    ago=timedelta(hours=3),
)
_OMAR: Final = Player(
    channel=ChannelKind.WHATSAPP,
    address="+16045550142",
    name="عمر الحسن",
    language="ar",
    greeting="السلام عليكم",
    answers={
        "language": "ar",
        "service_consent": "agree",
        "menu_choice": ["needs", "human"],
        **_screening("housing", "legal", contact="refuse"),
    },
    ago=timedelta(minutes=50),
    last_words=("نحن ستة أشخاص في غرفة واحدة، وصاحب البيت يريد أن نخرج في نهاية الشهر.",),
)
_ZAHRA: Final = Player(
    channel=ChannelKind.TELEGRAM,
    address="7000100203",
    name="زهرا رضایی",
    language="prs",
    greeting="سلام",
    answers={
        "language": "prs",
        "service_consent": "agree",
        "menu_choice": ["needs", "skip"],
        **_screening("education", "labour_market"),
    },
    ago=timedelta(days=5, hours=2),
)
_AMINATA: Final = Player(
    channel=ChannelKind.SMS,
    address="+16045550163",
    name="Aminata Diallo",
    language="fr",
    greeting="Bonjour, j'ai besoin d'aide",
    answers={
        "language": "fr",
        "service_consent": "agree",
        "menu_choice": ["numbers", "human"],
        "region": "metro_vancouver",
        "city": "Burnaby",
    },
    ago=timedelta(hours=21),
    last_words=("Est-ce que quelqu'un peut m'appeler ? Je ne comprends pas une lettre.",),
)
_SAMUEL: Final = Player(
    channel=ChannelKind.TELEGRAM,
    address="7000100345",
    name="Samuel Okello",
    language="en",
    greeting="hello",
    answers={"language": "en", "service_consent": "refuse", "region": "greater_victoria"},
    ago=timedelta(days=1, hours=1),
    last_words=("stop",),
)
_YOUSEF: Final = Player(
    channel=ChannelKind.WHATSAPP,
    address="+17785550128",
    name="يوسف ناصر",
    language="ar",
    greeting="مرحبا",
    answers={"language": "ar", "service_consent": "agree", "menu_choice": ["information", "skip"], "chapter": ["who", "skip"]},
    ago=timedelta(days=2),
)

_FOLLOW_UP: Final = {
    "who": "me",
    "reads_alone": "go_on",
    "has_safe_stable_housing": "no",
    "has_enough_food": "yes",
    "has_basic_income": "no",
    "ran_out_of_money_last_month": "yes",
    "has_family_doctor": "no",
    "physical_health_affected_last_month": "skip",
    "mental_health_affected_last_month": "yes",
    "readiness_to_navigate_independently": "2",
    "referral_received": "not_received",
    "needs_help_now": "yes",
    "new_needs": "housing financial health",
    "contact": "agree",
}


async def play_all(runtime: Runtime, clock: MovableClock, stage: Stage, reader: Reader) -> None:
    """Let everybody write, and staff do what staff did; then it is now again."""
    opened_at = runtime.clock.now()
    for player in (_ZAHRA, _YOUSEF, _SAMUEL, _AMINATA, _ALMAZ, _OMAR):
        began = opened_at - player.ago
        conversation = await stage.play(player, in_hours(began) if player.ago > _RECENT else began)
        if player is _ZAHRA:
            _resolve_first(runtime, reader, clock)
            clock.put(in_hours(opened_at - timedelta(hours=5)))
            await runtime.receiver.begin(str(conversation.id), "follow_up_3_month", staff_id=str(reader.staff_id))
            await stage.settle()
            clock.put(clock.now() + timedelta(minutes=6))
            await stage.answer(player, conversation.id, _FOLLOW_UP)
        if player is _AMINATA:
            clock.put(clock.now() + timedelta(minutes=25))
            text = "Bonjour Aminata, ici Sara de l'agence. Je peux vous appeler demain à 10 h. Est-ce que cela vous convient ?"
            await runtime.receiver.reply_as_human(str(conversation.id), text, str(reader.staff_id))
            await stage.settle()
            clock.put(clock.now() + timedelta(minutes=9))
            await stage.write(player, "Oui, merci beaucoup !")
    clock.reset()


def in_hours(moment: datetime) -> datetime:
    """The latest instant up to ``moment`` at which we may write first, in steps of an hour."""
    while next_allowed(moment, BC) > moment:
        moment -= timedelta(hours=1)
    return moment


def _resolve_first(runtime: Runtime, reader: Reader, clock: MovableClock) -> None:
    """A colleague has looked at the first flag there is."""
    waiting = today(runtime.store, reader, now=runtime.clock.now()).waiting
    if waiting:
        clock.put(clock.now() + timedelta(hours=2))
        note = "Called. Registered for the English class that starts in January."
        flags.resolve(
            runtime.store, reader, waiting[0].flags[0].id, outcome=flags.FlagOutcome.REFERRAL_MADE, note=note, now=clock.now()
        )
