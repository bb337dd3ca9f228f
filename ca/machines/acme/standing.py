"""How an account, an order and its authorizations stand, read from facts in one snapshot."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.acme.status import (
    Issuance,
    Status,
    Trial,
    account_status,
    authorization_status,
    order_status,
)
from ca.machines.fates import Issued, Refused, outcome
from ca.tables.acme import (
    AcmeAccount,
    AcmeAccountEnd,
    AcmeAccountKey,
    AcmeAccountTerms,
    AcmeAuthorization,
    AcmeAuthorizationEnd,
    AcmeChallengeReady,
    AcmeFinalization,
    AcmeOrder,
    AcmeValidation,
)
from ca.tables.machines import Allowance, AllowanceEnd, AllowanceSecretEnd
from ledger.base import latest


@dataclass(frozen=True)
class Client:
    """An account as it stands."""

    account: AcmeAccount
    key: AcmeAccountKey
    terms: AcmeAccountTerms
    allowance: Allowance
    status: Status


def client_of(session: Session, account: AcmeAccount, now: datetime) -> Client:
    """The account with its key and terms of now. A secret that was withdrawn takes its accounts along."""
    keys = latest(AcmeAccountKey, AcmeAccountKey.account_id).where(AcmeAccountKey.account_id == account.id)
    terms = latest(AcmeAccountTerms, AcmeAccountTerms.account_id).where(AcmeAccountTerms.account_id == account.id)
    allowance = session.get_one(Allowance, account.allowance_id)
    allowed = (
        session.get(AllowanceEnd, allowance.id) is None
        and session.get(AllowanceSecretEnd, account.secret_id) is None
        and now < allowance.valid_to
    )
    status = account_status(ended=session.get(AcmeAccountEnd, account.id) is not None, allowed=allowed)
    return Client(account, session.scalars(keys).one(), session.scalars(terms).one(), allowance, status)


@dataclass(frozen=True)
class Authorization:
    """An authorization as it stands."""

    row: AcmeAuthorization
    trial: Trial
    answer: AcmeChallengeReady | None
    validation: AcmeValidation | None
    status: Status
    expires: datetime


@dataclass(frozen=True)
class Order:
    """An order as it stands. `certificate_id` and `code`: what came of it."""

    row: AcmeOrder
    names: tuple[str, ...]
    authorizations: Sequence[Authorization]
    status: Status
    enrolment_id: str | None = None
    certificate_id: str | None = None
    code: str | None = None


def order_of(session: Session, row: AcmeOrder, client: Client, now: datetime) -> Order:
    """The order as it stands for its own client."""
    wanted = select(AcmeAuthorization).where(AcmeAuthorization.order_id == row.id).order_by(AcmeAuthorization.id)
    authorizations = [authorization_of(session, one, row, client, now) for one in session.scalars(wanted)]
    final = session.get(AcmeFinalization, row.id)
    came = None if final is None else outcome(session, final.enrolment_id)
    issuance = Issuance.NONE if came is None else Issuance.WAITING
    certificate_id, code = None, None
    if isinstance(came, Issued):
        issuance, certificate_id = Issuance.ISSUED, came.certificate.id
    elif isinstance(came, Refused):
        issuance, code = Issuance.REFUSED, came.code
    status = order_status([one.status for one in authorizations], issuance, row.expires_at, now)
    enrolment_id = None if final is None else final.enrolment_id
    return Order(row, tuple(json.loads(row.names)), authorizations, status, enrolment_id, certificate_id, code)


def authorization_of(
    session: Session, row: AcmeAuthorization, order: AcmeOrder, client: Client, now: datetime
) -> Authorization:
    """The authorization as it stands for its own client."""
    answer, validation = session.get(AcmeChallengeReady, row.id), session.get(AcmeValidation, row.id)
    valid = None if validation is None else validation.code is None
    trial = Trial(answer is not None, valid, session.get(AcmeAuthorizationEnd, row.id) is not None)
    status = authorization_status(trial, order.expires_at, now, client.status)
    return Authorization(row, trial, answer, validation, status, order.expires_at)
