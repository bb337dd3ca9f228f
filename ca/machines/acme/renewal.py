"""When a certificate should be renewed, and in place of which one an order comes (ARI, RFC 9773)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.acme.standing import Client, client_of, order_of
from ca.machines.acme.status import Status
from ca.registration.digests import names_of
from ca.tables.acme import AcmeAccount, AcmeFinalization, AcmeOrder
from ca.tables.machines import MachineRequest
from ca.tables.registration import EnrolmentScope
from ca.tables.reissue import ReissueEnd, ReissueMember
from ledger.base import without
from ledger.certificates import Certificate, Intent, Issuer, Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from pki.base64url import decode, encode
from pki.errors import ParseError

ASK_AGAIN = timedelta(hours=6)
"""RFC 9773 clause 4.3.2 for `Retry-After`."""


@dataclass(frozen=True)
class Window:
    """From when to when the client should renew, at a moment of its own choosing."""

    start: datetime
    end: datetime


def window(not_before: datetime, not_after: datetime, over: datetime | None) -> Window:
    """After two thirds of the certificate's life, a twelfth long (RFC 9773 clause 4.2).

    Of one that was revoked, or is to be replaced, since then (`over`), it is past, and its client comes at once.
    """
    if over is not None:
        return Window(over - timedelta(seconds=1), over)
    life = not_after - not_before
    return Window(not_before + life * 2 / 3, not_before + life * 3 / 4)


def is_due(session: Session, certificate: str | None, now: datetime) -> bool:
    """Whether the certificate of this id should be renewed by now, as whoever asked was told."""
    row = session.get(Certificate, certificate) if certificate else None
    return row is not None and now >= _window(session, row).start


def window_of(session: Session, certificate_id: str) -> Window | None:
    """The window of the certificate of this `certID`, if a machine asked for it."""
    certificate = certificate_of(session, certificate_id)
    return None if certificate is None else _window(session, certificate)


def _window(session: Session, certificate: Certificate) -> Window:
    revocation = session.get(Revocation, certificate.id)
    over = revocation.at if revocation else _to_be_replaced(session, certificate)
    return window(certificate.not_before, certificate.not_after, over)


def _to_be_replaced(session: Session, certificate: Certificate) -> datetime | None:
    """Since when the certificate is a member of a campaign that is not over: its client is told to come now."""
    member = select(Entry.at).join(ReissueMember, ReissueMember.entry_id == Entry.id)
    member = member.where(ReissueMember.certificate_id == certificate.id)
    return session.scalar(without(member, ReissueMember.reissue_id, ReissueEnd).order_by(Entry.at).limit(1))


def certificate_id_of(der: bytes) -> str:
    """The `certID` of a certificate (RFC 9773 clause 4.1): its issuer's key identifier and its serial number."""
    certificate = x509.load_der_x509_certificate(der)
    serial = certificate.serial_number
    octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big")  # DER's INTEGER has a zero before a high bit
    return f"{encode(_authority(certificate))}.{encode(octets)}"


def certificate_of(session: Session, certificate_id: str) -> Certificate | None:
    """The certificate of this `certID`, if a machine asked for it."""
    try:
        key_identifier, serial = map(decode, certificate_id.split(".", 1))
    except (ParseError, ValueError):
        return None
    number = f"{int.from_bytes(serial, 'big'):x}"
    wanted = (
        select(Certificate)
        .join(Intent, Intent.id == Certificate.id)
        .join(MachineRequest, MachineRequest.enrolment_id == Intent.enrolment_id)
        .where(Certificate.issuer_id.in_(select(Issuer.id)), Certificate.serial_number == number)
    )
    found = (one for one in session.scalars(wanted) if _of(one, key_identifier, certificate_id))
    return next(found, None)


def replaced_by(
    session: Session, given: object, client: Client, names: Sequence[str], now: datetime
) -> str | Refuse | None:
    """The id of the certificate that an order with this `replaces` comes in place of (RFC 9773 clause 5)."""
    if given is None:
        return None
    certificate = certificate_of(session, given) if isinstance(given, str) else None
    intent = session.get(Intent, certificate.id) if certificate else None
    asked = session.get(MachineRequest, intent.enrolment_id) if intent else None
    if certificate is None or asked is None or asked.allowance_id != client.allowance.id:
        return Refuse("acme.replaces-unknown")
    if set(names).isdisjoint(names_of(session.get_one(EnrolmentScope, asked.enrolment_id))):
        return Refuse("acme.replaces-unknown")
    return Refuse("acme.already-replaced") if _replaced(session, certificate, client, now) else certificate.id


def _replaced(session: Session, certificate: Certificate, client: Client, now: datetime) -> bool:
    """Whether another order that may still succeed comes in its place."""
    done = select(AcmeFinalization.order_id).where(AcmeFinalization.replaces_id == certificate.id)
    if session.scalar(done) is not None:
        return True
    same = select(AcmeOrder, AcmeAccount).join(AcmeAccount, AcmeAccount.id == AcmeOrder.account_id)
    same = same.where(AcmeOrder.replaces_id == certificate.id, AcmeAccount.allowance_id == client.allowance.id)
    # What is over by time is told by its row; an order of an account that ended goes nowhere either.
    placed = session.execute(same.where(AcmeOrder.expires_at > now)).all()
    own = {account.id: client_of(session, account, now) for _, account in placed}
    return any(order_of(session, one, own[account.id], now).status is not Status.INVALID for one, account in placed)


def _of(certificate: Certificate, key_identifier: bytes, certificate_id: str) -> bool:
    read = x509.load_der_x509_certificate(certificate.der)
    return _authority(read) == key_identifier and certificate_id_of(certificate.der) == certificate_id


def _authority(certificate: x509.Certificate) -> bytes:
    named = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return named.key_identifier or b""
