"""The practice ceremony: everything that an installation needs before the first person can enrol, in one call.

It is a plan like any other, held by the same code; one practice operator, whose key is made for it, approves and signs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ca.ceremonies.approval import approve
from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.files import write_whole
from ca.ceremonies.generations import issuing_names
from ca.ceremonies.keyring import HomeKeyring, Keyring
from ca.ceremonies.names import ISSUERS, first_algorithm
from ca.ceremonies.plan import Operator, Plan
from ca.ceremonies.run import Progress, hold, sign
from ca.ceremonies.steps.first_officer import FirstOfficerStep
from ca.ceremonies.steps.issuer import IssuerStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.mode import ModeStep
from ca.ceremonies.steps.root import RootStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.service import ServiceStep
from ca.ceremonies.steps.step import Step
from ca.closing.authority import record_practice
from ca.profiles import POST_QUANTUM
from ca.publication.publisher import publish_due
from ledger.clock import Clock
from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm
from web.home import ROOTS, Home, Mode

TLS_SERVERS = ("idp", "idp-mtls", "validation", "audit", "register", "edocument", "estaff", "holder", "machines")
TLS_NAMES = ("localhost", "127.0.0.1")
TLS_BY_RSA = ("idp",)
"""Those with a certificate for an RSA key besides: of TLS 1.2, FAPI 1.0 clause 8.5 allows suites with RSA alone."""
DOORS = (("cmp", SignatureAlgorithm.ECDSA_P256_SHA256), ("scep", SignatureAlgorithm.RSA_PKCS1_SHA256))
"""Protocols whose answers are signed, and by what; SCEP's clients encipher to the key as well, so it is RSA."""
OPERATOR = "practice"
_RESPONDER_DAYS = 30
_COLUMN_OCTETS = 32
_CHAINS = (("root", ISSUERS), (f"root{POST_QUANTUM}", (f"officers{POST_QUANTUM}",)))
ISSUER_NAMES = tuple(name for _, issuers in _CHAINS for name in issuers)
"""The issuing CAs that the practice ceremony makes; `ceremony-issuer` makes the others."""
COLUMN_KEYS = ("fields", "doors")
"""Of sealed columns: about persons, and of machines' secrets."""


@dataclass(frozen=True)
class Held:
    """What a ceremony left behind."""

    issuers: int
    services: int
    officers: int

    def __str__(self) -> str:
        return f"{self.issuers} issuers, {self.services} service certificates, {self.officers} registration officers"


def hold_practice_ceremony(
    ledger: Ledger,
    home: Home,
    officers: Sequence[str],
    *,
    clock: Clock,
    keys: Mapping[str, str] | None = None,
    keyring: Keyring | None = None,
) -> Held:
    """Roots, issuers, responders, units, TLS servers and the first registration officers are there, each once.

    `officers` are numbers of persons in the register; their demo keys are made in `<home>/people` if they are not
    there. `keys` maps names of keys to URIs. Killed at any step and called again, it goes on from there; in a later
    month it is another ceremony, which makes anew what has ended since. Raises CeremonyFailed, KeyUnusable and what
    the ledger raises.
    """
    ceremony = Ceremony(ledger, home, keyring or HomeKeyring(home, keys or {}), Mode.PRACTICE)
    record_practice(ledger, ceremony.actor)
    _column_keys(home, ledger)
    steps = everything(officers)
    hold_alone(ceremony, "The practice ceremony", steps, clock.now())
    issuing = [ceremony.opened(name, ceremony.keys.opened(name)) for name in issuing_names(ledger)]
    publish_due(ledger, issuing, ceremony.actor)
    ceremony.await_seal(())
    made = [step.kind for step in steps]
    return Held(made.count("issuer") + made.count("root"), made.count("service"), len(officers))


def hold_alone(ceremony: Ceremony, title: str, steps: Sequence[Step], at: datetime) -> Progress:
    """The steps are done by one practice operator, who approves and signs; only practice may do so."""
    operator = ceremony.keys.signer(OPERATOR, SignatureAlgorithm.ED25519)
    operators = (Operator(OPERATOR, operator.public_key),)
    plan = Plan(title, "practice", f"{at:%Y-%m}", ceremony.mode, 1, operators, tuple(steps))
    hold(ceremony, plan, [approve(plan, OPERATOR, operator, at)])
    return sign(ceremony, plan, OPERATOR, operator)


def everything(officers: Sequence[str]) -> list[Step]:
    """The steps of the practice ceremony; the CRLs of the roots come last, when nothing more hangs under them."""
    steps = begin()
    for root, issuers in _CHAINS:
        steps += root_steps(root)
        for name in issuers:
            steps += issuer_steps(name, root)
    steps += [ServiceStep("tsa", "tsa-unit", "services"), ServiceStep("token", "token-signer", "services")]
    steps += [
        ServiceStep(f"tls-{house}", "tls-server", "services", alternative_names=TLS_NAMES, chain=("services",))
        for house in TLS_SERVERS
    ]
    steps += [
        ServiceStep(
            f"tls-{house}-rsa", "tls-server", "services", SignatureAlgorithm.RSA_PKCS1_SHA256,
            alternative_names=TLS_NAMES, chain=("services",),
        )
        for house in TLS_BY_RSA
    ]  # fmt: skip
    steps += [
        ServiceStep(f"door-{protocol}", "machines-ra", "services", algorithm, chain=("services",))
        for protocol, algorithm in DOORS
    ]
    steps += [FirstOfficerStep(number) for number in officers]
    return steps + [RootCrlStep(root) for root, _ in _CHAINS]


def begin() -> list[Step]:
    """What every ceremony begins with."""
    return [ModeStep(), KeyStep("checkpoint", SignatureAlgorithm.ED25519)]


def root_steps(name: str) -> list[Step]:
    """A root with its responder."""
    return [KeyStep(name, first_algorithm(name)), RootStep(name), responder(name)]


def issuer_steps(name: str, root: str) -> list[Step]:
    """An issuing CA with its responder, which the signing room renews."""
    return [KeyStep(name, first_algorithm(name)), IssuerStep(name, root), responder(name)]


def responder(issuer: str) -> ServiceStep:
    """The issuer's OCSP responder; a root's lives as long as its profile allows, since its key is not at hand."""
    days = 0 if issuer in ROOTS else _RESPONDER_DAYS
    return ServiceStep(f"ocsp-{issuer}", "ocsp-responder", issuer, first_algorithm(issuer), validity_days=days)


def _column_keys(home: Home, ledger: Ledger) -> None:
    """The keys of sealed columns are in the home: 32 octets in hex, mode 0600."""
    for name in COLUMN_KEYS:
        file = home.key(name)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(file, ledger.randomness(_COLUMN_OCTETS).hex().encode(), 0o600)
