"""A population of certificates whose every property a test knows, written into a ledger as a CA would have."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from ca.tables.registration import Desk, Enrolment, EnrolmentScope
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, Issuer, KeyUse, Revocation
from ledger.clock import VIENTIANE
from ledger.ledger import Deed, Ledger
from ledger.people import Organisation, Person
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from tests.issuing import KeySigner, PracticeIssuer, der, new_key
from tests.recorded import TESTER, Noted

ISSUERS = {"officers": "ES256", "officers-2": "ES384", "services": "ES256"}
DESKS = ("center", "LP-1", None)
PROFILES = ("officer-signing", "officer-authentication", "device")
KEYS = ("ES256", "ES384", "EdDSA")
DAYS = 4


@dataclass(frozen=True)
class Known:
    """One certificate as the test knows it. Without a desk it came of a ceremony."""

    id: str
    issuer: str
    desk: str | None
    profile: str
    key_type: str
    day: str
    living: bool

    @property
    def algorithm(self) -> str:
        """By which it is signed."""
        return ISSUERS[self.issuer]


def populate(ledger: Ledger, clock: TurnedClock, certificates: int) -> list[Known]:
    """So many, a part of them each day, in combinations that no two properties share their period with."""
    issuers = {name: _issuer(ledger, name, algorithm) for name, algorithm in ISSUERS.items()}
    keys = {kind: KeySigner(new_key(SignatureAlgorithm(kind))) for kind in KEYS}
    body = Organisation(id="body", code="BODY")
    desks = [Desk(id=f"desk-{code}", code=code, province="LA-VT") for code in DESKS if code]
    ledger.entries([Deed(Noted("x"), TESTER, [body, *desks, Person(id="p1", number="1")])])
    found = []
    for day in range(DAYS):
        for place in range(day, certificates, DAYS):
            name = list(ISSUERS)[place // 2 % 3]
            desk, profile, kind = DESKS[place // 3 % 3], PROFILES[place // 5 % 3], KEYS[place // 7 % 3]
            living = place % 11 != 10
            known = Known(f"c{place:03}", name, desk, profile, kind, _today(ledger.clock.now()), living)
            _write(ledger, known, issuers[name], keys[kind], place)
            found.append(known)
        clock.turn(days=1)
    return sorted(found, key=lambda one: one.id)


def _today(now: datetime) -> str:
    return now.astimezone(VIENTIANE).date().isoformat()


def _issuer(ledger: Ledger, name: str, algorithm: str) -> PracticeIssuer:
    made = PracticeIssuer(f"Practice {name}", signer=KeySigner(new_key(SignatureAlgorithm(algorithm))))
    base, _, generation = name.partition("-")
    row = Issuer(
        id=name, name=base, generation=int(generation or 1), certificate=made.der, crl_url="http://127.0.0.1/",
        ocsp_url="http://127.0.0.1/", certificate_url="http://127.0.0.1/",
    )  # fmt: skip
    ledger.entries([Deed(Noted(name), TESTER, [row])])
    return made


def _write(ledger: Ledger, known: Known, issuer: PracticeIssuer, signer: KeySigner, place: int) -> None:
    encoded = der(issuer.leaf(known.id, place + 100, signer))
    now = ledger.clock.now()
    facts: list[Fact] = []
    if known.desk is not None:
        use = sha256(known.id.encode()).hexdigest()
        facts += [
            KeyUse(key_sha256=use, subject="p1"),
            Enrolment(
                id=f"e-{known.id}", person_id="p1", profile=known.profile, request=b"", key_sha256=use,
                evidence_digest="00", digest="11",
            ),
            EnrolmentScope(
                enrolment_id=f"e-{known.id}", desk_id=f"desk-{known.desk}", organisation_id="body", names="[]",
                backing="{}",
            ),
        ]  # fmt: skip
    facts += [
        Intent(
            id=known.id, issuer_id=known.issuer, serial_number=f"{place + 100:x}", dense_number=place + 1,
            profile=known.profile, tbs=b"", enrolment_id=f"e-{known.id}" if known.desk else None, person_id="p1",
        ),
        Certificate(
            id=known.id, issuer_id=known.issuer, serial_number=f"{place + 100:x}", sha256=sha256(encoded).hexdigest(),
            key_sha256=known.id, der=encoded, profile=known.profile, person_id="p1", not_before=now,
            not_after=now + timedelta(days=365),
        ),
    ]  # fmt: skip
    if not known.living:
        facts.append(Revocation(certificate_id=known.id, at=now, reason="superseded"))
    ledger.entries([Deed(Noted(known.id), TESTER, facts)])


