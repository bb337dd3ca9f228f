"""How much one allowance or account may ask for, and when it may ask again; the numbers are the configuration's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.tables.acme import (
    AcmeAccount,
    AcmeAccountEnd,
    AcmeAuthorization,
    AcmeFinalization,
    AcmeOrder,
    AcmeValidation,
)
from ca.tables.machines import Allowance
from ledger.base import without
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@dataclass(frozen=True)
class Later(Refuse):
    """Too much for now: in so many seconds it is asked for again in vain no more."""

    seconds: int = 3600


def may_have_account(session: Session, allowance: Allowance) -> Decision:
    """Whether the allowance may have one more living account."""
    there = without(
        select(func.count()).select_from(AcmeAccount).where(AcmeAccount.allowance_id == allowance.id),
        AcmeAccount.id,
        AcmeAccountEnd,
    )
    full = (session.scalar(there) or 0) >= current(session).acme_accounts
    return Later("acme.rate-accounts", 86_400) if full else Allow()


def may_order(
    session: Session, account_id: str, names: Sequence[str], names_sha256: str, now: datetime, *, due: bool
) -> Decision:
    """Whether the account may place one more order for these names now; `due` as for `may_repeat`."""
    configuration = current(session)
    placed = _times(session, now - HOUR, AcmeOrder, AcmeOrder.account_id == account_id)
    too_many = _over(placed, configuration.acme_orders_hour, HOUR, now, "acme.rate-orders")
    of_names, of_all = _failed(session, account_id, names, now - HOUR)
    too_many = too_many and _over(of_names, configuration.acme_failures_hour, HOUR, now, "acme.rate-failures")
    too_many = too_many and _over(of_all, configuration.acme_orders_hour, HOUR, now, "acme.rate-failures")
    return too_many and may_repeat(session, names_sha256, now, due=due)


def may_repeat(session: Session, names_sha256: str, now: datetime, *, due: bool) -> Decision:
    """Whether these very names may have one more certificate this week.

    What is `due`, in place of a certificate that we said should be renewed by now, is not counted (RFC 9773 clause 5);
    before its time it is, or one would come in place of another without end.
    """
    if due:
        return Allow()
    same = select(Entry.at).join(AcmeFinalization, AcmeFinalization.entry_id == Entry.id)
    same = same.join(AcmeOrder, AcmeOrder.id == AcmeFinalization.order_id)
    same = same.where(AcmeOrder.names_sha256 == names_sha256, Entry.at > now - WEEK).order_by(Entry.at)
    most = current(session).acme_same_names_week
    return _over(list(session.scalars(same)), most, WEEK, now, "acme.rate-same-names")


def _times(session: Session, since: datetime, kind: type[AcmeOrder], condition: object) -> list[datetime]:
    statement = select(Entry.at).join(kind, kind.entry_id == Entry.id).where(condition)  # type: ignore[arg-type]
    return list(session.scalars(statement.where(Entry.at > since).order_by(Entry.at)))


def _failed(
    session: Session, account_id: str, names: Sequence[str], since: datetime
) -> tuple[list[datetime], list[datetime]]:
    """When validations failed for the account: of the one of these names that failed most often, and of any name."""
    statement = (
        select(AcmeAuthorization.name, AcmeValidation.at)
        .join(AcmeValidation, AcmeValidation.authorization_id == AcmeAuthorization.id)
        .join(AcmeOrder, AcmeOrder.id == AcmeAuthorization.order_id)
        .where(AcmeOrder.account_id == account_id)
        .where(AcmeValidation.code.is_not(None), AcmeValidation.at > since)
        .order_by(AcmeValidation.at)
    )
    by_name: dict[str, list[datetime]] = {}
    for name, at in session.execute(statement):
        by_name.setdefault(name, []).append(at)
    worst = max((by_name.get(name, []) for name in names), key=len, default=[])
    return worst, sorted(at for times in by_name.values() for at in times)


def _over(times: Sequence[datetime], most: int, length: timedelta, now: datetime, code: str) -> Decision:
    """When there is room again: as soon as one of the newest `most` is older than the window."""
    if len(times) < most:
        return Allow()
    return Later(code, max(1, int((times[-most] + length - now).total_seconds()) + 1))
