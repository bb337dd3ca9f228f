"""What a new campaign takes: a certificate is in one at a time, and stays there until that one is over."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ca.reissue.selection import Affected
from ca.tables.reissue import ReissueEnd, ReissueMember
from ledger.base import without


def under_campaign() -> Select[str]:
    """Selects the ids of the certificates that are members of a campaign which is not over."""
    return without(select(ReissueMember.certificate_id), ReissueMember.reissue_id, ReissueEnd)


def free(session: Session, found: Sequence[Affected]) -> list[Affected]:
    """Those of these that are in no campaign which is not over; preview, plan and listing ask this alike."""
    taken = set(session.scalars(under_campaign()))
    return [one for one in found if one.certificate_id not in taken]
