"""A root and an issuer of ours with their keys, and to-be-signed bytes that one field can be changed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ca.profiles import PROFILES
from pki import certificate, der, keys, oids
from pki.extensions import extensions
from pki.issuer import IssuerView, issuer_view, root_view
from pki.names import ca_name, person_name, service_name
from pki.profile import CertificateProfile
from tests.doubles import START
from tests.issuing import KeySigner

ROOT, ISSUER, SUBJECT = KeySigner(), KeySigner(), KeySigner()
URL = "http://127.0.0.1:8440"
CHANCE = bytes(range(1, certificate.CHANCE_OCTETS + 1))
PERSON = person_name("ສົມພອນ", "ແກ້ວບຸນມີ", "Somphone", "Keobounmy", "10000017")
SERVICE = service_name("Lao e-Government Center", "Unit 1")
UNTIL = START + timedelta(days=300)


def view_of(certificate_der: bytes, name: str) -> IssuerView:
    return issuer_view(
        certificate.parse_certificate(certificate_der), oids.PRACTICE_ARC,
        crl_url=f"{URL}/crl/{name}-1.crl", ocsp_url="http://127.0.0.1:8441/",
        certificate_url=f"{URL}/issuer/{name}-1.cer", cps_url=f"{URL}/cps",
    )  # fmt: skip


def signed(tbs: bytes, signer: KeySigner) -> bytes:
    return certificate.assemble(tbs, signer.algorithm, signer.sign(tbs))


ROOT_SUBJECT = ca_name("Lao e-Government Center", "Root CA 1", practice=True)
ROOT_UNTIL = START + timedelta(days=3000)
ROOT_SELF = root_view(ROOT_SUBJECT, ROOT.public_key, START, ROOT_UNTIL, oids.PRACTICE_ARC)
ROOT_TBS = certificate.tbs(
    PROFILES["root-ca"], ROOT_SELF, ROOT_SUBJECT, ROOT.public_key, certificate.serial_number(1, CHANCE),
    START, ROOT_UNTIL,
)  # fmt: skip
ROOT_DER = signed(ROOT_TBS, ROOT)
ROOT_VIEW = view_of(ROOT_DER, "root")
ISSUER_SUBJECT = ca_name("Lao e-Government Center", "Officers CA 1", practice=True)
ISSUER_TBS = certificate.tbs(
    PROFILES["issuing-ca"], ROOT_VIEW, ISSUER_SUBJECT, ISSUER.public_key, certificate.serial_number(2, CHANCE),
    START, START + timedelta(days=2000),
)  # fmt: skip
ISSUER_DER = signed(ISSUER_TBS, ROOT)
ISSUER_VIEW = view_of(ISSUER_DER, "officers")


@dataclass
class Draft:
    """A certificate about to be made; each field may be set to what no sound maker would."""

    profile: CertificateProfile = PROFILES["officer-signing"]
    issuer: IssuerView = ISSUER_VIEW
    subject: bytes = PERSON
    spki: bytes = SUBJECT.public_key
    serial: int = certificate.serial_number(7, CHANCE)
    not_before: datetime = START
    not_after: datetime = UNTIL
    names: tuple[str, ...] = ()
    value_limit_lak: int | None = None
    version: bytes = der.explicit(0, der.integer(2))
    algorithm: bytes = keys.algorithm_identifier(ISSUER.algorithm)
    issuer_name: bytes = ISSUER_SUBJECT
    validity: bytes = b""
    extensions: bytes = b""

    def tbs(self) -> bytes:
        validity = self.validity or der.sequence(der.time(self.not_before), der.time(self.not_after))
        own = self.extensions or extensions(
            self.profile, self.issuer, self.spki, self.names, self.value_limit_lak
        )
        return der.sequence(
            self.version, der.integer(self.serial), self.algorithm, self.issuer_name, validity, self.subject,
            self.spki, der.explicit(3, own),
        )  # fmt: skip


def without(oid: str, *instead: bytes, **draft: object) -> Draft:
    """A draft whose extension of this identifier is replaced, or gone."""
    made = Draft(**draft)  # type: ignore[arg-type]
    whole = extensions(made.profile, made.issuer, made.spki, made.names)
    kept = [part.whole for part in der.parts(whole) if der.oid(oid) not in part.whole[:20]]
    made.extensions = der.sequence(*kept, *instead)
    return made
