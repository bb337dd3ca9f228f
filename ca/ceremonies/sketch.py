"""The bytes of certificates before there are keys: what is known now, stand-ins for the rest, what lint finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ca.ceremonies.ceremony import issuer_addresses, policy_arc
from ca.ceremonies.names import first_algorithm
from ca.ceremonies.next_key import fitting
from ca.registration.applicants import Standing
from ledger.decision import Refuse
from pki.certificate import CHANCE_OCTETS, IssuerView, serial_number, tbs
from pki.key_kind import KeyKind, key_kind, kind_of
from pki.keys import algorithm_of, key_identifier
from pki.lint import LintFailed, lint
from pki.profile import FOR_EVER, CertificateProfile
from pki.signing import SignatureAlgorithm
from web.home import Home, Mode

Opened = Callable[[str, SignatureAlgorithm, int], tuple[bytes, str]]
"""The public key of a name (DER), and why a stand-in was taken for it; empty for the real one."""

Judged = Callable[[bytes, Sequence[bytes]], Refuse | None]
"""Of an answer and what stands above it, each a file."""


@dataclass(frozen=True)
class Draft:
    """To-be-signed bytes, and what stands between them and a key."""

    tbs: bytes
    findings: tuple[str, ...] = ()
    """What the lint has against them: none, if the step can be done."""
    unknown: tuple[str, ...] = ()
    """What will be different in the bytes that are signed."""
    linted: bool = True
    """False for a CRL, which the rules for certificates say nothing of."""


@dataclass
class Sketch:
    """What the steps before this one would have made."""

    home: Home
    mode: Mode
    now: datetime
    opened: Opened
    person: Callable[[str], Standing | None] = lambda _number: None
    """What the register knows of a number."""
    in_use: Callable[[str], KeyKind | None] = lambda _name: None
    """Of which kind the key of a CA is now, by the ledger."""
    first: Callable[[str], bytes | None] = lambda _name: None
    """The DER Name of the first generation of a CA, by the ledger."""
    judged: Judged = lambda _answer, _chain: None
    """Why an outside root's answer would not be taken now, by the ledger; None if it would, or where there is none."""
    keys: dict[str, bytes] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)
    """Names of keys that are not there yet, each with the reason."""
    views: dict[str, IssuerView] = field(default_factory=dict)

    def key(self, name: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> bytes:
        """The public key of this name, or a stand-in of the same kind."""
        if name not in self.keys:
            self.keys[name], reason = self.opened(name, algorithm, rsa_bits)
            if reason:
                self.stand_ins[name] = reason
        return self.keys[name]

    def next_key(self, key_name: str, name: str, asked: KeyKind | None) -> bytes:
        """The public key of a generation of this CA, or a stand-in. Raises CeremonyFailed for a weaker kind."""
        before = self.in_use(name) or (kind_of(self.keys[name]) if name in self.keys else None)
        kind = fitting(key_name, asked or before or key_kind(first_algorithm(name)), before)
        return self.key(key_name, kind.algorithm, kind.rsa_bits)

    def first_name(self, name: str) -> bytes | None:
        """The DER Name of the first generation of this CA: by the ledger, else as a step before this one makes it."""
        return self.first(name) or (self.views[name].subject if name in self.views else None)

    def issuer(self, name: str, profile: CertificateProfile, subject: bytes, validity: timedelta) -> IssuerView:
        """The view of an issuer that a step would make."""
        spki, begin, at = self.keys[name], self.now.replace(microsecond=0), issuer_addresses(self.home, name)
        cps = f"{self.home.url('ca')}/cps"
        self.views[name] = IssuerView(
            subject, spki, key_identifier(spki), begin, begin + validity, algorithm_of(spki), policy_arc(self.mode),
            at["crl_url"], at["ocsp_url"], at["certificate_url"], cps, cps, profile.path_length,
            is_root=profile.self_signed,
        )  # fmt: skip
        return self.views[name]

    def certificate(
        self, profile: CertificateProfile, view: IssuerView, subject: bytes, spki: bytes, validity: timedelta,
        alternative_names: tuple[str, ...] = (), *, endless: bool = False,
    ) -> Draft:  # fmt: skip
        """The certificate's bytes with their findings. The first serial number's chance is still to come."""
        begin = self.now.replace(microsecond=0)
        end = min(begin + min(validity, profile.longest_validity) - timedelta(seconds=1), view.not_after)
        end = FOR_EVER if endless else end
        serial = serial_number(1, bytes(CHANCE_OCTETS))
        octets = tbs(profile, view, subject, spki, serial, begin, end, alternative_names=alternative_names)
        try:
            findings: tuple[str, ...] = ()
            lint(octets, profile, view)
        except LintFailed as failed:
            findings = tuple(map(str, failed.findings))
        return Draft(octets, findings, ("the serial number", "the dates", *self._keys_unknown(spki, view.spki)))

    def _keys_unknown(self, *used: bytes) -> list[str]:
        return [f"the key {name} ({why})" for name, why in self.stand_ins.items() if self.keys[name] in used]
