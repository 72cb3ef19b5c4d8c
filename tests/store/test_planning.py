"""What SQLite's planner is told, so that a question about one person reads one person's rows."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import select

from ccmm_bot.store import planning
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Flag, is_open
from tests import new


def plan(store: Store, statement: str) -> str:
    with store.installation() as session:
        return " ".join(str(row[3]) for row in session.connection().execute(text(f"EXPLAIN QUERY PLAN {statement}")))


def test_a_persons_rows_are_found_by_the_person_and_not_by_the_agency(store: Store) -> None:
    agency = new.agency(store)
    new.sender(store, agency)
    for number in range(30):
        new.conversation(store, new.person(store, agency), new.telephone(store, agency, f"+160455501{number:02}"))
    planning.learn(store.engine)  # PostgreSQL does by itself what this is for
    if store.engine.dialect.name == "sqlite":
        found = plan(store, "SELECT * FROM conversation WHERE agency_id = 'a' AND person_id = 'p'")
        assert "ix_conversation_person_id" in found


def test_that_a_flag_is_open_is_said_in_the_statement(store: Store) -> None:
    """An index over the open ones is no way to a value that comes later."""
    statement = (
        select(Flag.id).where(is_open()).compile(store.engine, compile_kwargs={"render_postcompile": True, "literal_binds": True})
    )
    assert "status = 'open'" in str(statement)
