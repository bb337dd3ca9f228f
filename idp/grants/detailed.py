"""What a grant is for in detail, kept beside it among personal values."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.details import Detail, parse_details, text_of
from idp.details.tables import GrantDetails
from idp.tables import Grant


def details_of(grant_id: str, own_id: str, details: Sequence[Detail]) -> list[GrantDetails]:
    """The fact to enter with the grant; none for one without details."""
    return [GrantDetails(id=own_id, grant_id=grant_id, details=text_of(details))] if details else []


def granted(reading: Reading, grant: Grant) -> tuple[Detail, ...] | None:
    """What the grant is for in detail; None where it was and is erased."""
    if not grant.detailed:
        return ()
    text = reading.scalar(select(GrantDetails.details).where(GrantDetails.grant_id == grant.id))
    return parse_details(text) if text else None
