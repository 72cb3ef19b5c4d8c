"""Accounts as an agency's identity provider knows them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.accounts import normal_email
from ccmm_bot.casework.access.sessions import entry
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Staff


def account_of(store: Store, *, issuer: str, subject: str, verified_email: str | None, now: datetime) -> UUID | None:
    """Whose account it is; ``None`` where there is none that is on.

    The first time an account is found by an e-mail the provider has verified, and tied to the subject: from then on the e-mail no
    longer matters. Only an account that is tied to nobody is found like that.
    """
    name = hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()
    with store.installation(write=True) as session:
        known = session.exec(select(Staff).where(Staff.oidc_subject == name)).first()
        if known is not None:
            return known.id if known.active else None
        if not verified_email:
            return None
        staff = session.exec(
            select(Staff).where(
                Staff.email == normal_email(verified_email), col(Staff.active).is_(True), col(Staff.oidc_subject).is_(None)
            )
        ).first()
        if staff is None:
            return None
        staff.oidc_subject = name
        session.add(staff)
        session.add(entry(staff.agency_id, staff.id, "staff.provider_tied", now))
        return staff.id
