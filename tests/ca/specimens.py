"""A specimen of each profile, of fixed keys, times and numbers: made the same on every machine.

`python -m tests.ca.specimens` writes the golden ones anew; look at the difference before you keep it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

from cryptography.hazmat.primitives.asymmetric import ec

from ca.profiles import PROFILES
from pki import oids
from pki.certificate import CHANCE_OCTETS, assemble, parse_certificate, serial_number, tbs
from pki.issuer import IssuerView, issuer_view, root_view
from pki.lint import lint
from pki.names import ca_name, organisation_name, person_name, representative_name, service_name
from pki.profile import AlternativeNames, CertificateProfile, SubjectShape
from tests.doubles import START
from tests.issuing import KeySigner

GOLDEN = Path(__file__).parent / "golden"
URL = "http://127.0.0.1:8440"
CHANCE = bytes(range(1, CHANCE_OCTETS + 1))
PERSON = ("ສົມພອນໄຊຍະບູນທະນາວົງສາສຸວັນນະພູມມີໄຊສີ", "ແກ້ວບຸນມີ", "Somphonexay", "Keobounmy", "10000017")
ORGANISATION = "Ministry of Technology and Communications"
ORGANISATION_LO = "ກະຊວງເຕັກໂນໂລຊີ ແລະ ການສື່ສານ"
SUBJECTS = {
    SubjectShape.PERSON: person_name(*PERSON),
    SubjectShape.REPRESENTATIVE: representative_name(*PERSON, "Mekong Trading Co., Ltd", "MEKONG-1"),
    SubjectShape.ORGANISATION: organisation_name(ORGANISATION, ORGANISATION_LO, "MTC"),
    SubjectShape.SERVICE: service_name("Lao e-Government Center", "PRACTICE unit"),
}
NAMES = {
    AlternativeNames.NONE: (),
    AlternativeNames.HOSTS: ("localhost", "127.0.0.1", "portal.mtc.gov.la"),
    AlternativeNames.MAIL: ("somphone.k@mtc.gov.la",),
}
CAS = ("root-ca", "issuing-ca", "issuing-services-ca", "cross-certificate")
LEAVES = sorted(set(PROFILES) - set(CAS))
LIMIT = 50_000_000
_NUMBERS = {"root-ca": 1, "issuing-ca": 2, "cross-certificate": 3, "issuing-services-ca": 4}


def fixed_key(number: int) -> KeySigner:
    """The P-256 key of this secret number: for specimens alone."""
    return KeySigner(ec.derive_private_key(number, ec.SECP256R1()))


@dataclass
class Specimens:
    """A root, an issuer, and what they certify, by our own profiles; the keys may be of any kind."""

    root_key: KeySigner = field(default_factory=lambda: fixed_key(0x1001))
    issuer_key: KeySigner = field(default_factory=lambda: fixed_key(0x1002))
    leaf_key: KeySigner = field(default_factory=lambda: fixed_key(0x1003))
    organisation: str = "Lao e-Government Center"

    def __post_init__(self) -> None:
        subject = ca_name(self.organisation, "Root CA", practice=True)
        self.root = self.own_root(PROFILES["root-ca"], subject, self.root_key)
        self.root_view = view(self.root, "root")
        subject = ca_name(self.organisation, "Officers CA", practice=True)
        self.issuer = self._made(PROFILES["issuing-ca"], self.root_view, self.root_key, subject, self.issuer_key)
        self.view = view(self.issuer, "officers")
        subject = ca_name(self.organisation, "Services CA", practice=True)
        self.services = self.certify_ca(PROFILES["issuing-services-ca"], subject, self.issuer_key)

    def cross(self) -> bytes:
        """Another root, certified by ours."""
        subject = ca_name("Another Authority", "Root CA", practice=True)
        return self.certify_ca(PROFILES["cross-certificate"], subject, self.leaf_key)

    def own_root(self, profile: CertificateProfile, subject: bytes, key: KeySigner) -> bytes:
        """A root's certificate, by its own key."""
        end = START + profile.longest_validity - timedelta(seconds=1)
        own = root_view(subject, key.public_key, START, end, oids.PRACTICE_ARC)
        return self._made(profile, own, key, subject, key)

    def certify_ca(self, profile: CertificateProfile, subject: bytes, key: KeySigner) -> bytes:
        """A CA certificate that our root signs."""
        return self._made(profile, self.root_view, self.root_key, subject, key)

    def leaf(self, profile: str, key: KeySigner | None = None, limit: int | None = None) -> bytes:
        """An end entity's certificate."""
        kind = PROFILES[profile]
        return self._made(kind, self.view, self.issuer_key, SUBJECTS[kind.subject], key or self.leaf_key, limit)

    def leaf_under(self, issuer: bytes, profile: str) -> bytes:
        """An end entity's certificate that nobody judged, under this issuer."""
        kind = PROFILES[profile]
        encoded = tbs(
            kind, view(issuer, "rogue"), SUBJECTS[kind.subject], self.leaf_key.public_key, serial_number(8, CHANCE),
            START, START + kind.longest_validity - timedelta(seconds=1),
        )  # fmt: skip
        return assemble(encoded, self.issuer_key.algorithm, self.issuer_key.sign(encoded))

    def of(self, profile: str) -> bytes:
        """The one specimen of a profile."""
        made = {"root-ca": self.root, "issuing-ca": self.issuer, "issuing-services-ca": self.services}
        if profile == "cross-certificate":
            return self.cross()
        return made[profile] if profile in made else self.leaf(profile, limit=limit_of(PROFILES[profile]))

    def above(self, profile: str) -> list[bytes]:
        """The issuers of the specimen, the nearest first."""
        return [self.root] if profile in CAS else [self.issuer, self.root]

    def _made(
        self, profile: CertificateProfile, view: IssuerView, signer: KeySigner, subject: bytes, key: KeySigner,
        limit: int | None = None,
    ) -> bytes:
        end = min(START + profile.longest_validity - timedelta(seconds=1), view.not_after)
        encoded = tbs(
            profile, view, subject, key.public_key, serial_number(_NUMBERS.get(profile.name, 7), CHANCE), START, end,
            alternative_names=NAMES[profile.alternative_names], value_limit_lak=limit,
        )  # fmt: skip
        linted = lint(encoded, profile, view)
        return assemble(linted.tbs, signer.algorithm, signer.sign(linted.tbs))


def view(certificate: bytes, name: str) -> IssuerView:
    return issuer_view(
        parse_certificate(certificate), oids.PRACTICE_ARC, crl_url=f"{URL}/crl/{name}-1.crl", ocsp_url=f"{URL}/",
        certificate_url=f"{URL}/issuer/{name}-1.cer", cps_url=f"{URL}/cps",
    )  # fmt: skip


def limit_of(profile: CertificateProfile) -> int | None:
    return LIMIT if profile.value_limited else None


@cache
def specimens() -> Specimens:
    """The one set of fixed keys."""
    return Specimens()


if __name__ == "__main__":
    for name in PROFILES:
        (GOLDEN / f"{name}.pem").write_text(DER_cert_to_PEM_cert(specimens().of(name)))
