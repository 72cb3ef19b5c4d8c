"""What agencies are called in tables and exports: nothing forbids two of the same name, and tables count by name."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency


def names_of(store: Store, agencies: Sequence[UUID]) -> dict[UUID, str]:
    """Agency → its name beside the others of one report; see :func:`called`."""
    with store.installation() as session:
        return called(session, agencies)


def called(session: Session, agencies: Sequence[UUID] | None = None) -> dict[UUID, str]:
    """Agency → its name, as they were founded; of several with the same name the later ones have a number: "Name (2)".

    Of these agencies, or of all of the installation. The session is the installation's.
    """
    wanted = select(Agency.id, Agency.name).order_by(col(Agency.created_at), col(Agency.id))
    if agencies is not None:
        wanted = wanted.where(col(Agency.id).in_(agencies))
    rows = session.exec(wanted).all()
    names = {name for _, name in rows}
    found: dict[UUID, str] = {}
    for key, name in rows:
        shown, number = name, 1
        while shown in found.values() or (number > 1 and shown in names):
            number += 1
            shown = f"{name} ({number})"
        found[key] = shown
    return found
