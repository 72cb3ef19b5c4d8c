"""An unsafe phone, in the store: marked, nothing sent, nothing answered, and only staff undo it."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import select

from ccmm_bot.store.tables import ContactPoint, ContactSafety, Conversation, Flag, Outbox
from tests.transcripts.scripts import FOLDER, read
from tests.transcripts.stage import open_stage

QUIET = FOLDER / "en" / "quiet.txt"


async def test_nothing_is_sent_there_until_staff_say_that_it_is_safe_again(tmp_path: Path) -> None:
    async with open_stage(tmp_path, f"sqlite:///{tmp_path}/quiet.sqlite3", read(QUIET)) as stage:
        await stage.play()
        runtime = stage.runtime

        with runtime.store.reading(runtime.agency_id) as session:
            (point,) = session.exec(select(ContactPoint)).all()
            (conversation,) = session.exec(select(Conversation)).all()
            (flag,) = [one for one in session.exec(select(Flag)).all() if one.reason == "phone_not_safe"]
            waiting = [one for one in session.exec(select(Outbox)).all() if one.status == "pending"]
        assert point.safety is ContactSafety.NEVER
        assert flag.occurrences == 3  # the word, and the two messages after it
        assert waiting == []

        staff = "00000000-0000-7000-8000-000000000001"
        begun = await runtime.receiver.begin(str(conversation.id), "entry_survey")
        written = await runtime.receiver.reply_as_human(str(conversation.id), "Hello", staff)
        assert (begun.rejected, written.rejected) == ("silent", "silent")
        assert begun.outbound == written.outbound == ()

        undone = await runtime.receiver.safe_again(str(conversation.id), "in_person", staff)
        again = await runtime.receiver.safe_again(str(conversation.id), "in_person", staff)
        assert (undone.rejected, again.rejected) == (None, "not_silent")
        assert undone.outbound == ()
        with runtime.store.reading(runtime.agency_id) as session:
            assert session.exec(select(ContactPoint)).one().safety is ContactSafety.UNKNOWN
