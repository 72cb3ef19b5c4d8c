"""What a page says after a button was pressed. The address carries a code, never a text."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from ccmm_bot.web.words import N_


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence above the page."""

    text: str
    good: bool = True


_SAID = MappingProxyType(
    {
        "resolved": Said(N_("The flag is resolved.")),
        "no-canned": Said(N_("Nothing was sent: this text is not there in the person's language."), good=False),
        "referred": Said(N_("The referral is kept, with the consent.")),
        "referral-said": Said(N_("What came of it is kept.")),
        "reassigned": Said(N_("The flag is with your colleague now.")),
        "snoozed": Said(N_("The flag is put off, with your reason. It comes back by itself.")),
        "woken": Said(N_("The flag is back.")),
        "step-planned": Said(N_("It comes back to you on its day.")),
        "step-done": Said(N_("Done, and written down.")),
        "step-odd": Said(N_("Nothing was kept: choose today or a later day, at most ten years ahead."), good=False),
        "sent": Said(N_("Your message is on its way. The bot waits until you hand the conversation back.")),
        "sent-knock": Said(
            N_(
                "WhatsApp takes no free message now, so this person is told that there is one. Yours follows as soon as they "
                "write; after a day it goes another way of theirs, where there is one."
            )
        ),
        "sent-elsewhere": Said(N_("WhatsApp takes no message now. Yours goes another way that this person has agreed to.")),
        "taken-over": Said(N_("The bot waits until you hand the conversation back.")),
        "handed-back": Said(N_("The bot goes on with this conversation.")),
        "not-human": Said(N_("The bot had this conversation already."), good=False),
        "started": Said(N_("The follow-up has started: the first message is on its way.")),
        "started-knock": Said(
            N_("The follow-up has started. WhatsApp takes only an approved text now: it goes on as soon as this person writes.")
        ),
        "consented": Said(N_("It is written down, with your name: this person gets messages again.")),
        "not-opted-out": Said(N_("Nothing was changed: this person had not stopped the messages."), good=False),
        "opted-out": Said(
            N_("Nothing was sent: this person wants no messages. They can change that by writing START, or by telling you."),
            good=False,
        ),
        "busy": Said(N_("Nothing was started: another conversation with the bot is running on this phone."), good=False),
        "started-later": Said(
            N_("The follow-up is prepared. Its first message waits for our hours: Mon-Fri 9:00-21:30, Sat-Sun 10:00-18:00 (BC).")
        ),
        "window": Said(
            N_(
                "Nothing was sent: WhatsApp takes messages only within 24 hours of the person's last one, or an approved template, "
                "and none is approved in a language of this person. Whoever runs the service can hand templates in."
            ),
            good=False,
        ),
        "human": Said(
            N_("Nothing was started: a colleague is talking to this person. Hand the conversation back first."), good=False
        ),
        "unsafe": Said(N_("Nothing was sent: this contact is marked as never safe to write to."), good=False),
        "no-name": Said(
            N_("Nothing was started: the first message asks for this person by initials. Write the name down first."), good=False
        ),
        "safety-kept": Said(N_("It is kept. What we start by ourselves goes out only when it is safe.")),
        "no-hours": Said(
            N_("Nothing was kept: write two times with some of our hours between them (Mon-Fri 9:00-21:30, Sat-Sun 10:00-18:00)."),
            good=False,
        ),
        "said-not-safe": Said(
            N_("Nothing was kept: this person said that the phone is not safe. Write down first how they told you otherwise."),
            good=False,
        ),
        "safe-again": Said(N_("It is written down, with your name: this phone is safe again. Nothing was sent.")),
        "not-silent": Said(N_("Nothing was changed: nobody had said that this phone is not safe."), good=False),
        "named": Said(N_("The name is kept.")),
        "case-opened": Said(N_("The case is open.")),
        "case-open": Said(N_("Nothing was opened: this person has an open case already."), good=False),
        "exit-set": Said(N_("The exit date is kept. The follow-up three months later is planned; see the case.")),
        "exit-odd": Said(N_("The exit date was not kept: it lies more than ten years away."), good=False),
        "exit-cleared": Said(N_("The exit date is taken back. What was planned after it is cancelled.")),
        "reopened": Said(N_("The case is open again. What was planned after its exit is cancelled.")),
        "no-exit": Said(N_("Nothing was changed: this case has no exit date."), good=False),
        "second-language": Said(N_("The second language is kept.")),
        "language-unknown": Said(N_("Nothing was changed: that is none of our languages."), good=False),
        "invitation-withdrawn": Said(N_("The invitation is withdrawn: its code does nothing any more.")),
        "invitation-gone": Said(N_("No sheet was made: this code does nothing any more."), good=False),
        "no-channel": Said(N_("No sheet was made: no channel is on that it could lead to."), good=False),
        "empty": Said(N_("Write something first."), good=False),
        "kept": Said(N_("It is kept.")),
        "stage-kept": Said(N_("The stage is changed.")),
        "plan-submitted": Said(N_("The plan is handed in. A supervisor sees it now.")),
        "ruled": Said(N_("The decision is kept, with your name.")),
        "assigned": Said(N_("The case manager is assigned, for every open case of the household.")),
        "form-kept": Said(N_("It is kept. You can go on at any time.")),
        "form-submitted": Said(N_("The form is handed in.")),
        "drawn": Said(N_("The draw is kept: see the list.")),
        "appointment-made": Said(N_("The appointment is kept. See below when the bot reminds of it.")),
        "appointment-moved": Said(N_("The appointment is moved, and its reminder with it.")),
        "import-before": Said(N_("Nothing was changed: somebody has had this list taken over already."), good=False),
        "import-faults": Said(N_("Nothing was taken over: some rows have faults."), good=False),
        "dropped": Said(N_("The file is forgotten.")),
        "handed-over": Said(N_("The caseload is handed over.")),
        "merged": Said(N_("The two entries are one now. You can take it back below.")),
        "unmerged": Said(N_("They are two entries again.")),
        "number-added": Said(N_("The number is kept. What is due is sent there from now on.")),
        "let-go": Said(N_("Nothing is sent there any more.")),
        "nothing-to-draw": Said(N_("Nothing was drawn: one in five closed cases has been drawn already."), good=False),
    }
)


def said_of(code: str) -> Said | None:
    """The sentence for a code; ``None`` for a code that is not ours."""
    return _SAID.get(code)
