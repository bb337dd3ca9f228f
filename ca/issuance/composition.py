"""From what is wanted to linted bytes: names, numbers and dates come together here. Nothing is signed or written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ca.registration.applicants import Standing
from ledger.certificates import Issuer
from ledger.clock import Randomness
from pki.certificate import CHANCE_OCTETS, IssuerView, serial_number, tbs
from pki.errors import PkiError
from pki.issuer import view_for
from pki.lint import LintedTbs, lint
from pki.names import organisation_name, person_name, representative_name, service_name
from pki.profile import FOR_EVER, CertificateProfile, SubjectShape
from pki.signing import Signer

SHORTEST = timedelta(days=1)
"""An issuer that lives no longer than this certifies nothing any more."""


class IssuerUnfit(Exception):
    """The key is not the issuer's, or the issuer is about to end: the sentence says what to do."""


@dataclass(frozen=True)
class IssuingKey:
    """An issuer with its key."""

    id: str
    view: IssuerView
    signer: Signer

    def __post_init__(self) -> None:
        """Refuse a key that is not this issuer's."""
        if self.signer.public_key != self.view.spki:
            raise IssuerUnfit("this key is not the issuer's: look at LAOTRUST_KEYS_… and at the home")

    @property
    def spki(self) -> bytes:
        """The issuer's public key."""
        return self.view.spki


@dataclass(frozen=True)
class Wanted:
    """One certificate to be made. `subject` is a DER Name; `validity` is at most the profile's."""

    profile: CertificateProfile
    subject: bytes
    spki: bytes
    validity: timedelta
    enrolment_id: str | None = None
    person_id: str | None = None
    alternative_names: tuple[str, ...] = ()
    value_limit_lak: int | None = None
    """The most, in kip, that a signature counts for; None for no limit."""
    endless: bool = False
    """Whether it is to end at FOR_EVER, whatever `validity` says; the profile must allow it."""
    begins: datetime | None = None
    """When it begins to be valid, within its issuer's life or, if it is endless, just after it; None for now."""
    makes_issuer: Issuer | None = None
    """The Issuer that a CA certificate of ours makes, written in the certificate's own entry."""


@dataclass(frozen=True)
class Scope:
    """What a certificate says besides a person: for which organisation, service, hosts or mail address, and how much.

    The organisation's names are those of the register at the time; `names` are hosts, or one mail address.
    """

    organisation_code: str
    organisation_en: str
    organisation_lo: str
    names: tuple[str, ...] = ()
    common_name: str | None = None
    """Of a service."""
    value_limit_lak: int | None = None


@dataclass(frozen=True)
class Composed:
    """Linted bytes with the facts that went into them."""

    linted: LintedTbs
    serial_number: int
    not_before: datetime
    not_after: datetime


def wanted_for(
    profile: CertificateProfile, standing: Standing, spki: bytes, enrolment_id: str | None, scope: Scope | None = None
) -> Wanted:
    """A certificate that a person asked for: names as the register has them now, no post and no national number.

    It is the person's own where his name stands in it, else his organisation's. Raises PkiError (`name.…`) for a name
    that no certificate can hold, or a scope that is missing.
    """
    return Wanted(
        profile,
        _subject(profile.subject, standing, scope),
        spki,
        profile.longest_validity,
        enrolment_id,
        standing.person_id if profile.subject.natural_person else None,
        scope.names if scope else (),
        scope.value_limit_lak if scope else None,
    )


def _subject(shape: SubjectShape, standing: Standing, scope: Scope | None) -> bytes:
    names = standing.names
    person = (names.given_lo, names.family_lo, names.given_en, names.family_en, standing.applicant.number)
    if shape is SubjectShape.PERSON:
        return person_name(*person)
    if scope is None:
        raise PkiError(f"A {shape.value} is of an organisation.", "name.scope-missing")
    if shape is SubjectShape.REPRESENTATIVE:
        return representative_name(*person, scope.organisation_en, scope.organisation_code)
    if shape is SubjectShape.ORGANISATION:
        return organisation_name(scope.organisation_en, scope.organisation_lo, scope.organisation_code)
    if scope.common_name is None:
        raise PkiError("A service has a name.", "name.scope-missing")
    return service_name(scope.organisation_en, scope.common_name)


def begins_after(issuing: IssuingKey) -> datetime:
    """The first second after the issuer's end, which is valid itself (RFC 5280 clause 4.1.2.5)."""
    return issuing.view.not_after + timedelta(seconds=1)


def compose(issuing: IssuingKey, wanted: Wanted, number: int, randomness: Randomness, now: datetime) -> Composed:
    """The exact bytes to be signed, linted. Raises LintFailed, IssuerUnfit, PkiError.

    Both ends of the validity are whole seconds and included (RFC 5280 clause 4.1.2.5), and it ends no later than
    the issuer's own, unless it is to have no end.
    """
    view = view_for(issuing.view, number)
    now = now.replace(microsecond=0)
    if view.not_after - now < SHORTEST:
        raise IssuerUnfit("this issuer is about to expire: hold a ceremony for its next generation")
    not_before = wanted.begins or now
    validity = min(wanted.validity, wanted.profile.longest_validity)
    not_after = FOR_EVER if wanted.endless else min(not_before + validity - timedelta(seconds=1), view.not_after)
    serial = serial_number(number, randomness(CHANCE_OCTETS))
    encoded = tbs(
        wanted.profile,
        view,
        wanted.subject,
        wanted.spki,
        serial,
        not_before,
        not_after,
        alternative_names=wanted.alternative_names,
        value_limit_lak=wanted.value_limit_lak,
    )
    return Composed(lint(encoded, wanted.profile, view), serial, not_before, not_after)
