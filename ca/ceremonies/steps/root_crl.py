"""`root-crl`: a root lists what it revoked; its key is at hand only at ceremonies."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Made, SoFar, Words
from ca.publication.crl import ROOT_LIFE
from pki.certificate import parse_certificate
from pki.crl import crl_tbs, parse_crl
from pki.errors import PkiError
from pki.keys import algorithm_of, verify
from pki.profile import FOR_EVER


@dataclass(frozen=True)
class RootCrlStep:
    """The CRL of this root; it stands after all that the root certifies in the plan."""

    kind: ClassVar[str] = "root-crl"
    issuer: str = "root"

    @property
    def about(self) -> str:
        """The root's name."""
        return self.issuer

    @property
    def needs(self) -> tuple[str, ...]:
        """The root with its key."""
        return (f"key {self.issuer}", f"certificate {self.issuer}")

    @property
    def gives(self) -> tuple[str, ...]:
        """Its CRL."""
        return (f"crl {self.issuer}",)

    def words(self) -> Words:
        """In words."""
        days = ROOT_LIFE.days
        return Words(
            f"{self.issuer} ເຊັນບັນຊີໃບຢັ້ງຢືນທີ່ຖືກຍົກເລີກ, ໃຊ້ໄດ້ {days} ມື້",
            f"{self.issuer} signs its list of revoked certificates, for {days} days",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """An empty list of the first number; what was revoked by then is added."""
        begin = sketch.now.replace(microsecond=0)
        octets = crl_tbs(sketch.views[self.issuer], 1, begin, begin + ROOT_LIFE, [])
        return Draft(octets, unknown=("its number", "the dates", "what will have been revoked by then"), linted=False)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The newest CRL holds every ending under the root."""
        return {"crl": bytes(ceremony.list_endings(so_far.issuing(ceremony, self.issuer)).der)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """The root must have signed it."""
        return crl_fault(made, so_far, self.issuer)


def crl_fault(made: Made, so_far: SoFar, name: str) -> str | None:
    """How the CRL differs from one of this root: a regular one, or its last."""
    try:
        issuer, crl = parse_certificate(so_far.certificates[name]), parse_crl(made["crl"])
        verify(issuer.spki, algorithm_of(issuer.spki), crl.tbs, crl.signature)
    except KeyError as missing:
        return f"{missing} is not there"
    except PkiError as fault:
        return f"the CRL does not hold: {fault}"
    until = crl.next_update
    if until is None or (until != FOR_EVER and until - crl.this_update > ROOT_LIFE + timedelta(seconds=1)):
        return "the CRL counts longer than a root's may"
    return None
