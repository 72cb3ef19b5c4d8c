"""What happened with one person, and with nobody else."""

from __future__ import annotations

from pathlib import Path

from ccmm_bot.casework.labels import Labels
from ccmm_bot.casework.persons.timeline import timeline
from ccmm_bot.store.tables import ContactMethod, ContactNote, Role
from tests import new
from tests.conversation.support import service, settings


async def test_the_notes_are_of_her_own_cases_and_of_her_households(database_url: str, tmp_path: Path) -> None:
    async with service(settings(database_url, tmp_path)) as runtime:
        store, agency, labels = runtime.store, runtime.agency_id, Labels(runtime.machine)
        lead = new.staff(store, agency, Role.SUPERVISOR)
        home = new.household(store, agency)
        her, other = new.person(store, agency), new.person(store, agency)
        child = new.person(store, agency, household_id=home)
        cases = {
            "hers": new.case(store, agency, person_id=her),
            "another's": new.case(store, agency, person_id=other),
            "the family's": new.case(store, agency, household_id=home),
        }
        with store.writing(agency) as session:
            for words, case in cases.items():
                session.add(
                    ContactNote(
                        agency_id=agency,
                        case_id=case,
                        day=new.NOW.date(),
                        method=ContactMethod.PHONE,
                        note=words,
                        written_at=new.NOW,
                        staff_id=lead.staff_id,
                    )
                )
        for person, said in ((her, "hers"), (other, "another's"), (child, "the family's")):
            assert [entry.text for entry in timeline(store, lead, labels, person).entries] == [said]
