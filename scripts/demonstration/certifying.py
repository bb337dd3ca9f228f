"""Keys, requests, decisions, issued certificates and their holders' word for many demo persons, safe to run again."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from ca.ceremonies.steps.first_officer import DESK
from ca.policy import EvidenceKind
from ca.registration.application import Agreed, AgreementMeans, Application, Shown
from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide_many, undecided
from ca.registration.enrolment import submit_many
from ca.registration.holder import confirm
from ca.registration.holders_word import act_for as confirming
from ca.statement import terms
from ca.tables.registration import Enrolment
from ledger.acts import SignedAct
from ledger.certificates import Certificate
from ledger.confirmations import awaits_holder
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.sealed_fields import SealedFields
from scripts.demonstration.installation import Installation
from scripts.demonstration.keys import PersonalKey
from signers import open_signer

PURPOSES = {"officers": ("authentication", "signing"), "citizens": ("authentication",), "again": ("signing-2",)}
"""By the list that a person stands on; `again` is one more signing key of an officer."""
PROFILES = {
    ("officers", "authentication"): "officer-authentication",
    ("officers", "signing"): "officer-signing",
    ("citizens", "authentication"): "citizen-authentication",
    ("again", "signing-2"): "officer-signing",
}
_PATIENCE = 120.0
"""Seconds until the signing room must have issued all."""


class NotIssued(Exception):
    """Certificates did not come; the sentence says which and where to look."""


def apply_for(installation: Installation, people: Iterable[tuple[str, str]], officer_number: str) -> int:
    """A request for each key of each (number, list) that has none yet. Returns how many were submitted."""
    ledger, officer = installation.ledger("ca"), installation.acting(officer_number)
    with ledger.read() as session:
        known = set(session.scalars(select(Enrolment.key_sha256)))
        agreed = Agreed(terms.current(session).digest, AgreementMeans.WRITTEN, installation.clock.now())
    applications = []
    for number, source in people:
        for purpose in PURPOSES[source]:
            key = installation.personal(number, purpose)
            if key.sha256() not in known:
                card = sample_card(number, officer.person_id)
                applications.append(Application(key.request(), number, PROFILES[source, purpose], [card], agreed))
    return len(submitted(installation, applications, officer.actor))


def submitted(installation: Installation, applications: Sequence[Application], actor: Actor) -> list[str]:
    """The enrolments of these applications. Raises NotIssued when one was refused."""
    if not applications:
        return []
    fields = SealedFields.open(installation.home.key_uri("fields"))
    outcomes = submit_many(installation.ledger("ca"), fields, applications, actor, practice=True)
    refused = [outcome.code for outcome in outcomes if isinstance(outcome, Refuse)]
    if refused:
        raise NotIssued(f"{len(refused)} requests were refused, the first as {refused[0]}")
    return [outcome for outcome in outcomes if isinstance(outcome, str)]


def decide_all(installation: Installation, officers: Sequence[str]) -> int:
    """Each of these registration officers said yes, under his own key, to all that waits. Returns how often."""
    made = 0
    for number in officers:
        officer = installation.acting(number)
        ledger = installation.ledger("ca")
        while waiting := undecided(ledger, officer.person_id, limit=500):
            now = installation.clock.now()
            acts = [act_for(one, now, approved=True, desk=DESK) for one in waiting]
            votes = [
                Vote(one.id, approved=True, signed=officer.sign(act), desk=DESK)
                for one, act in zip(waiting, acts, strict=True)
            ]
            outcomes = decide_many(ledger, votes)
            refused = [outcome.code for outcome in outcomes if isinstance(outcome, Refuse)]
            if refused:
                raise NotIssued(f"{len(refused)} decisions of {number} were refused, the first as {refused[0]}")
            made += len(outcomes)
    return made


def collect(installation: Installation, people: Iterable[tuple[str, str]], waited: Callable[[int], None]) -> int:
    """Every person's certificates are confirmed by their keys and in files beside them. Returns how many there are."""
    keys = [installation.personal(number, purpose) for number, source in people for purpose in PURPOSES[source]]
    return collect_for(installation, keys, waited)


def collect_for(installation: Installation, keys: Iterable[PersonalKey], waited: Callable[[int], None]) -> int:
    """The certificates of these keys are confirmed by them and in files beside them. Returns how many there are."""
    wanted = {key.sha256(): key for key in keys}
    deadline = time.monotonic() + _PATIENCE
    missing = {digest for digest, key in wanted.items() if not key.certificate.exists()}
    while missing:
        found = _issued(installation, missing)
        for digest, certificate in found.items():
            _confirm(installation, wanted[digest], certificate)
            _write(wanted[digest].certificate, certificate)
        missing -= set(found)
        waited(len(found))
        if missing and time.monotonic() > deadline:
            log = installation.home.path / "log" / "issue.log"
            raise NotIssued(f"{len(missing)} of {len(wanted)} certificates were not issued: look into {log}")
        if missing:
            time.sleep(0.2)
    return len(wanted)


def sample_card(number: str, officer_id: str) -> Shown:
    """The person's card as the officer saw it; the scan is the sample's, so its digest is of a sample text."""
    return Shown(
        kind=EvidenceKind.CHIP_IDENTITY_CARD,
        number=f"SAMPLE-{number}",
        issuer="MPS",
        issued_on=date(2025, 12, 17),
        expires_on=date(2035, 12, 16),
        scan_sha256=sha256(f"sample scan of the card of {number}".encode()).hexdigest(),
        officer_id=officer_id,
        place=DESK,
    )


def _issued(installation: Installation, digests: set[str]) -> dict[str, bytes]:
    with installation.ledger("ca").read() as session:
        rows = session.execute(select(Certificate.key_sha256, Certificate.der)).all()
    return {digest: der for digest, der in rows if digest in digests}


def _confirm(installation: Installation, key: PersonalKey, der: bytes) -> None:
    """The holder looked at his certificate, found the names right, and said so with the new key."""
    ledger = installation.ledger("ca")
    with ledger.read() as session:
        certificate = session.scalars(select(Certificate).where(Certificate.sha256 == sha256(der).hexdigest())).one()
        if not awaits_holder(session, certificate.id):
            return
    act = confirming(certificate, installation.clock.now())
    signed = SignedAct(act, certificate.sha256, open_signer(key.uri).sign(act.message()))
    if isinstance(refused := confirm(ledger, certificate.sha256, signed), Refuse):
        raise NotIssued(f"the holder's confirmation was refused as {refused.code}: look at the clock")


def _write(path: Path, der: bytes) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    temporary.replace(path)
