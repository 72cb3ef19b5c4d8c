"""The staff pages."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ccmm_bot.web.staff import (
    account,
    actions,
    admin,
    appointments,
    attachments,
    casefile,
    caselists,
    caseload,
    cases,
    contacts,
    day,
    evaluation,
    evaluation_exports,
    events,
    flags,
    forms,
    instruments,
    inviting,
    opening,
    own_telegram,
    pages,
    referrals,
    second,
    signin,
)


def routes() -> list[BaseRoute]:
    """Every route below ``/staff``."""
    rooms = (
        signin,
        second,
        account,
        own_telegram,
        day,
        events,
        pages,
        actions,
        referrals,
        contacts,
        attachments,
        flags,
        caselists,
        casefile,
        caseload,
        appointments,
        cases,
        forms,
        inviting,
        opening,
        evaluation,
        evaluation_exports,
        instruments,
    )
    return [*(route for room in rooms for route in room.router.routes), *admin.routes()]
