"""A certificate of a profile as it would be issued now, under an issuer that is thrown away; and both judges' findings.

Nothing of it is real: its keys exist in memory only, nothing is written, and nobody trusts its root.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ca.configuration import Configuration
from ca.issuance.second_judge import Finding as Objection
from ca.issuance.second_judge import findings
from ca.profiles import PROFILES, issuer_for, profile_of_issuer
from ledger.clock import Randomness
from pki import lint as own_lint
from pki import oids
from pki.certificate import CHANCE_OCTETS, assemble, parse_certificate, serial_number, tbs
from pki.issuer import IssuerView, issuer_view, root_view
from pki.names import ca_name, organisation_name, person_name, representative_name, service_name
from pki.profile import AlternativeNames, CertificateProfile, SubjectShape
from pki.signing import SignatureAlgorithm, Signer

ORGANISATION = "Lao e-Government Center"
_PERSON = ("ສົມພອນ", "ແກ້ວບຸນມີ", "Somphone", "Keobounmy", "00000000")
_SUBJECTS = {
    SubjectShape.PERSON: person_name(*_PERSON),
    SubjectShape.REPRESENTATIVE: representative_name(*_PERSON, "Specimen Trading", "SPECIMEN"),
    SubjectShape.ORGANISATION: organisation_name("Specimen Ministry", "ກະຊວງຕົວຢ່າງ", "SPECIMEN"),
    SubjectShape.SERVICE: service_name(ORGANISATION, "specimen"),
}
_NAMES = {
    AlternativeNames.NONE: (),
    AlternativeNames.HOSTS: ("specimen.gov.la",),
    AlternativeNames.MAIL: ("specimen@specimen.gov.la",),
}
_LIMIT_LAK = 10_000_000


@dataclass(frozen=True)
class Circumstances:
    """Of what a certificate depends besides its profile. `make_key` makes a key that is thrown away afterwards."""

    configuration: Configuration
    practice: bool
    url: str
    """Of the house that publishes: status, issuer certificates and practice statement are under it."""
    now: datetime
    randomness: Randomness
    make_key: Callable[[SignatureAlgorithm], Signer]


@dataclass(frozen=True)
class Specimen:
    """A signed specimen. `broken` is what our own lint finds, which would keep it from any real key."""

    profile: CertificateProfile
    der: bytes
    broken: tuple[own_lint.Finding, ...]
    objections: tuple[Objection, ...]


def specimen(name: str, algorithm: SignatureAlgorithm, given: Circumstances) -> Specimen:
    """A specimen of the profile for a subject key of this kind. Raises PkiError when none can be built."""
    return _Bench(given, algorithm).made(PROFILES[name])


class _Bench:
    """A root and an issuer of the family that the subject's key is of."""

    def __init__(self, given: Circumstances, algorithm: SignatureAlgorithm) -> None:
        self.given, self.algorithm = given, algorithm
        self.own = algorithm if algorithm.post_quantum else SignatureAlgorithm.ECDSA_P256_SHA256
        self.now = given.now.replace(microsecond=0)

    def made(self, profile: CertificateProfile) -> Specimen:
        key, subject = self.given.make_key(self.algorithm), self._subject(profile)
        if profile.self_signed:
            return self._judged(profile, self._root_view(subject, key), key, subject, key.public_key)
        if profile.is_ca:
            view, issuer = self._root()
        else:
            view, issuer = self._issuer("officers" if profile.ocsp_no_check else self._issuer_of(profile))
        return self._judged(profile, view, issuer, subject, key.public_key)

    def _issuer_of(self, profile: CertificateProfile) -> str:
        return issuer_for(profile.name, self.own)

    def _root(self) -> tuple[IssuerView, Signer]:
        key = self.given.make_key(self.own)
        subject = self._ca("Specimen Root CA")
        root = self._judged(PROFILES["root-ca"], self._root_view(subject, key), key, subject, key.public_key)
        return self._view(root.der, "root"), key

    def _issuer(self, name: str) -> tuple[IssuerView, Signer]:
        above, root_key = self._root()
        key = self.given.make_key(self.own)
        subject = self._ca("Specimen CA")
        issuer = self._judged(profile_of_issuer(name), above, root_key, subject, key.public_key)
        return self._view(issuer.der, name), key

    def _root_view(self, subject: bytes, key: Signer) -> IssuerView:
        end = self.now + PROFILES["root-ca"].longest_validity
        return root_view(subject, key.public_key, self.now, end, self._arc)

    @property
    def _arc(self) -> str:
        return oids.PRACTICE_ARC if self.given.practice else oids.PRODUCTION_ARC

    def _view(self, der: bytes, name: str) -> IssuerView:
        url = self.given.url
        return issuer_view(
            parse_certificate(der), self._arc, crl_url=f"{url}/crl/{name}-1.crl", ocsp_url=f"{url}/",
            certificate_url=f"{url}/issuer/{name}-1.cer", cps_url=f"{url}/cps",
        )  # fmt: skip

    def _ca(self, common_name: str) -> bytes:
        return ca_name(ORGANISATION, common_name, practice=self.given.practice)

    def _subject(self, profile: CertificateProfile) -> bytes:
        return self._ca("Specimen Subject CA") if profile.is_ca else _SUBJECTS[profile.subject]

    def _judged(
        self, profile: CertificateProfile, view: IssuerView, signer: Signer, subject: bytes, spki: bytes
    ) -> Specimen:
        end = min(self.now + self.given.configuration.longest(profile.name) - timedelta(seconds=1), view.not_after)
        encoded = tbs(
            profile, view, subject, spki, serial_number(1, self.given.randomness(CHANCE_OCTETS)), self.now, end,
            alternative_names=_NAMES[profile.alternative_names],
            value_limit_lak=_LIMIT_LAK if profile.value_limited else None,
        )  # fmt: skip
        der = assemble(encoded, signer.algorithm, signer.sign(encoded))
        return Specimen(profile, der, _broken(encoded, profile, view), tuple(findings(der)))


def _broken(encoded: bytes, profile: CertificateProfile, view: IssuerView) -> tuple[own_lint.Finding, ...]:
    try:
        own_lint.lint(encoded, profile, view)
    except own_lint.LintFailed as failed:
        return failed.findings
    return ()
