"""A register with the organisations of the state, a folder for plans, and HR lists written by hand."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from examples.data.people import HERE, Row, citizens, officers
from ledger.acts import Act, SignedAct
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from pki.keys import key_sha256
from pki.parsed import parse_certificate
from register.apply import Sign, apply_plan
from register.columns import COLUMNS
from register.organisations import load_organisations, read_organisations
from register.plan import Plan, load_plan, make_plan
from register.receipt import Applied
from tests.doubles import SteadyChance
from tests.issuing import KeySigner, der
from tests.recorded import RecordedIssuer
from tests.stocked import Stock, Stocked

TESTER = Actor.system("test")


def written(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def officer_rows(count: int = 3, **changed: str) -> list[Row]:
    return [row | changed for row in officers(count)]


def citizen_rows(count: int = 3, **changed: str) -> list[Row]:
    return [row | changed for row in citizens(count)]


@dataclass
class Desk:
    """A clerk's desk: lists in, plans and receipts out."""

    ledger: Ledger
    folder: Path

    def list(self, rows: Sequence[Row]) -> Path:
        return written(self.folder / "list.csv", rows)

    def plan(self, rows: Sequence[Row]) -> Plan:
        return make_plan(self.ledger, self.list(rows), self.folder / "plans")

    def apply(self, digest: str, sign: Sign | None = None, vouched: tuple[int, ...] = ()) -> Applied:
        applied = self.attempt(digest, sign, vouched)
        assert isinstance(applied, Applied)
        return applied

    def attempt(self, digest: str, sign: Sign | None = None, vouched: tuple[int, ...] = ()) -> Applied | Refuse:
        plan = load_plan(self.folder / "plans", digest)
        return apply_plan(self.ledger, plan, self.folder / "receipts", sign, vouched)

    def put(self, rows: Sequence[Row]) -> Applied:
        return self.apply(self.plan(rows).digest)


def organised(ledger: Ledger, _beside: Path) -> None:
    load_organisations(ledger, read_organisations(HERE / "organisations.json"), TESTER)


@pytest.fixture
def stocked(stock: Stock, database_engine: str) -> Stocked:
    return stock(database_engine, "organised", organised)


@pytest.fixture
def desk(ledger: Ledger, stocked: Stocked, chance: SteadyChance, tmp_path: Path) -> Desk:
    chance.resume(stocked.chance)
    return Desk(ledger, tmp_path)


@pytest.fixture
def certify(ledger: Ledger) -> Callable[[str], Sign]:
    """Gives the person an authentication certificate, and back what puts its key to an act."""

    def make(person_id: str) -> Sign:
        signer, issuer = KeySigner(), RecordedIssuer(ledger)
        intent_id, number = issuer.intend()
        certificate = der(issuer.issuer.leaf("Clerk", number, signer))
        parsed, digest = parse_certificate(certificate), sha256(certificate).hexdigest()
        issuer.write(
            Certificate(
                id=intent_id,
                issuer_id=issuer.id,
                serial_number=f"{number:x}",
                sha256=digest,
                key_sha256=key_sha256(parsed.spki),
                der=certificate,
                profile="officer-authentication",
                person_id=person_id,
                not_before=parsed.not_before,
                not_after=parsed.not_after,
            )
        )
        return lambda act: sign(act, digest, signer)

    return make


def sign(act: Act, certificate: str, signer: KeySigner) -> SignedAct:
    return SignedAct(act, certificate, signer.sign(act.message()))
